"""Tasks, their copies in fewer bytes, each made once, and their answers."""

import functools

import numpy as np
import tensorflow as tf

from keras_perceiver import tasks
from keras_perceiver.serving.precision import in_precision
from keras_perceiver.serving.signatures import raw_signatures_of
from keras_perceiver.serving.signatures import signatures_of
from tests.float64_reference import assert_near
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK

EVERY = {
    "FillMask": lambda: tasks.FillMask(tiny_language()),
    **{
        name: make
        for name, make in EVERY_TASK.items()
        # The same model as `ClassifyText`.
        if name != "ClassifyText_score"
    },
}


@functools.cache
def task_of(name):
    return EVERY[name]()


@functools.cache
def changed_task(name, precision):
    """A task that no test changes."""
    return in_precision(task_of(name), precision)


def values_of(model):
    return {
        weight.path: weight.numpy().astype("float32")
        for weight in model.weights
    }


def answers_of(task):
    """What the signatures of tensors answer to numbers that are made up."""
    answers = {}
    for name, signature in signatures_of(task).items():
        if name not in raw_signatures_of(task):
            request = [_made_up(spec) for spec in signature.specs]
            for output, tensor in signature.function(*request).items():
                answers[f"{name}/{output}"] = np.array(tensor)
    return answers


def _made_up(spec):
    shape = [2, *(size or 3 for size in spec.shape[1:])]
    values = np.random.default_rng(0).normal(size=shape)
    if spec.dtype.is_integer:
        values = np.abs(values) % 3
    return tf.cast(values if spec.dtype != tf.bool else values < 1, spec.dtype)


def assert_same(task, other, tolerance=1e-5):
    answers, wanted = answers_of(task), answers_of(other)
    assert answers.keys() == wanted.keys()
    for name, array in wanted.items():
        # Masked logits are -1e30.
        is_number = array > -1e20
        assert_near(answers[name][is_number], array[is_number], tolerance)
