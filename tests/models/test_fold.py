"""Models for inference, with what can be multiplied beforehand."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.cost import cost
from keras_perceiver.layers import FoldedSelfAttention
from keras_perceiver.layers import SelfAttention
from keras_perceiver.layers import TransposedDense
from keras_perceiver.layers import attention_memory
from keras_perceiver.models import fold_for_inference
from tests import tiny_presets
from tests.float64_reference import assert_near
from tests.random_values import randomize
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import assert_outputs_near
from tests.tiny_presets import named_outputs
from tests.tiny_presets import random_inputs

# One of each way to write down an answer, for what is tested with a few.
FEW = ("language_bytes", "imagenet_fourier", "kinetics_autoencoder")


def tiny(name, **overrides):
    model = tiny_presets.tiny_preset(name, **overrides)
    randomize(model)
    return model


def counted(function, inputs):
    """Operations of all matrix products and convolutions in a graph."""
    # Chunks are made in loops, whose graphs are others.
    with attention_memory(float("inf")):
        graph = function.get_concrete_function(inputs).graph
    flops = 0
    for op in graph.get_operations():
        if op.type in ("MatMul", "BatchMatMulV2"):
            left = op.inputs[0].shape
            swapped = op.get_attr(
                "transpose_a" if op.type == "MatMul" else "adj_x"
            )
            inner = left[-2] if swapped else left[-1]
        elif op.type == "Conv2D":
            inner = math.prod(op.inputs[1].shape[:-1])
        else:
            assert op.type not in ("Einsum", "BatchMatMul", "While"), op.type
            continue
        flops += 2 * math.prod(op.outputs[0].shape) * inner
    return flops


def one_row(inputs):
    return keras.tree.map_structure(lambda x: tf.constant(x[:1]), inputs)


def compiled(model):
    return tf.function(lambda inputs: model(inputs), autograph=False)


@pytest.mark.parametrize("name", TINY_PRESETS)
def test_every_builder_answers_the_same_in_as_many_operations_as_told(name):
    model = tiny(name)
    folded = fold_for_inference(model)
    inputs = random_inputs(model)
    assert_outputs_near(
        named_outputs(folded(inputs)), named_outputs(model(inputs))
    )
    assert keras.tree.map_structure(signature, folded.input) == (
        keras.tree.map_structure(signature, model.input)
    )
    assert keras.tree.map_structure(shape_of, folded.output) == (
        keras.tree.map_structure(shape_of, model.output)
    )
    lengths = {}
    if name == "kinetics_autoencoder":
        lengths = {"num_video_outputs": 3, "num_audio_outputs": 3}
    told = cost(name, **TINY_PRESETS[name], **lengths)
    one = one_row(inputs)
    assert counted(compiled(model), one) == told.flops
    assert counted(compiled(folded), one) == told.folded_flops
    reads = "encoder" in told.parts
    assert (told.folded_flops < told.flops) == reads


def signature(tensor):
    return tensor.name, tensor.dtype, tensor.shape


def shape_of(tensor):
    return tensor.dtype, tensor.shape


@pytest.mark.parametrize("name", FEW)
def test_views_answer_the_same_and_share_weights(name):
    model = tiny(name)
    folded = fold_for_inference(model)
    weights = {id(weight) for weight in folded.weights}
    for view in ("encode", "decode"):
        whole, part = getattr(model, view), getattr(folded, view)
        inputs = random_inputs(whole)
        if len(whole.inputs) == 1 and isinstance(whole.input, dict):
            inputs = {"latents": inputs}
        assert_outputs_near(
            named_outputs(part(inputs)), named_outputs(whole(inputs))
        )
        assert {id(weight) for weight in part.weights} <= weights


@pytest.mark.parametrize("name", FEW)
def test_it_is_exact(name):
    """In float64 next to nothing is lost, so nothing is left out."""
    model = tiny(name, dtype="float64").encode
    inputs = random_inputs(model)
    expected = np.array(model(inputs))
    folded = np.array(fold_for_inference(model)(inputs))
    assert expected.dtype == "float64"
    assert_near(folded, expected, 1e-12)


def test_half_precision_loses_no_more_than_before():
    exact = tiny("imagenet_fourier")
    half = tiny("imagenet_fourier", dtype="mixed_bfloat16")
    inputs = random_inputs(exact)
    expected = np.array(exact(inputs))
    plain, folded = (
        np.abs(np.array(model(inputs)) - expected).max()
        for model in (half, fold_for_inference(half))
    )
    assert 0 < folded < 2 * plain


@pytest.mark.parametrize("name", ["kinetics_autoencoder", "optical_flow"])
def test_exports_in_bfloat16_are_as_near_as_models_in_bfloat16(name):
    """Weights are rounded, multiplied, and their products rounded again."""
    exact, half = tiny(name), tiny(name, dtype="bfloat16")
    inputs = random_inputs(exact)
    expected = named_outputs(exact(inputs))
    plain = named_outputs(half(inputs))
    folded = named_outputs(fold_for_inference(half)(inputs))
    for output, values in expected.items():
        lost, lost_folded = (
            np.linalg.norm(answers[output] - values)
            for answers in (plain, folded)
        )
        assert 0 < lost_folded < 3 * lost, output
        assert lost_folded < 0.05 * np.linalg.norm(values), output


def test_self_attends_lose_the_weights_of_their_norms_in_bfloat16():
    """And store kernels in the order in which their products are fast."""
    folded = fold_for_inference(tiny("imagenet_fourier", dtype="bfloat16"))
    kinds = [type(layer) for layer in folded._flatten_layers()]
    assert FoldedSelfAttention in kinds
    assert TransposedDense in kinds
    assert not [
        layer.path
        for layer in folded._flatten_layers()
        if isinstance(layer, SelfAttention)
    ]
    exact = fold_for_inference(tiny("imagenet_fourier"))
    kinds = [type(layer) for layer in exact._flatten_layers()]
    assert SelfAttention in kinds
    assert FoldedSelfAttention not in kinds
    assert TransposedDense not in kinds


def test_self_attends_with_a_mask_stay():
    """Also where the same layer is called without as well."""
    latents = keras.Input((4, 6), name="latents")
    mask = keras.Input((4,), dtype="bool", name="mask")
    attend = SelfAttention(num_heads=2, dtype="bfloat16")
    alone = attend(latents, latent_mask=None, training=False)
    masked = attend(latents, mask)
    model = keras.Model([latents, mask], [alone, masked])
    randomize(model)
    inputs = [
        np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32"),
        np.array([[1, 1, 0, 1], [1, 0, 0, 0]], "bool"),
    ]
    folded = fold_for_inference(model)
    for output, expected in zip(folded(inputs), model(inputs), strict=True):
        assert_near(
            tf.cast(output, "float32"), tf.cast(expected, "float32"), 0.04
        )
    kinds = [type(layer) for layer in folded.layers]
    assert kinds.count(FoldedSelfAttention) == kinds.count(SelfAttention) == 1


def test_logits_of_an_embedding_are_multiplied_out_too():
    """Where there are fewer tokens than channels, as there are of bytes."""
    model = tiny("language_bytes", vocabulary_size=5)
    folded = fold_for_inference(model)
    inputs = random_inputs(model)
    assert_near(folded(inputs), model(inputs))
    names = [layer.name for layer in folded.layers]
    assert "token_embedding_product_1" in names
    assert "decoder_cross_attention_mlp_output" not in names
    told = cost(
        "language_bytes",
        **{**TINY_PRESETS["language_bytes"], "vocabulary_size": 5},
    )
    assert counted(compiled(folded), one_row(inputs)) == told.folded_flops


def test_a_layer_without_settings_is_named():
    class Scaled(keras.layers.Layer):
        def __init__(self, factor):
            super().__init__(name="scaled")
            self.factor = factor

        def call(self, x):
            return self.factor * x

    model = tiny("imagenet_fourier")
    own = keras.Model(model.input, Scaled(2)(model.output))
    with pytest.raises(ValueError, match=r"'scaled' cannot be .*fold=False"):
        fold_for_inference(own)


def test_who_may_read_nothing_gets_the_same_too():
    model = tiny("language_bytes")
    inputs = random_inputs(model)
    inputs["padding_mask"][0] = False
    expected = model(inputs)
    assert_near(fold_for_inference(model)(inputs), expected)
    assert np.ptp(expected[0], axis=0).max() < 1e-6


@pytest.mark.parametrize("name", ["language_bytes", "optical_flow"])
def test_queries_in_chunks(name):
    model = tiny(name)
    folded = fold_for_inference(model)
    inputs = random_inputs(model)
    with attention_memory(64):
        assert any(
            "while" in op.type.lower()
            for op in compiled(folded)
            .get_concrete_function(one_row(inputs))
            .graph.get_operations()
        )
        answer = compiled(folded)(keras.tree.map_structure(tf.constant, inputs))
    assert_near(answer, model(inputs))


def test_weights_are_those_of_the_time():
    """Training leaves a folded model alone; folding again follows it."""
    model = tiny("imagenet_fourier")
    inputs = random_inputs(model)
    folded = fold_for_inference(model)
    before = np.array(folded(inputs))
    shared = {id(weight) for weight in model.weights} & {
        id(weight) for weight in folded.weights
    }
    assert not shared
    assert not folded.trainable_weights
    assert model.trainable_weights
    for weight in model.weights:
        weight.assign(0.9 * weight + 0.01)
    np.testing.assert_array_equal(folded(inputs), before)
    assert np.abs(model(inputs) - before).max() > 1e-2
    assert_near(fold_for_inference(model)(inputs), model(inputs))


def test_factors_of_lora_are_added():
    model = tiny("language_bytes")
    for layer in list(model._flatten_layers()):
        if type(layer) is keras.layers.Dense:
            layer.enable_lora(2)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(rng.normal(size=weight.shape))
    inputs = random_inputs(model)
    folded = fold_for_inference(model)
    assert not [w.path for w in folded.weights if "lora" in w.path]
    assert_near(folded(inputs), model(inputs))


def test_a_keras_file_keeps_it(tmp_path):
    folded = fold_for_inference(tiny("imagenet_fourier"))
    inputs = random_inputs(folded)
    folded.save(tmp_path / "folded.keras")
    loaded = keras.saving.load_model(tmp_path / "folded.keras")
    np.testing.assert_array_equal(loaded(inputs), folded(inputs))


def test_quantised_models_are_refused():
    model = tiny("language_bytes")
    model.quantize("int8", filters=lambda layer: layer.name == "hidden")
    with pytest.raises(ValueError, match=r"hidden.*Fold the model before"):
        fold_for_inference(model)


def test_other_kinds_of_model_are_refused():
    class Custom(keras.Model):
        pass

    with pytest.raises(ValueError, match="Folding needs a functional model"):
        fold_for_inference(Custom())
