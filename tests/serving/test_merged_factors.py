"""Copies of tasks whose models have low-rank factors."""

import numpy as np
import pytest

from keras_perceiver import tasks
from keras_perceiver.serving.precision import in_precision
from tests.float64_reference import assert_near
from tests.serving.changed_tasks import assert_same
from tests.serving.changed_tasks import values_of
from tests.tiny_models import tiny_language


def with_lora(model):
    rng = np.random.default_rng(2)
    for layer in model._flatten_layers():
        if layer.name in ("query", "hidden", "token_embedding"):
            layer.enable_lora(2, lora_alpha=3)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(0.1 * rng.normal(size=weight.shape))
    return model


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_factors_are_merged(precision):
    task = tasks.FillMask(with_lora(tiny_language()))
    changed = in_precision(task, precision)
    assert not [path for path in values_of(changed.model) if "lora" in path]
    # Once more by Keras, which stores the sums.
    merged = tiny_language()
    weights = task.model.weights
    for layer, other in zip(
        task.model._flatten_layers(), merged._flatten_layers(), strict=True
    ):
        if getattr(layer, "lora_enabled", False):
            for name in ("kernel", "embeddings"):
                if hasattr(layer, name):
                    getattr(other, name).assign(getattr(layer, name))
    assert_same(changed, in_precision(task.on(merged), precision), 1e-4)
    assert task.model.weights == weights
    if precision == "float32":
        assert_same(changed, task, 1e-4)


def test_factors_are_merged_before_numbers_are_rounded():
    model = with_lora(tiny_language(dtype="bfloat16"))
    merged = in_precision(tasks.FillMask(model), "float32").model
    block = "encoder_cross_attention/attention/query"
    values = values_of(model)
    first, second = (values[f"{block}/lora_kernel_{part}"] for part in "ab")
    wanted = values[f"{block}/kernel"].astype("float64")
    wanted += 1.5 * first.astype("float64") @ second
    assert_near(values_of(merged)[f"{block}/kernel"], wanted, 1e-6)
