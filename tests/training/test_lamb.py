"""LAMB as published."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.training.lamb import LAMB
from tests.float64_lamb import lamb as float64_lamb
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.random_values import random_array

STEPS = 5
# Path to (scale of the start, scale of the gradients). Tiny gradients make
# epsilon count; zeros make the ratio's norms undefined.
ARRAYS = {
    "dense/kernel": (1.0, 1.0),
    "dense/bias": (1.0, 1.0),
    "norm/gamma": (0.5, 2.0),
    "norm/beta": (2.0, 1e-5),
    "latents/array": (0.02, 1e-5),
    "bias_free/kernel": (0.0, 1.0),
    "new/bias": (0.0, 1e-5),
    "still/kernel": (1.0, 0.0),
    "still/bias": (1.0, 0.0),
}
EXCLUDED = {"dense/bias", "norm/gamma", "norm/beta", "new/bias", "still/bias"}


def start_of(path):
    return random_array(4, 3, seed=len(path)) * ARRAYS[path][0]


def gradients_of(path):
    gradients = random_array(STEPS, 4, 3, seed=100 + len(path))
    return gradients * ARRAYS[path][1]


def variable(path):
    scope, name = path.split("/")
    with keras.name_scope(scope):
        made = keras.Variable(start_of(path), name=name)
    assert made.path == path
    return made


def stepped(optimizer, paths=tuple(ARRAYS), apply=None):
    """Values by path after all steps."""
    variables = [variable(path) for path in paths]
    optimizer.build(variables)
    apply = apply or optimizer.apply
    for step in range(STEPS):
        apply([tf.constant(gradients_of(path)[step]) for path in paths])
    return {v.path: keras.ops.convert_to_numpy(v) for v in variables}


def expected_of(path, weight_decay, learning_rates, excluded=EXCLUDED, **betas):
    decay = 0 if path in excluded else weight_decay
    return float64_lamb(
        start_of(path), gradients_of(path), learning_rates, decay, **betas
    )


@pytest.mark.parametrize("weight_decay", [0.0, 0.01, 0.5])
def test_five_steps_equal_the_reference(weight_decay):
    found = stepped(LAMB(0.1, weight_decay=weight_decay))
    for path, values in found.items():
        expected = expected_of(path, weight_decay, [0.1] * STEPS)
        assert_near(values, expected)
        moved = np.abs(values - start_of(path)).max()
        # Only zero gradients leave anything where it was, and decay not even
        # then: else the reference would agree with an optimiser that does
        # nothing.
        rests = path == "still/bias" or (
            path == "still/kernel" and not weight_decay
        )
        assert (moved == 0) if rests else (moved > 1e-3), path


def test_other_settings_reach_the_update():
    settings = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}
    found = stepped(LAMB(0.1, **settings))
    for path, values in found.items():
        expected = expected_of(path, 0.01, [0.1] * STEPS, **settings)
        assert_near(values, expected)


def test_a_schedule_gives_the_rate_of_each_step():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.2, 4, 0.01)
    rates = [0.2, 0.1525, 0.105, 0.0575, 0.01]
    found = stepped(LAMB(schedule))
    for path, values in found.items():
        assert_near(values, expected_of(path, 0.01, rates))


def test_zero_weights_take_the_plain_step():
    """A ratio of 1: else they would stay zero for ever."""
    kernel = variable("bias_free/kernel")
    optimizer = LAMB(0.1)
    optimizer.build([kernel])
    gradient = gradients_of("bias_free/kernel")[0]
    optimizer.apply([tf.constant(gradient)])
    expected = -0.1 * np.sign(gradient)
    np.testing.assert_allclose(kernel.numpy(), expected, rtol=1e-4)


def test_compiled_steps_equal_eager_ones():
    optimizer = LAMB(0.1, weight_decay=0.5)
    compiled = tf.function(optimizer.apply, jit_compile=True)
    eager = stepped(LAMB(0.1, weight_decay=0.5))
    for path, values in stepped(optimizer, apply=compiled).items():
        assert_near(values, eager[path], 1e-6)


def test_exclusions_are_expressions_for_paths():
    optimizer = LAMB(
        0.1, weight_decay=0.5, exclude_from_weight_decay=["^dense/", "array"]
    )
    excluded = {"dense/kernel", "dense/bias", "latents/array"}
    for path, values in stepped(optimizer).items():
        expected = expected_of(path, 0.5, [0.1] * STEPS, excluded)
        assert_near(values, expected)


def test_a_copy_from_the_config_goes_the_same_way():
    optimizer = LAMB(
        0.1,
        weight_decay=0.5,
        exclude_from_weight_decay=("^dense/",),
        epsilon=1e-5,
        beta_1=0.8,
        name="big_batch",
    )
    stored = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    copy = keras.optimizers.deserialize(stored)
    assert isinstance(copy, LAMB)
    assert copy.get_config() == optimizer.get_config()
    assert copy.get_config()["exclude_from_weight_decay"] == ("^dense/",)
    expected = stepped(optimizer)
    for path, values in stepped(copy).items():
        np.testing.assert_array_equal(values, expected[path])


def test_a_loaded_model_goes_on_the_same_way(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, bias_initializer="ones")]
    )
    optimizer = LAMB(0.1, weight_decay=0.5, exclude_from_weight_decay=["ker"])
    model.compile(optimizer, "mse", run_eagerly=True)
    batch = random_array(4, 3), random_array(4, 2)
    model.train_on_batch(*batch)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.run_eagerly = True
    for either in (model, loaded):
        either.train_on_batch(*batch)
    assert loaded.optimizer.iterations == 2
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_building_twice_is_harmless():
    """As with every optimiser of Keras."""
    kernel = variable("dense/kernel")
    optimizer = LAMB()
    optimizer.build([kernel])
    optimizer.build([kernel])
    optimizer.apply([tf.constant(gradients_of("dense/kernel")[0])])


def test_no_decay_can_be_said_as_in_keras():
    found = stepped(LAMB(0.1, weight_decay=None), ["dense/kernel"])
    expected = expected_of("dense/kernel", 0, [0.1] * STEPS)
    assert_near(found["dense/kernel"], expected)


def test_keras_has_another_decay():
    """Why this class exists; without decay both are the same."""
    path = "dense/kernel"
    for weight_decay, least, most in ((0.0, 0, 1e-6), (0.5, 0.01, 1)):
        settings = {"epsilon": 1e-6, "weight_decay": weight_decay}
        theirs = stepped(keras.optimizers.Lamb(0.1, **settings), [path])
        ours = stepped(LAMB(0.1, **settings), [path])
        assert least <= relative_error(ours[path], theirs[path]) <= most
