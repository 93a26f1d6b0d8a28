"""The masked language model."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import language
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.models.training_runs import assert_compiled_gives_the_same_losses
from tests.random_values import randomize
from tests.random_values import weight_values

TINY = {
    "vocabulary_size": 13,
    "max_length": 9,
    "embedding_dim": 16,
    "num_latents": 5,
    "latent_dim": 24,
    "num_self_attends_per_block": 2,
    "num_blocks": 2,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 3,
    "num_decoder_heads": 4,
    "qk_channels": 12,
    "v_channels": 24,
    "decoder_qk_channels": 8,
    "decoder_v_channels": 20,
}
TOKEN_IDS = np.random.default_rng(0).integers(0, 13, (3, 9)).astype("int32")
PADDING_MASK = np.arange(9) < np.array([[9], [6], [1]])
INPUTS = {"token_ids": TOKEN_IDS, "padding_mask": PADDING_MASK}


def tiny(**settings):
    model = language(**{**TINY, **settings})
    randomize(model)
    return model


def reference_latents(weights):
    """The encoder and the processor in float64."""
    embeddings = weights["token_embedding/embeddings"]
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        embeddings[TOKEN_IDS] + weights["input_positions/array"],
        num_heads=2,
        input_mask=PADDING_MASK,
    )
    for layer in ("self_attention_0", "self_attention_1") * 2:
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=3
        )
    return latents


def reference(weights):
    """The whole model in float64."""
    outputs = float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        weights["output_queries/array"][None],
        reference_latents(weights),
        num_heads=4,
        query_mask=PADDING_MASK,
        query_residual=False,
    )
    embeddings = weights["token_embedding/embeddings"]
    return outputs @ embeddings.T + weights["logits/bias"]


def test_the_whole_equals_the_reference():
    model = tiny()
    assert_near(model(INPUTS), reference(weight_values(model)))


def test_inputs_and_outputs_are_the_documented_ones():
    model = tiny()
    assert set(model.input) == {"token_ids", "padding_mask"}
    assert model.input["token_ids"].dtype == "int32"
    assert model.input["padding_mask"].dtype == "bool"
    assert set(model.encode.input) == {"token_ids", "padding_mask"}
    assert set(model.decode.input) == {"latents", "token_indices"}


def test_the_batch_is_free():
    model = tiny()
    assert model.output.shape == (None, 9, 13)
    assert model.encode.output.shape == (None, 5, 24)
    assert model.decode.output.shape == (None, None, 13)
    empty = {name: array[:0] for name, array in INPUTS.items()}
    assert model(empty).shape == (0, 9, 13)


def test_what_stands_under_the_padding_has_no_influence():
    model = tiny()
    other = np.where(PADDING_MASK, TOKEN_IDS, 12 - TOKEN_IDS)
    assert (other != TOKEN_IDS).any()
    changed = np.array(model({**INPUTS, "token_ids": other}))
    logits = np.array(model(INPUTS))
    assert_near(changed[PADDING_MASK], logits[PADDING_MASK], 1e-6)
    # Only where the mask says so: without it, the same ids do matter.
    whole = {"padding_mask": np.ones_like(PADDING_MASK)}
    unmasked = [
        model({"token_ids": ids, **whole}) for ids in (TOKEN_IDS, other)
    ]
    assert relative_error(*unmasked) > 0.01


def test_a_row_alone_equals_the_row_in_a_batch():
    model = tiny()
    logits = model(INPUTS)
    for row in range(3):
        alone = {name: array[row : row + 1] for name, array in INPUTS.items()}
        assert_near(model(alone)[0], logits[row], 1e-6)


def decoded(model, latents, indices):
    # A tensor too: Keras takes no arrays beside tensors.
    indices = keras.ops.convert_to_tensor(indices, "int32")
    return model.decode({"latents": latents, "token_indices": indices})


def test_decode_gives_any_rows_of_the_whole():
    model = tiny()
    logits = np.array(model(INPUTS))
    latents = model.encode(INPUTS)
    indices = np.array([[8, 0, 3, 3], [5, 1, 0, 2], [0, 0, 0, 0]])
    rows = np.array(decoded(model, latents, indices))
    for place, index in np.ndenumerate(indices):
        assert PADDING_MASK[place[0], index]
        assert_near(rows[place], logits[place[0], index], 1e-6)


def test_decode_takes_any_number_of_indices():
    model = tiny()
    latents = model.encode(INPUTS)
    for length in (0, 1, 20):
        rows = decoded(model, latents, np.zeros((3, length)))
        assert rows.shape == (3, length, 13)


def test_padded_outputs_are_all_the_same():
    """They read nothing, and there is no residual to tell them apart."""
    logits = np.array(tiny()(INPUTS))
    padded = logits[~PADDING_MASK]
    assert_near(padded, np.broadcast_to(padded[0], padded.shape), 1e-6)
    assert relative_error(logits[0, 0], padded[0]) > 0.1


def test_views_share_the_weights_of_the_whole():
    model = tiny()
    weights = {id(weight) for weight in model.weights}
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode < weights
    assert decode < weights
    assert encode | decode == weights
    before = np.array(model.encode(INPUTS))
    model.get_layer("latents").array.assign(np.ones((5, 24)))
    assert relative_error(model.encode(INPUTS), before) > 0.01


def test_weights_have_unique_names():
    paths = [weight.path for weight in tiny().weights]
    assert len(set(paths)) == len(paths)
    assert "token_embedding/embeddings" in paths
    assert "decoder_cross_attention/attention/query/kernel" in paths
    assert "logits/bias" in paths


@pytest.mark.parametrize(
    ("layer", "weight", "settings", "deviation"),
    [
        ("token_embedding", "embeddings", {}, 1.0),
        ("token_embedding", "embeddings", {"embedding_stddev": 0.1}, 0.1),
        ("input_positions", "array", {}, 0.02),
        ("input_positions", "array", {"position_stddev": 0.5}, 0.5),
        ("output_queries", "array", {"position_stddev": 0.5}, 0.02),
        ("latents", "array", {"embedding_stddev": 0.1}, 0.02),
    ],
)
def test_arrays_start_at_their_scale(layer, weight, settings, deviation):
    model = language(**{**TINY, "embedding_dim": 320, **settings})
    array = keras.ops.convert_to_numpy(getattr(model.get_layer(layer), weight))
    # A normal cut at two deviations has 0.88 of its deviation.
    tolerance = 0.15 if layer == "latents" else 0.05
    assert array.std() == pytest.approx(0.88 * deviation, rel=tolerance)


def test_mixed_precision_gives_float32_logits():
    exact, mixed = tiny(), tiny(dtype="mixed_bfloat16")
    assert mixed.encode(INPUTS).dtype == "bfloat16"
    latents = mixed.encode(INPUTS)
    rows = decoded(mixed, latents, np.zeros((3, 2)))
    for logits in (mixed(INPUTS), rows):
        assert logits.dtype == "float32"
    error = relative_error(mixed(INPUTS), exact(INPUTS))
    assert 1e-4 < error < 0.05


def test_survives_a_keras_file(tmp_path):
    model = tiny()
    model.save(tmp_path / "language.keras")
    loaded = keras.saving.load_model(tmp_path / "language.keras")
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))


def masked_batch(repeats=1):
    """Eight random texts with a third of the letters hidden by id 0."""
    rng = np.random.default_rng(0)
    targets = rng.integers(1, 13, (8, 9)).astype("int32")
    hidden = rng.random((8, 9)) < 0.3
    inputs = {
        "token_ids": np.where(hidden, 0, targets),
        "padding_mask": np.ones((8, 9), "bool"),
    }
    inputs = {
        name: np.tile(array, (repeats, 1)) for name, array in inputs.items()
    }
    sample_weight = np.tile(hidden.astype("float32"), (repeats, 1))
    return inputs, np.tile(targets, (repeats, 1)), sample_weight


def hidden_loss():
    """Nats for each hidden letter; Keras's default divides by all letters."""
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )


def test_bare_compile_and_fit_learn_a_fixed_batch():
    inputs, targets, sample_weight = masked_batch(repeats=20)
    model = language(**TINY)
    model.compile(keras.optimizers.Adam(5e-3), hidden_loss(), jit_compile=False)
    history = model.fit(
        inputs,
        targets,
        sample_weight=sample_weight,
        batch_size=8,
        epochs=8,
        shuffle=False,
        verbose=0,
    )
    # From guessing among 13 letters (2.6 nats) to knowing.
    assert history.history["loss"][0] > 1
    assert history.history["loss"][-1] < 0.05


def test_compiled_training_gives_the_same_losses():
    inputs, targets, sample_weight = masked_batch()

    # One layer and SGD, since tracing and compiling take all of the time.
    def compiled(**how):
        model = tiny(num_self_attends_per_block=1, num_blocks=1)
        model.compile(keras.optimizers.SGD(0.1), hidden_loss(), **how)
        return model

    assert_compiled_gives_the_same_losses(
        compiled, inputs, targets, sample_weight, rtol=1e-5
    )
