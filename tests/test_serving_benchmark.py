"""That the benchmark of serving times what it says."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import serving
from keras_perceiver import tasks
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK


@pytest.mark.parametrize("name", ["ClassifyImage", "EstimateFlow"])
def test_a_model_of_zeros_leaves_all_around_it(name):
    task = EVERY_TASK[name]()
    request = task.example_request()
    wanted = task.serve(**request)
    without = task.on(serving._Zeros(task.model)).serve(**request)
    assert without.keys() == wanted.keys()
    for key, values in without.items():
        assert values.shape == wanted[key].shape
        assert values.dtype == wanted[key].dtype
    np.testing.assert_array_equal(
        without["problem_bytes"], wanted["problem_bytes"]
    )


def test_texts_are_filled_without_a_model():
    task = tasks.FillMask(tiny_language(), max_masks=4)
    texts = tf.constant([b"a [MASK:2]", b"[MASK]"])
    without = task.on(serving._Zeros(task.model)).serve(texts)
    # Of equal logits the first byte wins.
    assert without["filled_bytes"].numpy().tolist() == [b"a \0\0", b"\0"]
