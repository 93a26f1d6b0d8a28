"""What every layer has to hold, whatever it is for.

A test file of a layer lists its `CASES` and decorates one test with
`every_check(*CASES)`; `tests/layers/test_kernels.py` finds the same `CASES`
and runs them on the JAX backend too.
"""

import dataclasses
import itertools
import json
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from tests.float64_reference import assert_near
from tests.random_values import named_weights
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values


@dataclasses.dataclass(frozen=True)
class LayerCase:
    """A layer with its inputs, and what is known about both.

    Attributes:
        name: what pytest calls the case.
        layer_class: the layer's class.
        config: the arguments of its constructor.
        inputs: an array for each call argument. Those with a batch of one
            beside larger ones keep it in symbolic calls.
        weights: shapes by the weights' paths within the layer. They are an
            interface: conversion and saved weights go by them.
        reference: takes float64 weights by path and `inputs` as keywords.
        output_dtype: where it is not that of the layer's policy.
        half_tolerance: relative error allowed in bfloat16.
        averages: paths of weights that are no parameters but averages, which
            batch norm moves by itself.
    """

    name: str
    layer_class: type
    config: dict
    inputs: dict
    weights: dict
    reference: Callable
    output_dtype: str | None = None
    half_tolerance: float = 0.04
    averages: tuple = ()


def built(case, **overrides):
    """The case's layer, built by a call, with random weights."""
    layer = case.layer_class(**{**case.config, **overrides})
    layer(**case.inputs)
    randomize(layer)
    return layer


def free_shape(case, array):
    """The array's shape, with the batch free where it is the case's own."""
    batch = max(len(array) for array in case.inputs.values())
    free = None if len(array) == batch else len(array)
    return (free, *array.shape[1:])


def symbolic_inputs(case):
    """Keras inputs as the case's arrays, with a free batch."""
    return {
        name: keras.Input(
            batch_shape=free_shape(case, array),
            dtype=str(array.dtype),
            name=name,
        )
        for name, array in case.inputs.items()
    }


def check_reference(case, tmp_path):
    layer = built(case)
    expected = case.reference(weight_values(layer), **float64_inputs(case))
    assert_near(layer(**case.inputs), expected)


def float64_inputs(case):
    return {
        name: array.astype("float64") if array.dtype.kind == "f" else array
        for name, array in case.inputs.items()
    }


def check_weights(case, tmp_path):
    layer = built(case)
    shapes = {
        path: tuple(weight.shape)
        for path, weight in named_weights(layer).items()
    }
    assert shapes == case.weights
    for path, weight in named_weights(layer).items():
        assert weight.trainable == (path not in case.averages), path


def check_shapes(case, tmp_path):
    """Symbolic and eager calls agree; a free batch stays free."""
    layer = built(case)
    eager = layer(**case.inputs)
    static = layer.compute_output_spec(
        **{
            name: keras.KerasTensor(array.shape, dtype=str(array.dtype))
            for name, array in case.inputs.items()
        }
    )
    assert tuple(static.shape) == tuple(eager.shape)
    assert static.dtype == eager.dtype.name
    free = layer(**symbolic_inputs(case))
    assert free.dtype == eager.dtype.name
    assert tuple(free.shape) == free_shape(case, eager)


def check_serialization(case, tmp_path):
    layer = built(case)
    expected = layer(**case.inputs)
    config = layer.get_config()
    for name, value in case.config.items():
        assert config[name] == value, name
    # Through JSON, as in a file: tuples come back as lists.
    stored = keras.saving.serialize_keras_object(layer)
    stored = json.loads(json.dumps(stored))
    for copy in (
        case.layer_class.from_config(config),
        keras.saving.deserialize_keras_object(stored),
    ):
        assert copy.get_config() == config
        copy(**case.inputs)
        copy.set_weights(layer.get_weights())
        np.testing.assert_array_equal(copy(**case.inputs), expected)


def check_policies(case, tmp_path):
    """The argument rules, not the global policy, down to every sub-layer."""
    exact = built(case)
    expected = exact(**case.inputs)
    for policy, around in (
        ("float32", "mixed_bfloat16"),
        ("mixed_bfloat16", "float32"),
        ("bfloat16", "float32"),
    ):
        keras.config.set_dtype_policy(around)
        layer = built(case, dtype=policy)
        for part in layer._flatten_layers():
            assert part.dtype_policy.name == policy, part.name
        for weight in named_weights(layer).values():
            assert weight.dtype == layer.variable_dtype
        output = layer(**case.inputs)
        wanted = case.output_dtype or layer.compute_dtype
        assert output.dtype.name == wanted
        tolerance = 1e-6 if policy == "float32" else case.half_tolerance
        assert_near(ops.cast(output, "float32"), expected, tolerance)


def check_saving(case, tmp_path):
    inputs = symbolic_inputs(case)
    layer = case.layer_class(**case.config)
    model = keras.Model(inputs, layer(**inputs))
    randomize(layer)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(case.inputs), model(case.inputs))


def float_tensors(case, dtype):
    return {
        name: ops.convert_to_tensor(
            array, dtype if array.dtype.kind == "f" else None
        )
        for name, array in case.inputs.items()
    }


def gradients_of(layer, tensors):
    """Gradients of a random projection of the output, by name.

    Returns:
        The function of nothing that gives the projection, and the gradients
        of weights by path and of floating inputs by argument.
    """
    # Here, since the JAX side of `test_kernels.py` runs without it.
    import tensorflow as tf

    targets = {
        path: weight.value for path, weight in named_weights(layer).items()
    }
    for name, tensor in tensors.items():
        if tensor.dtype.is_floating:
            targets[name] = tensor
    projection = random_array(*layer(**tensors).shape, seed=7)

    def projected(**changed):
        output = layer(**{**tensors, **changed})
        return tf.reduce_sum(output * tf.cast(projection, output.dtype))

    with tf.GradientTape() as tape:
        tape.watch(list(targets.values()))
        loss = projected()
    gradients = tape.gradient(loss, targets) if loss.dtype.is_floating else {}
    # Rows taken from an array have sparse gradients.
    return projected, {
        name: None if gradient is None else tf.convert_to_tensor(gradient)
        for name, gradient in gradients.items()
    }


def is_key_bias(path):
    """Its true gradient is zero: it moves all scores of a row alike."""
    return path.endswith("key/bias")


def check_gradients(case, tmp_path):
    layer = built(case)
    _, gradients = gradients_of(layer, float_tensors(case, "float32"))
    for path in named_weights(layer):
        assert gradients[path] is not None, path
        largest = np.abs(gradients[path]).max()
        assert np.isfinite(largest), path
        assert (largest > 1e-4) != is_key_bias(path), path


def check_numeric_gradients(case, tmp_path):
    """Gradients against central differences along random directions."""
    import tensorflow as tf

    layer = built(case, dtype="float64")
    tensors = float_tensors(case, "float64")
    projected, gradients = gradients_of(layer, tensors)
    # A graph, since it is asked twice for every weight.
    projected = tf.function(projected, autograph=False)
    weights = named_weights(layer)
    rng = np.random.default_rng(2)
    for name, gradient in gradients.items():
        shape = tensors[name].shape if name in tensors else weights[name].shape
        direction = rng.normal(size=tuple(shape))
        direction /= np.linalg.norm(direction)
        # None: said to have no influence, so that the slope has to be zero.
        gradient = np.zeros(shape) if gradient is None else gradient

        def moved(step, name=name, direction=direction):
            if name in tensors:
                change = {name: tensors[name] + step * direction}
                return projected(**{**tensors, **change})
            start = ops.copy(weights[name].value)
            weights[name].assign(start + step * direction)
            value = projected(**tensors)
            weights[name].assign(start)
            return value

        slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        error = abs(slope - np.sum(gradient * direction))
        assert error <= 1e-6 * np.linalg.norm(gradient) + 1e-8, name


CHECKS = (
    check_reference,
    check_weights,
    check_shapes,
    check_serialization,
    check_policies,
    check_saving,
    check_gradients,
    check_numeric_gradients,
)


def every_check(*cases):
    """Parametrizes a test by `check` and `case`: all of both."""
    return pytest.mark.parametrize(
        ("check", "case"),
        [
            pytest.param(check, case, id=f"{case.name}-{check.__name__}")
            for case, check in itertools.product(cases, CHECKS)
        ],
    )
