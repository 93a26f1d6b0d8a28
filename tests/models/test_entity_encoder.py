"""StarCraft II's entity encoders."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import entity_encoder
from keras_perceiver.models import entity_transformer
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values

TINY = {
    "num_entities": 7,
    "entity_dim": 10,
    "query_dim": 12,
    "embedding_dim": 9,
    "pointer_channels": 5,
    "num_latents": 4,
    "latent_dim": 16,
    "num_self_attends_per_block": 2,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 4,
    "num_decoder_heads": 3,
    "qk_channels": 8,
    "v_channels": 8,
    "decoder_qk_channels": 6,
    "decoder_v_channels": 6,
}

TINY_TRANSFORMER = {
    "num_entities": 7,
    "entity_dim": 10,
    "embedding_dim": 9,
    "pointer_channels": 5,
    "num_self_attends": 3,
    "num_self_attention_heads": 2,
    "qk_channels": 8,
    "v_channels": 8,
    "widening_factor": 4,
}

ENTITIES = random_array(3, 7, 10)

MASK = np.array(
    [[1, 1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
    "bool",
)

INPUTS = {"entities": ENTITIES, "entity_mask": MASK}

BOTH = pytest.mark.parametrize(
    ("builder", "settings"),
    [(entity_encoder, TINY), (entity_transformer, TINY_TRANSFORMER)],
    ids=["encoder", "transformer"],
)


def tiny(builder, settings, **changes):
    model = builder(**{**settings, **changes})
    randomize(model)
    return model


def arrays(outputs):
    return {name: np.array(output) for name, output in outputs.items()}


def encoder_rows(weights, entities):
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        entities,
        num_heads=2,
        input_mask=MASK,
    )
    for i in range(2):
        latents = float64_reference.self_attention(
            part(weights, f"self_attention_{i}"), latents, num_heads=4
        )
    queries = part(weights, "query_projection")
    return float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        float64_reference.linear(entities, queries),
        latents,
        num_heads=3,
        query_mask=MASK,
        query_residual=False,
    )


def transformer_rows(weights, entities):
    for i in range(3):
        entities = float64_reference.self_attention(
            part(weights, f"self_attention_{i}"),
            entities,
            num_heads=2,
            latent_mask=MASK,
        )
    return entities


def reference(weights, rows):
    """The heads, one example at a time and over valid entities alone."""
    relu = np.maximum(rows, 0)
    projected = float64_reference.linear(
        relu, part(weights, "entity_projection")
    )
    embeddings = np.where(MASK[..., None], projected, 0)
    means = [
        of_one[valid].sum(0) / max(valid.sum(), 1)
        for of_one, valid in zip(rows, MASK, strict=True)
    ]
    summary = np.maximum(
        float64_reference.linear(np.stack(means), part(weights, "summary")), 0
    )
    pointer = part(weights, "selection_logits")
    query = float64_reference.linear(summary, part(pointer, "query"))
    keys = embeddings @ pointer["key/kernel"]
    return {
        "entity_embeddings": embeddings,
        "summary": summary,
        "selection_logits": (keys @ query[..., None])[..., 0] / np.sqrt(5),
    }


@pytest.mark.parametrize(
    ("builder", "settings", "rows_of"),
    [
        (entity_encoder, TINY, encoder_rows),
        (entity_transformer, TINY_TRANSFORMER, transformer_rows),
    ],
    ids=["encoder", "transformer"],
)
def test_the_whole_equals_the_reference(builder, settings, rows_of):
    model = tiny(builder, settings)
    weights = weight_values(model)
    entities = np.where(MASK[..., None], ENTITIES.astype("float64"), 0)
    expected = reference(weights, rows_of(weights, entities))
    outputs = arrays(model(INPUTS))
    assert outputs.keys() == expected.keys()
    assert_near(outputs["entity_embeddings"], expected["entity_embeddings"])
    assert_near(outputs["summary"], expected["summary"])
    logits = "selection_logits"
    assert_near(outputs[logits][MASK], expected[logits][MASK])


@BOTH
def test_inputs_and_outputs_are_the_documented_ones(builder, settings):
    model = tiny(builder, settings)
    assert model.name == builder.__name__
    assert {name: x.shape for name, x in model.input.items()} == {
        "entities": (None, 7, 10),
        "entity_mask": (None, 7),
    }
    assert model.input["entity_mask"].dtype == "bool"
    assert {name: x.shape for name, x in model.output.items()} == {
        "entity_embeddings": (None, 7, 9),
        "summary": (None, 9),
        "selection_logits": (None, 7),
    }
    empty = {name: array[:0] for name, array in INPUTS.items()}
    assert model(empty)["summary"].shape == (0, 9)


@BOTH
def test_permuted_entities_give_permuted_outputs(builder, settings):
    model = tiny(builder, settings)
    order = np.array([4, 0, 6, 2, 5, 1, 3])
    outputs = arrays(model(INPUTS))
    permuted = arrays(
        model({name: array[:, order] for name, array in INPUTS.items()})
    )
    assert_near(permuted["summary"], outputs["summary"], 2e-6)
    embeddings = outputs["entity_embeddings"][:, order]
    assert_near(permuted["entity_embeddings"], embeddings, 2e-6)
    logits, valid = outputs["selection_logits"][:, order], MASK[:, order]
    assert_near(permuted["selection_logits"][valid], logits[valid], 2e-6)
    assert relative_error(embeddings, outputs["entity_embeddings"]) > 0.1


@BOTH
@pytest.mark.parametrize("garbage", [1e3, np.nan, np.inf])
def test_masked_entities_never_matter(builder, settings, garbage):
    model = tiny(builder, settings)
    other = np.where(MASK[..., None], ENTITIES, garbage).astype("float32")
    expected, outputs = model(INPUTS), model({**INPUTS, "entities": other})
    for name, output in arrays(outputs).items():
        np.testing.assert_array_equal(output, expected[name])
        assert np.isfinite(output).all()
    # By the mask alone: where all are valid, the same values do matter.
    if np.isfinite(garbage):
        valid = np.ones_like(MASK)
        seen = [
            model({"entities": entities, "entity_mask": valid})["summary"]
            for entities in (ENTITIES, other)
        ]
        assert relative_error(*seen) > 0.01


@BOTH
def test_masked_entities_are_zero_and_never_selected(builder, settings):
    outputs = arrays(tiny(builder, settings)(INPUTS))
    np.testing.assert_array_equal(outputs["entity_embeddings"][~MASK], 0)
    assert (np.abs(outputs["entity_embeddings"][MASK]).max(-1) > 0).all()
    np.testing.assert_array_equal(
        outputs["selection_logits"][~MASK], np.float32(-1e30)
    )
    assert (np.abs(outputs["selection_logits"][MASK]) < 100).all()


@BOTH
def test_an_example_without_entities_has_a_defined_summary(builder, settings):
    model = tiny(builder, settings)
    bias = weight_values(model)["summary/bias"]
    summary = model(INPUTS)["summary"]
    np.testing.assert_allclose(summary[2], np.maximum(bias, 0), rtol=1e-6)


@BOTH
def test_gradients_are_finite_whatever_is_masked(builder, settings):
    tf = pytest.importorskip("tensorflow")
    model = tiny(builder, settings)
    other = np.where(MASK[..., None], ENTITIES, np.nan).astype("float32")
    values = [weight.value for weight in model.trainable_variables]
    with tf.GradientTape() as tape:
        outputs = model({**INPUTS, "entities": other})
        loss = tf.reduce_sum(outputs["summary"] ** 2)
        loss += tf.reduce_sum(outputs["entity_embeddings"] ** 2)
        chosen = tf.nn.log_softmax(outputs["selection_logits"])[:2, 3]
        loss -= tf.reduce_sum(chosen)
    gradients = tape.gradient(loss, values)
    for weight, gradient in zip(
        model.trainable_variables, gradients, strict=True
    ):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path


def test_decode_of_encode_is_the_whole():
    model = tiny(entity_encoder, TINY)
    latents = model.encode(INPUTS)
    assert latents.shape == (3, 4, 16)
    tensors = {
        name: keras.ops.convert_to_tensor(array)
        for name, array in INPUTS.items()
    }
    decoded = model.decode({"latents": latents, **tensors})
    for name, output in model(INPUTS).items():
        assert_near(decoded[name], output, 1e-6)


def test_the_views_share_the_weights_of_the_whole():
    model = tiny(entity_encoder, TINY)
    encode = {weight.path for weight in model.encode.weights}
    decode = {weight.path for weight in model.decode.weights}
    assert encode | decode == {weight.path for weight in model.weights}
    assert {id(weight) for weight in model.decode.weights} < {
        id(weight) for weight in model.weights
    }
    assert "query_projection/kernel" in decode - encode
    assert "self_attention_0/attention/query/kernel" in encode - decode


@BOTH
def test_mixed_precision_gives_float32_outputs(builder, settings):
    exact = tiny(builder, settings)(INPUTS)
    mixed = tiny(builder, settings, dtype="mixed_bfloat16")
    for name, output in mixed(INPUTS).items():
        assert output.dtype == "float32"
        if name != "selection_logits":
            assert relative_error(output, exact[name]) < 0.1


@BOTH
def test_survives_a_keras_file(builder, settings, tmp_path):
    model = tiny(builder, settings)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    keras.tree.map_structure(
        np.testing.assert_array_equal, loaded(INPUTS), model(INPUTS)
    )
