"""Input tokens that tell tasks apart, in place of queries alone."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.models import language
from keras_perceiver.models import shared_token_classifier
from keras_perceiver.models import task_token_classifier
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.models.test_language import INPUTS
from tests.models.test_language import PADDING_MASK
from tests.models.test_language import TINY as TINY_LANGUAGE
from tests.models.test_language import TOKEN_IDS
from tests.random_values import named_weights
from tests.random_values import randomize
from tests.random_values import weight_values

TASKS = (("entailment", 3), ("similarity", 1), ("last", 2))
TINY = {**TINY_LANGUAGE, "task_outputs": TASKS}
# Which learned row each task's head reads.
ROWS = {shared_token_classifier: (0, 0, 0), task_token_classifier: (0, 1, 2)}
NAMES = {
    (0, 0, 0): ["shared_token"],
    (0, 1, 2): [f"{name}_token" for name, _ in TASKS],
}
both = pytest.mark.parametrize("build", ROWS)


@functools.cache
def tiny(build):
    """A model that no test changes."""
    model = build(**TINY)
    randomize(model)
    return model


def reference(weights, rows):
    """All tasks in float64."""
    learned = np.concatenate([weights[f"{name}/array"] for name in NAMES[rows]])
    embeddings = weights["token_embedding/embeddings"]
    text = embeddings[TOKEN_IDS] + weights["input_positions/array"]
    tokens = np.concatenate([np.stack([learned] * 3), text], axis=1)
    valid = np.ones((3, len(learned)), bool)
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        tokens,
        num_heads=2,
        input_mask=np.concatenate([valid, PADDING_MASK], axis=1),
    )
    for layer in ("self_attention_0", "self_attention_1") * 2:
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=3
        )
    outputs = float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        learned[None],
        latents,
        num_heads=4,
        query_residual=False,
    )
    answers = {}
    for (name, _), row in zip(TASKS, rows, strict=True):
        hidden = float64_reference.linear(
            outputs[:, row], part(weights, f"{name}_hidden")
        )
        answers[name] = float64_reference.linear(
            np.tanh(hidden), part(weights, f"{name}_logits")
        )
    return answers


@both
def test_every_task_equals_the_reference(build):
    model = tiny(build)
    expected = reference(weight_values(model), ROWS[build])
    answers = model(INPUTS)
    assert answers.keys() == expected.keys()
    for name, outputs in TASKS:
        assert answers[name].shape == (3, outputs)
        assert_near(answers[name], expected[name])


@both
def test_there_are_as_many_tokens_as_it_says(build):
    for name in NAMES[ROWS[build]]:
        assert tiny(build).get_layer(name).array.shape == (1, 16)


@both
def test_the_views_give_what_the_whole_gives(build):
    model = tiny(build)
    assert set(model.encode.input) == {"token_ids", "padding_mask"}
    answers = model.decode({"latents": model.encode(INPUTS)})
    for name, expected in model(INPUTS).items():
        assert_near(answers[name], expected, 1e-6)


@both
def test_what_stands_under_the_padding_has_no_influence(build):
    model = tiny(build)
    other = np.where(PADDING_MASK, TOKEN_IDS, 12 - TOKEN_IDS)
    changed = model({**INPUTS, "token_ids": other})
    for name, expected in model(INPUTS).items():
        assert_near(changed[name], expected, 1e-6)


@both
def test_learned_tokens_are_read_and_query(build):
    """Each view has a gradient of its own to them."""
    model = tiny(build)
    arrays = [model.get_layer(name).array.value for name in NAMES[ROWS[build]]]
    with tf.GradientTape(persistent=True) as tape:
        latents = model.encode(INPUTS)
        answers = model.decode({"latents": tf.stop_gradient(latents)})
        read = tf.reduce_sum(latents**2)
        asked = {name: tf.reduce_sum(one**2) for name, one in answers.items()}
    for gradient in tape.gradient(read, arrays):
        assert np.abs(keras.ops.convert_to_numpy(gradient)).max() > 1e-3
    for (name, _), row in zip(TASKS, ROWS[build], strict=True):
        gradients = tape.gradient(
            asked[name], arrays, unconnected_gradients="zero"
        )
        rows = [np.abs(np.array(one)).max() > 1e-4 for one in gradients]
        assert rows == [one == row for one in range(len(rows))]


@both
def test_it_has_the_weights_of_the_language_model(build):
    pretrained = {one.path for one in language(**TINY_LANGUAGE).weights}
    own = set(named_weights(tiny(build)))
    heads = {f"{n}_{layer}" for n, _ in TASKS for layer in ("hidden", "logits")}
    assert {path.split("/")[0] for path in own - pretrained} == {
        *NAMES[ROWS[build]],
        *heads,
    }
    assert {path.split("/")[0] for path in pretrained - own} == {
        "output_queries",
        "logits",
    }


@both
@pytest.mark.parametrize("wrong", [(), (("a", 1), ("a", 2))])
def test_tasks_need_names_of_their_own(build, wrong):
    with pytest.raises(ValueError, match="every name once"):
        build(**{**TINY, "task_outputs": wrong})
