"""BERT, the baseline on language."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import language
from keras_perceiver.models import language_transformer
from keras_perceiver.models.published import bert
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.models.test_language import INPUTS
from tests.models.test_language import PADDING_MASK
from tests.models.test_language import TINY as TINY_LANGUAGE
from tests.models.test_language import TOKEN_IDS
from tests.models.test_language import hidden_loss
from tests.models.test_language import masked_batch
from tests.random_values import randomize
from tests.random_values import weight_values

TINY = {
    "vocabulary_size": 13,
    "max_length": 9,
    "embedding_dim": 16,
    "num_self_attends": 2,
    "num_self_attention_heads": 4,
    "widening_factor": 4,
}


def tiny(**settings):
    model = language_transformer(**{**TINY, **settings})
    randomize(model)
    return model


def reference(weights, gelu=float64_reference.gelu_tanh):
    embeddings = weights["token_embedding/embeddings"]
    tokens = embeddings[TOKEN_IDS] + weights["input_positions/array"]
    for i in range(2):
        tokens = float64_reference.self_attention(
            part(weights, f"self_attention_{i}"),
            tokens,
            num_heads=4,
            latent_mask=PADDING_MASK,
            gelu=gelu,
        )
    tokens = float64_reference.layer_norm(tokens, part(weights, "final_norm"))
    return tokens @ embeddings.T


def test_the_whole_equals_the_reference():
    model = tiny()
    assert_near(model(INPUTS), reference(weight_values(model)))
    exact = tiny(gelu_approximate=False)
    assert_near(
        exact(INPUTS),
        reference(weight_values(exact), float64_reference.gelu_exact),
    )


def test_inputs_and_output_are_those_of_the_language_model():
    model, perceiver = tiny(), language(**TINY_LANGUAGE)
    assert model.name == "language_transformer"
    for name, tensor in perceiver.input.items():
        assert model.input[name].shape == tensor.shape
        assert model.input[name].dtype == tensor.dtype
    assert model.input.keys() == perceiver.input.keys()
    assert model.output.shape == perceiver.output.shape
    empty = {name: array[:0] for name, array in INPUTS.items()}
    assert model(empty).shape == (0, 9, 13)


def test_what_stands_under_the_padding_has_no_influence():
    model = tiny()
    other = np.where(PADDING_MASK, TOKEN_IDS, 12 - TOKEN_IDS)
    changed = np.array(model({**INPUTS, "token_ids": other}))
    logits = np.array(model(INPUTS))
    assert_near(changed[PADDING_MASK], logits[PADDING_MASK], 1e-6)
    whole = {"padding_mask": np.ones_like(PADDING_MASK)}
    unmasked = [
        model({"token_ids": ids, **whole}) for ids in (TOKEN_IDS, other)
    ]
    assert relative_error(*unmasked) > 0.01


@pytest.mark.parametrize(
    ("name", "settings", "weight", "deviation"),
    [
        ("token_embedding", {}, "embeddings", 0.02),
        ("token_embedding", {"embedding_stddev": 1.0}, "embeddings", 1.0),
        ("input_positions", {}, "array", 0.02),
        ("input_positions", {"position_stddev": 0.5}, "array", 0.5),
    ],
)
def test_arrays_start_at_their_scale(name, settings, weight, deviation):
    model = language_transformer(**{**TINY, "embedding_dim": 320, **settings})
    array = keras.ops.convert_to_numpy(getattr(model.get_layer(name), weight))
    assert array.std() == pytest.approx(0.88 * deviation, rel=0.05)


def test_mixed_precision_gives_float32_logits():
    exact, mixed = tiny(), tiny(dtype="mixed_bfloat16")
    assert mixed(INPUTS).dtype == "float32"
    assert mixed.get_layer("self_attention_0").compute_dtype == "bfloat16"
    assert 1e-4 < relative_error(mixed(INPUTS), exact(INPUTS)) < 0.05


def test_survives_a_keras_file(tmp_path):
    model = tiny()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))


def test_bare_compile_and_fit_learn_a_fixed_batch():
    inputs, targets, sample_weight = masked_batch(repeats=20)
    model = language_transformer(**TINY)
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
    assert history.history["loss"][0] > 1
    assert history.history["loss"][-1] < 0.05


def parameters(settings):
    """From arithmetic alone."""
    width = settings["embedding_dim"]
    hidden = settings["widening_factor"] * width
    a_layer = 4 * (width**2 + width) + 2 * width * hidden + hidden + width
    a_layer += 4 * width
    arrays = (settings["vocabulary_size"] + settings["max_length"]) * width
    return arrays + settings["num_self_attends"] * a_layer + 2 * width


def test_parameters_are_those_of_arithmetic():
    for preset in bert.PRESETS.values():
        assert preset.parameters == parameters(preset.settings)
    assert tiny().count_params() == parameters(TINY)


@pytest.mark.parametrize(
    ("name", "processor", "head"),
    [("bert_base", 96.64e9, 25.17e9), ("bert_bytes", 128.85e9, 0.55e9)],
)
def test_the_sizes_have_the_known_flops(name, processor, head):
    settings = bert.PRESETS[name].settings
    length, width = settings["max_length"], settings["embedding_dim"]
    a_layer = 4 * length * width**2 + 2 * length**2 * width
    a_layer += 2 * length * width * settings["widening_factor"] * width
    found = 2 * settings["num_self_attends"] * a_layer
    assert found == pytest.approx(processor, rel=1e-4)
    found = 2 * length * width * settings["vocabulary_size"]
    assert found == pytest.approx(head, rel=1e-2)
