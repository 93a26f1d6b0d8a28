"""Copies of tasks in fewer bytes."""

import collections

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver import tasks
from keras_perceiver.serving.export import export
from keras_perceiver.serving.precision import in_precision
from keras_perceiver.serving.precision import precision_of
from keras_perceiver.serving.precision import weight_bytes
from tests.float64_reference import relative_error
from tests.random_values import randomize
from tests.serving.changed_tasks import EVERY
from tests.serving.changed_tasks import answers_of
from tests.serving.changed_tasks import assert_same
from tests.serving.changed_tasks import changed_task
from tests.serving.changed_tasks import task_of
from tests.serving.changed_tasks import values_of
from tests.tiny_models import LengthTask
from tests.tiny_models import tiny_language
from tests.tiny_tasks import tiny_classifier


def dtypes_of(model):
    return {weight.path: weight.dtype for weight in model.weights}


@pytest.mark.parametrize("name", EVERY)
def test_bfloat16_is_the_nearest_there_is(name):
    task = task_of(name)
    half = changed_task(name, "bfloat16").model
    wanted = values_of(task.model)
    for weight in half.weights:
        value = wanted[weight.path].astype(ml_dtypes.bfloat16)
        if weight.dtype == "float32":
            value = wanted[weight.path]
        np.testing.assert_array_equal(weight.numpy(), value, weight.path)


@pytest.mark.parametrize("name", EVERY)
def test_bfloat16_answers_as_mixed_precision_does(name):
    """Where it computes from what is rounded, and from nothing else."""
    task = task_of(name)
    half = changed_task(name, "bfloat16")
    overrides = {**task.model.preset_overrides, "dtype": "mixed_bfloat16"}
    mixed = from_preset(task.model.preset_name, **overrides)
    rounded = values_of(half.model)
    for weight in mixed.weights:
        weight.assign(rounded[weight.path])
    assert_same(half, task.on(mixed), 0)


def test_layers_that_give_outputs_stay_float32():
    found = {
        name: [
            path
            for path, dtype in dtypes_of(
                changed_task(name, "bfloat16").model
            ).items()
            if dtype == "float32"
        ]
        for name in ("FillMask", "ClassifyImage", "EstimateFlow")
    }
    assert found == {
        "FillMask": ["logits/bias"],
        "ClassifyImage": ["logits/kernel", "logits/bias"],
        "EstimateFlow": ["flow/kernel", "flow/bias"],
    }


@pytest.mark.parametrize("name", EVERY)
def test_int8_answers_as_its_kernels_in_float32(name):
    task = task_of(name)
    small = changed_task(name, "int8")
    stored, dtypes = values_of(small.model), dtypes_of(small.model)
    float32 = in_precision(task, "float32")
    for weight in float32.model.weights:
        value = stored.pop(weight.path)
        if dtypes[weight.path] == "int8":
            is_kernel = weight.path.endswith("kernel")
            scale = stored.pop(f"{weight.path}_scale")
            value = value / (scale if is_kernel else scale[:, None])
            # Half a step of 127, of each channel's or token's largest.
            exact = weight.numpy()
            largest = np.abs(exact).max(0 if is_kernel else 1, keepdims=True)
            error = np.abs(value - exact)
            assert np.all(error <= 1.00001 * largest / 254), weight.path
        weight.assign(value)
    assert not stored
    assert_same(small, float32)
    # Every view is of the same layers.
    wanted = answers_of(task)
    for view, answer in answers_of(small).items():
        is_number = wanted[view] > -1e20
        error = relative_error(answer[is_number], wanted[view][is_number])
        assert error > 1e-4, view


@pytest.mark.parametrize("name", EVERY)
def test_every_kernel_is_int8(name):
    model = changed_task(name, "int8").model
    for path, dtype in dtypes_of(model).items():
        is_kernel = path.endswith(("/kernel", "/embeddings"))
        assert dtype == ("int8" if is_kernel else "float32")


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_the_given_task_stays_as_it_is(precision):
    task = tasks.FillMask(tiny_language(), top_k=2)
    (before,) = task(["a [MASK] b"])
    values, dtypes = values_of(task.model), dtypes_of(task.model)
    # The task has been traced by now.
    changed = in_precision(task, precision)
    (found,) = changed(["a [MASK] b"])
    assert found != before
    fresh = tasks.FillMask(changed.model, top_k=2)
    assert fresh(["a [MASK] b"]) == [found]
    assert task(["a [MASK] b"]) == [before]
    assert dtypes_of(task.model) == dtypes
    for path, value in values_of(task.model).items():
        np.testing.assert_array_equal(value, values[path])


def test_what_the_model_came_with_stays_with_it():
    model = tiny_classifier()
    names = list("abcdefg")
    object.__setattr__(model, "preprocessing", {"class_names": names})
    changed = in_precision(tasks.ClassifyImage(model, top_k=3), "int8")
    assert changed.labels.class_names == names
    assert changed.labels.top_k == 3
    assert tasks.ClassifyImage(changed.model).labels.class_names == names


def test_averages_of_batch_norm_come_along():
    model = from_preset(
        "imagenet_conv",
        image_shape=(32, 32, 3),
        num_latents=2,
        latent_dim=8,
        num_self_attends_per_block=1,
        num_blocks=1,
        num_self_attention_heads=2,
        num_classes=3,
        query_dim=8,
    )
    randomize(model)
    task = tasks.ClassifyImage(model)
    assert_same(in_precision(task, "float32"), task)


def test_half_precision_may_be_given():
    task = tasks.FillMask(tiny_language(dtype="mixed_bfloat16"))
    model = in_precision(task, "float32").model
    assert model.encode.output.dtype == "float32"
    for path, value in values_of(model).items():
        np.testing.assert_array_equal(value, values_of(task.model)[path])


@pytest.mark.parametrize(
    ("precision", "share"), [("bfloat16", 0.51), ("int8", 0.36)]
)
def test_a_copy_takes_less(precision, share):
    task = tasks.FillMask(tiny_language(latent_dim=64))
    model = in_precision(task, precision).model
    assert weight_bytes(model) < share * weight_bytes(task.model)


def test_an_export_holds_int8_alone(tmp_path):
    """And not the float32 kernels that they were made of."""
    model = changed_task("FillMask", "int8").model
    path = export(tasks.FillMask(model, max_masks=4), tmp_path)
    stored = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    dtypes = stored.get_variable_to_dtype_map()
    counts = collections.Counter()
    for name, shape in stored.get_variable_to_shape_map().items():
        # What is no weight: the graph itself, and the state of dropout.
        if dtypes[name] not in (tf.string, tf.uint32):
            counts[dtypes[name].name, tuple(shape)] += 1
    assert counts == collections.Counter(
        (weight.dtype, tuple(weight.shape)) for weight in model.weights
    )


def test_bytes_are_counted():
    model = tiny_language()
    assert weight_bytes(model) == 4 * model.count_params()
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(5, dtype="bfloat16")(inputs))
    assert weight_bytes(model) == 2 * (3 * 5 + 5)


def test_the_policy_of_most_numbers_is_told():
    """Also where some layers are float32 whatever the policy."""
    tiny = task_of("ClassifyImage").model
    assert precision_of(tiny) == "float32"
    for precision, policy in [
        ("bfloat16", "bfloat16"),
        ("int8", "int8_from_float32"),
    ]:
        model = changed_task("ClassifyImage", precision).model
        assert precision_of(model) == policy
    mixed = tiny_language(dtype="mixed_bfloat16")
    assert precision_of(mixed) == "mixed_bfloat16"


def test_no_precision_is_the_task_itself():
    task = LengthTask()
    assert in_precision(task, None) is task


def test_a_model_of_no_preset_is_refused():
    with pytest.raises(ValueError, match="does not say which preset it is"):
        in_precision(LengthTask(), "int8")


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match=r"'int9'\. Did you mean 'int8'\?"):
        in_precision(LengthTask(), "int9")


def test_a_quantised_model_is_refused():
    task = changed_task("FillMask", "int8")
    for precision in ("float32", "int8"):
        with pytest.raises(ValueError, match="is quantised already") as error:
            in_precision(task, precision)
        assert "token_embedding" in str(error.value)
