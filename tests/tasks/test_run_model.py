"""Running models as they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks import RunModel
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import assert_outputs_near
from tests.tiny_presets import named_outputs
from tests.tiny_presets import random_inputs
from tests.tiny_presets import tiny_preset


@pytest.mark.parametrize("name", ["starcraft_entities", "imagenet_conv"])
def test_a_model_answers_as_it_is(name):
    model = tiny_preset(name)
    inputs = random_inputs(model)
    wanted = named_outputs(model(inputs))
    if not isinstance(inputs, dict):
        inputs = {model.input.name: inputs}
    assert_outputs_near(RunModel(model)(inputs), wanted)


def test_half_precision_comes_and_goes_as_float32():
    model = tiny_preset("imagenet_conv", dtype="bfloat16")
    task = RunModel(model, "logits")
    (spec,) = task.input_signature.values()
    assert spec.dtype == tf.float32
    answer = task(task.example_request())
    assert answer["logits"].dtype == np.float32


def test_models_of_ones_own_run_too():
    inputs = [keras.Input((2,), name="a"), keras.Input((None,), name="b")]
    model = keras.Model(inputs, inputs[0] + keras.ops.max(inputs[1]))
    answer = RunModel(model)({"b": [[5.0, 3.0]], "a": [[1.0, 2.0]]})
    np.testing.assert_array_equal(answer["output"], [[6.0, 7.0]])


def test_other_inputs_are_told():
    task = RunModel(tiny_preset("imagenet_conv"))
    with pytest.raises(ValueError, match=r"takes \['images'\]. Received: \['"):
        task({"image": [[1.0]]})


@pytest.mark.parametrize("name", TINY_PRESETS)
def test_every_model_takes_the_example(name):
    task = RunModel(tiny_preset(name))
    answer = task(task.example_request())
    for values in answer.values():
        assert values.shape[0] == 2
        assert np.isfinite(values).all()
