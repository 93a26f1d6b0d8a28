"""Copies of tasks that are folded before they are rounded."""

import keras
import pytest

from keras_perceiver.serving.precision import in_precision
from tests.serving.changed_tasks import assert_same
from tests.serving.changed_tasks import changed_task
from tests.serving.changed_tasks import task_of


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [(None, 1e-5), ("float32", 1e-5), ("bfloat16", 0.05), ("int8", 0.05)],
)
def test_folded_copies_answer_the_same(precision, tolerance):
    task = task_of("ClassifyImage")
    folded = in_precision(task, precision, fold=True)
    names = [layer.name for layer in folded.model.layers]
    assert "decoder_cross_attention_queries" in names
    assert_same(folded, task, tolerance)


def test_folding_comes_before_rounding():
    """Products are rounded, and not what they are made of."""
    model = in_precision(task_of("ClassifyImage"), "int8", fold=True).model
    dense = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Dense)
    ]
    assert len(dense) > 9
    assert {layer.quantization_mode for layer in dense} == {"int8"}


def test_a_quantised_model_is_left_as_it_is():
    task = changed_task("FillMask", "int8")
    assert in_precision(task, None, fold=True) is task
