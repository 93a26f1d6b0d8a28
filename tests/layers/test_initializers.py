"""Initial values of the reference that Keras has no name for."""

import json

import keras
import numpy as np
import pytest

from keras_perceiver.layers.initializers import haiku_linear


@pytest.mark.parametrize(
    ("shape", "fan_in"), [((100, 2000), 100), ((7, 7, 3, 1000), 147)]
)
def test_a_normal_cut_at_two_deviations_and_not_rescaled(shape, fan_in):
    values = np.array(haiku_linear()(shape)) * fan_in**0.5
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(0.8796, rel=0.01)
    assert 1.99 < np.abs(values).max() <= 2 + 1e-5
    # Half of such a normal is nearer to zero than this.
    assert np.median(np.abs(values)) == pytest.approx(0.6391, rel=0.02)


def test_is_narrower_than_what_attention_starts_with():
    attention = np.array(keras.initializers.LecunNormal()((100, 2000)))
    linear = np.array(haiku_linear()((100, 2000)))
    assert linear.std() / attention.std() == pytest.approx(0.8796, rel=0.01)


def test_every_call_gives_other_values():
    first, second = (haiku_linear()((4, 5)) for _ in range(2))
    assert np.abs(np.array(first) - np.array(second)).max() > 0.01


def test_survives_a_configuration():
    layer = keras.layers.Dense(3, kernel_initializer=haiku_linear())
    stored = json.loads(json.dumps(layer.get_config()))
    copy = keras.layers.Dense.from_config(stored)
    copy.build((None, 40_000))
    kernel = keras.ops.convert_to_numpy(copy.kernel)
    assert kernel.std() == pytest.approx(0.8796 / 200, rel=0.01)
