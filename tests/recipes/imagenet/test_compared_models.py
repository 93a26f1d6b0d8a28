import keras
import numpy as np
import pytest

from recipes.imagenet import RECIPE
from recipes.imagenet import compared_models
from recipes.imagenet.permuted_pixels import permutation
from recipes.settings import resolved

NUMBERS = resolved(RECIPE.configuration("tiny").model)
IMAGES = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype("float32")
BUILDERS = [
    compared_models.conv_net,
    compared_models.fourier_positions,
    compared_models.learned_positions,
]


def built(build, order=None):
    keras.utils.set_random_seed(0)
    return build(NUMBERS, order)


def relative(found, wanted):
    return np.abs(found - wanted).max() / np.abs(wanted).max()


def test_the_permutation_is_one_and_always_the_same():
    order = permutation(64)
    assert sorted(order) == list(range(64))
    assert np.mean(order == np.arange(64)) < 0.1
    np.testing.assert_array_equal(order, permutation(64))


def test_fourier_positions_are_those_of_the_preset():
    """The same layers as the preset, which is what is trained elsewhere."""
    keras.utils.set_random_seed(0)
    preset = RECIPE.configuration("tiny").model
    wanted = compared_models.from_preset(preset.preset, **preset.overrides)
    model = built(compared_models.fourier_positions)
    assert [w.shape for w in model.weights] == [w.shape for w in wanted.weights]
    model.set_weights(wanted.get_weights())
    found = model.predict_on_batch(IMAGES)
    assert relative(found, wanted.predict_on_batch(IMAGES)) < 1e-6


def test_behind_fourier_positions_the_order_is_nothing():
    model = built(compared_models.fourier_positions)
    mixed = built(compared_models.fourier_positions, permutation(64))
    mixed.set_weights(model.get_weights())
    found = mixed.predict_on_batch(IMAGES)
    assert relative(found, model.predict_on_batch(IMAGES)) < 1e-5


@pytest.mark.parametrize("build", [BUILDERS[0], BUILDERS[2]])
def test_others_are_shown_permuted_images(build):
    order = permutation(64)
    model, mixed = built(build), built(build, order)
    mixed.set_weights(model.get_weights())
    images = IMAGES.reshape(3, 64, 3)[:, order].reshape(IMAGES.shape)
    wanted = model.predict_on_batch(images)
    assert relative(mixed.predict_on_batch(IMAGES), wanted) < 1e-5
    assert relative(mixed.predict_on_batch(images), wanted) > 1e-3


@pytest.mark.parametrize("build", BUILDERS)
def test_each_gives_logits(build):
    assert built(build).predict_on_batch(IMAGES).shape == (3, 10)
