"""Quantised and LoRA models come back from their folders."""

import json

import keras
import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.convert.adapters import describe
from tests.tiny_models import tiny_language

# Keras says so of every layer that cannot be quantised.
pytestmark = [
    pytest.mark.usefixtures("quick_collections"),
    pytest.mark.filterwarnings("ignore:Layer .* does not have a"),
    pytest.mark.filterwarnings("ignore:Invalid quantization mode"),
]

INPUTS = {
    "token_ids": np.random.default_rng(0).integers(6, 262, (2, 32), "int32"),
    "padding_mask": np.arange(32) < [[32], [9]],
}


def with_lora(model, rank=2, names=("query", "hidden")):
    for layer in model._flatten_layers():
        if layer.name in names:
            layer.enable_lora(rank, lora_alpha=4)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(keras.random.normal(weight.shape, stddev=0.1))


def quantized(mode):
    return lambda model: model.quantize(mode)


def quantized_in_part(model):
    model.quantize("int8", filters="query|key")
    model.quantize("int4", filters="hidden")


def quantized_with_lora(model):
    model.quantize("int8", filters="attention")
    with_lora(model)


def lora_of_two_ranks(model):
    with_lora(model, 2, ["query"])
    with_lora(model, 3, ["key"])


CHANGES = {
    "int8": quantized("int8"),
    "int4": quantized("int4"),
    "float8": quantized("float8"),
    "in part": quantized_in_part,
    "lora": with_lora,
    "two ranks": lora_of_two_ranks,
    "int8 with lora": quantized_with_lora,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_model_comes_back(tmp_path, name):
    model = tiny_language()
    plain = model(INPUTS)
    CHANGES[name](model)
    expected = model(INPUTS)
    assert np.abs(expected - plain).max() > 1e-3
    save_pretrained(model, tmp_path / "first")
    loaded = load_pretrained(tmp_path / "first")
    np.testing.assert_array_equal(loaded(INPUTS), expected)
    np.testing.assert_array_equal(loaded.encode(INPUTS), model.encode(INPUTS))
    trainable = [weight.path for weight in loaded.trainable_weights]
    assert trainable == [weight.path for weight in model.trainable_weights]
    save_pretrained(loaded, tmp_path / "second")
    for file in ("model.json", "model.safetensors"):
        first, second = (tmp_path / part / file for part in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_quantised_weights_take_their_own_room(tmp_path):
    model = tiny_language(dtype="mixed_bfloat16")
    save_pretrained(model, tmp_path / "whole")
    model.quantize("int8")
    save_pretrained(model, tmp_path / "small")
    loaded = load_pretrained(tmp_path / "small")
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))
    whole, small = (
        (tmp_path / part / "model.safetensors").stat().st_size
        for part in ("whole", "small")
    )
    assert small < 0.6 * whole


def test_factors_can_be_trained_on(tmp_path):
    """They are kept beside the kernels, and not merged into them."""
    model = tiny_language()
    with_lora(model)
    save_pretrained(model, tmp_path)
    loaded = load_pretrained(tmp_path)
    block = loaded.get_layer("encoder_cross_attention")
    assert block.attention.query_dense.lora_enabled
    assert block.attention.query_dense.lora_rank == 2
    assert not block.attention.query_dense._kernel.trainable
    assert not block.attention.key_dense.lora_enabled


def test_plain_models_say_nothing(tmp_path):
    model = tiny_language()
    assert describe(model) == {}
    save_pretrained(model, tmp_path)
    assert "layers" not in json.loads((tmp_path / "model.json").read_text())


def test_quantisers_of_ones_own_are_refused(tmp_path):
    model = tiny_language()
    config = keras.quantizers.Int8QuantizationConfig(
        weight_quantizer=keras.quantizers.AbsMaxQuantizer(
            axis=0, value_range=(-100, 100)
        )
    )
    model.get_layer("self_attention_0").mlp.hidden_dense.quantize(config=config)
    with pytest.raises(ValueError, match="is quantised in a way that") as error:
        save_pretrained(model, tmp_path / "new")
    assert "self_attention_0/mlp/hidden" in str(error.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "layers",
    [
        {"quantized": [{"mode": "int8", "layers": ["nowhere"]}]},
        {"quantized": [{"mode": "int3", "layers": []}]},
        {"quantized": [{"layers": []}]},
        {"quantized": 3},
        {"quantized": [{"mode": "int8", "colour": 1, "layers": []}]},
        {"lora": [{"rank": 2, "alpha": 2, "layers": ["latents"]}]},
        {"lora": [{"rank": 2, "layers": ["encoder_cross_attention/mlp"]}]},
    ],
)
def test_descriptions_that_do_not_fit_name_the_file(tmp_path, layers):
    save_pretrained(tiny_language(), tmp_path)
    path = tmp_path / "model.json"
    description = {**json.loads(path.read_text()), "layers": layers}
    path.write_text(json.dumps(description))
    with pytest.raises(ValueError, match=r"model\.json describes layers"):
        load_pretrained(tmp_path)
