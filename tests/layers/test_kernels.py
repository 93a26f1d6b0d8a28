"""The numeric core of attention; and all layers, TensorFlow against JAX.

Run as a program, this file is the JAX side: it answers what the TensorFlow
side of the last test has left in a folder.
"""

import importlib
import inspect
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from keras_perceiver import layers
from keras_perceiver.layers import kernels
from keras_perceiver.models import language
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.layer_checks import is_key_bias
from tests.layer_checks import symbolic_inputs
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import without_values

QUERY = random_array(2, 2, 3, 4)
KEY, VALUE = random_array(2, 2, 5, 4), random_array(2, 2, 5, 6)
MASK = np.random.default_rng(3).random((2, 3, 5)) < 0.6
MASK[0, 1] = False


@pytest.mark.parametrize("mask", [None, MASK, MASK[:, :1], MASK[:1, :, :1]])
@pytest.mark.parametrize("query_batch", [1, 2])
def test_attend_equals_the_reference(mask, query_batch):
    query = QUERY[:query_batch]
    expected = float64_reference.attend(query, KEY, VALUE, mask)
    mixed = kernels.attend(
        query, KEY, VALUE, None if mask is None else mask[:, None]
    )
    assert_near(mixed, expected, 2e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_masks_hold_in_every_dtype(dtype):
    assert ops.isfinite(ops.cast(kernels.masked_logit(dtype), dtype))
    tensors = [ops.cast(array, dtype) for array in (QUERY, KEY, VALUE)]
    mixed = kernels.attend(*tensors, MASK[:, None])
    expected = float64_reference.attend(QUERY, KEY, VALUE, MASK)
    assert mixed.dtype == dtype
    mixed = np.array(ops.cast(mixed, "float64"))
    np.testing.assert_array_equal(mixed[0, :, 1], 0)
    tolerance = {"float16": 4e-3, "bfloat16": 3e-2}.get(dtype, 2e-6)
    assert_near(mixed, expected, tolerance)


@pytest.mark.parametrize("mask", [None, MASK, MASK[:, :1], MASK[:1, :, :1]])
@pytest.mark.parametrize("query_batch", [1, 2])
def test_scores_come_with_the_same_answer(mask, query_batch):
    tensors = QUERY[:query_batch], KEY, VALUE
    mask = None if mask is None else mask[:, None]
    mixed, scores = kernels.attend_with_scores(*tensors, mask)
    np.testing.assert_array_equal(mixed, kernels.attend(*tensors, mask))
    assert_near(ops.matmul(scores, VALUE), mixed, 1e-6)
    sums = np.array(scores).sum(-1)
    may_attend = True if mask is None else mask.any(-1)
    np.testing.assert_allclose(
        sums, np.broadcast_to(may_attend, sums.shape), rtol=1e-6
    )


def test_scores_are_those_before_dropout():
    def drop_all(weights):
        return 0 * weights

    mixed, scores = kernels.attend_with_scores(
        QUERY, KEY, VALUE, dropout=drop_all
    )
    assert np.abs(mixed).max() == 0
    np.testing.assert_allclose(np.array(scores).sum(-1), 1, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_rows_that_attend_to_nothing_leave_gradients_finite(dtype):
    """Zeros behind a softmax of infinities would hide them forward only."""
    tf = pytest.importorskip("tensorflow")
    tensors = [tf.cast(array, dtype) for array in (QUERY, KEY, VALUE)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        mixed = kernels.attend(*tensors, MASK[:, None])
    for gradient in tape.gradient(mixed, tensors):
        assert np.isfinite(tf.cast(gradient, "float32")).all()


def test_dropout_gets_the_normalised_weights():
    seen = []

    def keep_first(weights):
        seen.append(np.array(weights))
        return weights * np.eye(5, dtype="float32")[0]

    with layers.attention_memory(float("inf")):
        mixed = kernels.attend(QUERY, KEY, VALUE, dropout=keep_first)
    np.testing.assert_allclose(seen[0].sum(-1), 1, rtol=1e-6)
    expected = seen[0][..., :1] * VALUE[:, :, :1]
    assert_near(mixed, expected, 1e-6)


def test_outer_mask_joins_what_is_given():
    rows, columns = MASK[:, :, 0], MASK[:, 0, :]
    assert kernels.outer_mask(None, None) is None
    for query_mask, input_mask, expected in (
        (rows, None, rows[:, :, None]),
        (None, columns, columns[:, None, :]),
        (rows, columns, rows[:, :, None] & columns[:, None, :]),
        (rows.astype("float32"), columns.astype("int32"), None),
    ):
        joined = kernels.outer_mask(query_mask, input_mask)
        assert joined.dtype == "bool"
        if expected is None:
            expected = rows[:, :, None] & columns[:, None, :]
        np.testing.assert_array_equal(joined, expected)


def all_cases():
    """The `CASES` of every test file beside this one."""
    for file in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.layers.{file.stem}")
        yield from getattr(module, "CASES", ())


def test_every_public_layer_has_a_case():
    public = {
        value
        for value in vars(layers).values()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer)
    }
    assert len(public) >= 8
    assert public == {case.layer_class for case in all_cases()}


def tiny_language():
    """The tiny language model with random weights, and inputs for it."""
    model = language(
        vocabulary_size=11,
        max_length=6,
        embedding_dim=8,
        num_latents=4,
        latent_dim=12,
        num_self_attends_per_block=2,
        num_blocks=2,
        num_cross_attention_heads=2,
        num_self_attention_heads=2,
        num_decoder_heads=2,
        qk_channels=8,
        v_channels=12,
    )
    randomize(model)
    rng = np.random.default_rng(0)
    token_ids = rng.integers(0, 11, (2, 6)).astype("int32")
    padding_mask = np.arange(6) < np.array([[6], [4]])
    return model, {"token_ids": token_ids, "padding_mask": padding_mask}


def case_model(case):
    """A case's layer as a functional model with random weights."""
    inputs = symbolic_inputs(case)
    model = keras.Model(inputs, case.layer_class(**case.config)(**inputs))
    randomize(model)
    return model, case.inputs


def projection_of(outputs):
    return random_array(*np.shape(outputs), seed=7)


def tensorflow_answer(model, inputs):
    """The outputs, and the gradients of a projection of them by path."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = model(inputs)
        projected = tf.reduce_sum(
            tf.cast(outputs, "float32") * projection_of(outputs)
        )
    paths = [weight.path for weight in model.trainable_variables]
    values = [weight.value for weight in model.trainable_variables]
    gradients = map(tf.convert_to_tensor, tape.gradient(projected, values))
    return np.array(outputs), dict(zip(paths, gradients, strict=True))


def jax_answer(model, inputs):
    """What `tensorflow_answer` gives, the JAX way."""
    import jax

    trainable = [weight.value for weight in model.trainable_variables]
    others = [weight.value for weight in model.non_trainable_variables]

    def projected(values):
        outputs, _ = model.stateless_call(values, others, inputs)
        return (outputs * projection_of(outputs)).sum(), outputs

    gradients, outputs = jax.jit(jax.grad(projected, has_aux=True))(trainable)
    paths = [weight.path for weight in model.trainable_variables]
    return np.array(outputs), dict(zip(paths, gradients, strict=True))


def named(prefix, arrays):
    return {f"{prefix}:{name}": np.array(a) for name, a in arrays.items()}


def unnamed(prefix, arrays):
    prefix = f"{prefix}:"
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def answer_on_jax(folder):
    """Answers `NAME.json` and `NAME.npz` with `NAME.answer.npz`."""
    assert keras.backend.backend() == "jax"
    assert "tensorflow" not in sys.modules
    for file in sorted(folder.glob("*.json")):
        stored = json.loads(file.read_text())
        # JAX compiles an initialiser for every shape: seconds, for nothing.
        with without_values():
            model = keras.saving.deserialize_keras_object(stored)
        with np.load(file.with_suffix(".npz")) as arrays:
            weights = unnamed("weight", arrays)
            inputs = unnamed("input", arrays)
        for weight in model.weights:
            weight.assign(weights.pop(weight.path))
        assert not weights
        outputs, gradients = jax_answer(model, inputs)
        np.savez(
            file.with_suffix(".answer.npz"),
            outputs=outputs,
            **named("gradient", gradients),
        )


def ask(folder, name, model, inputs):
    stored = keras.saving.serialize_keras_object(model)
    (folder / f"{name}.json").write_text(json.dumps(stored))
    weights = {
        weight.path: ops.convert_to_numpy(weight) for weight in model.weights
    }
    np.savez(
        folder / f"{name}.npz",
        **named("weight", weights),
        **named("input", inputs),
    )


def test_jax_answers_as_tensorflow_does(tmp_path):
    pytest.importorskip("jax", reason="the JAX backend needs jax")
    models = {
        f"{case.layer_class.__name__}_{case.name}": case_model(case)
        for case in all_cases()
    }
    assert len(models) == len(list(all_cases()))
    models["language"] = tiny_language()
    for name, (model, inputs) in models.items():
        ask(tmp_path, name, model, inputs)
    root = pathlib.Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, __file__, tmp_path],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "PYTHONPATH": str(root),
            # Compiling takes nearly all of the time.
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        },
        check=True,
    )
    for name, (model, inputs) in models.items():
        outputs, gradients = tensorflow_answer(model, inputs)
        with np.load(tmp_path / f"{name}.answer.npz") as answer:
            assert_near(answer["outputs"], outputs)
            theirs = unnamed("gradient", answer)
        assert theirs.keys() == gradients.keys(), name
        for path, gradient in gradients.items():
            if not is_key_bias(path):
                assert_near(theirs[path], gradient, 1e-4)


if __name__ == "__main__":
    answer_on_jax(pathlib.Path(sys.argv[1]))
