"""Copies of tasks in fewer bytes."""

import collections
import functools

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
from keras_perceiver.serving.signatures import raw_signatures_of
from keras_perceiver.serving.signatures import signatures_of
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.layer_checks import randomize
from tests.tiny_models import LengthTask
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK
from tests.tiny_tasks import tiny_classifier

EVERY = {"FillMask": lambda: tasks.FillMask(tiny_language()), **EVERY_TASK}
# The same model once more.
EVERY.pop("ClassifyText_score")


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


def dtypes_of(model):
    return {weight.path: weight.dtype for weight in model.weights}


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


def with_lora(model):
    rng = np.random.default_rng(2)
    for layer in model._flatten_layers():
        if layer.name in ("query", "hidden", "token_embedding"):
            layer.enable_lora(2, lora_alpha=3)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(0.1 * rng.normal(size=weight.shape))
    return model


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
