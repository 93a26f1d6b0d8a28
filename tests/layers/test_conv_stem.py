"""The convolutional stem of images."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import ConvStem
from tests.float64_reference import assert_near
from tests.float64_reference import conv_stem
from tests.float64_reference import relative_error
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values


def stem_case(name, images, same=True, channels=4, num_layers=1):
    weights = {}
    inputs = images.shape[-1]
    for i in range(num_layers):
        weights[f"conv_{i}/kernel"] = (7, 7, inputs, channels)
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            weights[f"norm_{i}/{part}"] = (channels,)
        inputs = channels
    return LayerCase(
        name,
        ConvStem,
        {
            "channels": channels,
            "num_layers": num_layers,
            "same_padding": same,
        },
        {"images": images},
        weights,
        functools.partial(conv_stem, num_layers=num_layers, same=same),
        averages=tuple(path for path in weights if "moving" in path),
    )


CASES = (
    stem_case("same", random_array(2, 9, 12, 3)),
    stem_case("valid", random_array(2, 9, 12, 3), same=False),
    stem_case("two_layers", random_array(2, 17, 10, 2), num_layers=2),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("height", range(8, 16))
def test_every_remainder_of_a_size_is_padded_as_published(height, same):
    case = stem_case("any", random_array(1, height, 23 - height, 2), same)
    layer = built(case)
    images = case.inputs["images"]
    assert_near(layer(images), conv_stem(weight_values(layer), images, 1, same))


@pytest.mark.parametrize(
    ("settings", "sides"),
    [
        ({}, (56, 56)),
        ({"same_padding": False}, (55, 55)),
        ({"num_layers": 2}, (14, 14)),
    ],
)
def test_published_images_leave_the_published_grid(settings, sides):
    layer = ConvStem(**settings)
    assert layer(keras.Input((224, 224, 3))).shape == (None, *sides, 64)


def test_training_takes_the_statistics_of_the_batch():
    layer = built(CASES[0])
    images, weights = CASES[0].inputs["images"], weight_values(layer)
    in_training = layer(images, training=True)
    assert_near(in_training, conv_stem(weights, images, training=True))
    assert relative_error(layer(images), in_training) > 0.1


def test_averages_keep_nine_tenths_and_inference_leaves_them():
    layer = built(CASES[0])
    images, before = CASES[0].inputs["images"], weight_values(layer)
    layer(images)
    for path in CASES[0].averages:
        np.testing.assert_array_equal(weight_values(layer)[path], before[path])
    layer(images, training=True)
    after = weight_values(layer)
    convolved = layer.convolutions[0](images).numpy().astype("float64")
    for statistic, moment in (
        ("moving_mean", convolved.mean((0, 1, 2))),
        ("moving_variance", convolved.var((0, 1, 2))),
    ):
        path = f"norm_0/{statistic}"
        expected = 0.9 * before[path] + 0.1 * moment
        assert_near(after[path], expected)


def test_training_reaches_every_parameter():
    """Statistics of the batch hide the scale of what they normalise."""
    import tensorflow as tf

    layer = built(CASES[2])
    with tf.GradientTape() as tape:
        output = layer(CASES[2].inputs["images"], training=True)
        loss = tf.reduce_sum(output * random_array(*output.shape, seed=7))
    gradients = tape.gradient(loss, layer.trainable_variables)
    assert len(gradients) == 6
    for gradient in gradients:
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 1e-4


def test_starts_as_the_reference_does():
    layer = ConvStem(channels=256)
    layer(random_array(1, 8, 8, 3))
    weights = weight_values(layer, "float32")
    scale = (7 * 7 * 3) ** -0.5
    kernel = weights.pop("conv_0/kernel")
    assert kernel.std() == pytest.approx(0.8796 * scale, rel=0.02)
    assert 1.9 * scale < np.abs(kernel).max() <= 2 * scale
    for path, values in weights.items():
        start = path.endswith(("gamma", "variance"))
        np.testing.assert_array_equal(values, np.full(256, start, "float32"))


@pytest.mark.parametrize("shape", [(8, 8, 3), (2, 4, 8, 8, 3), (2, 64, 3)])
def test_wrong_ranks_are_named(shape):
    with pytest.raises(ValueError, match="height, width, channels") as error:
        ConvStem(name="stem")(random_array(*shape))
    assert "stem" in str(error.value)
    assert f"shape {shape}" in str(error.value)


def test_images_of_which_nothing_is_left_are_named():
    with pytest.raises(ValueError, match="same_padding=True") as error:
        ConvStem(same_padding=False, name="stem")(random_array(1, 4, 9, 3))
    assert "shape (1, 4, 9, 3)" in str(error.value)
    assert "'stem'" in str(error.value)
    # Each of these leaves a pixel.
    assert ConvStem(4)(random_array(1, 1, 1, 3)).shape == (1, 1, 1, 4)
    layer = ConvStem(4, same_padding=False)
    assert layer(random_array(1, 5, 5, 3)).shape == (1, 1, 1, 4)


def test_no_layers_are_named():
    with pytest.raises(ValueError, match="num_layers=0"):
        ConvStem(num_layers=0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_empty_batch_stays_empty(case):
    images = case.inputs["images"]
    layer = built(case)
    expected = (0, *layer(images).shape[1:])
    assert layer(images[:0]).shape == expected
    inputs = keras.Input(images.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    assert model(images[:0]).shape == expected
    model.compile(jit_compile=True)
    assert model.predict_on_batch(images[:0]).shape == expected


def test_a_free_size_stays_free():
    images = random_array(1, 12, 9, 3)
    layer = built(CASES[0])
    inputs = keras.Input((None, None, 3))
    outputs = layer(inputs)
    assert outputs.shape == (None, None, None, 4)
    model = keras.Model(inputs, outputs)
    assert_near(model(images), layer(images), 1e-6)
    model.compile(jit_compile=False)
    assert_near(model.predict_on_batch(images), layer(images), 1e-6)
