"""Several tasks on one text."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import language
from keras_perceiver.models import text_classifier
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.models.test_language import INPUTS
from tests.models.test_language import PADDING_MASK
from tests.models.test_language import TINY as TINY_LANGUAGE
from tests.models.test_language import TOKEN_IDS
from tests.models.test_language import reference_latents
from tests.random_values import randomize
from tests.random_values import weight_values

TASKS = (("entailment", 3), ("similarity", 1))
TINY = {**TINY_LANGUAGE, "task_outputs": TASKS}


def tiny(**settings):
    model = text_classifier(**{**TINY, **settings})
    randomize(model)
    return model


def reference(weights):
    """Both tasks in float64."""
    outputs = float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        np.stack([weights[f"{name}_query/array"] for name, _ in TASKS], 1),
        reference_latents(weights),
        num_heads=4,
        query_residual=False,
    )
    answers = {}
    for i, (name, _) in enumerate(TASKS):
        hidden = float64_reference.linear(
            outputs[:, i], part(weights, f"{name}_hidden")
        )
        answers[name] = float64_reference.linear(
            np.tanh(hidden), part(weights, f"{name}_logits")
        )
    return answers


def test_every_task_equals_the_reference():
    model = tiny()
    expected = reference(weight_values(model))
    answers = model(INPUTS)
    assert answers.keys() == expected.keys()
    for name, outputs in TASKS:
        assert answers[name].shape == (3, outputs)
        assert_near(answers[name], expected[name])


def test_the_views_give_what_the_whole_gives():
    model = tiny()
    answers = model.decode({"latents": model.encode(INPUTS)})
    for name, expected in model(INPUTS).items():
        assert_near(answers[name], expected, 1e-6)


def test_it_reads_with_the_weights_of_the_language_model():
    pretrained = language(**TINY_LANGUAGE)
    trained = {weight.path: weight for weight in pretrained.weights}
    model = tiny()
    shared = [weight for weight in model.weights if weight.path in trained]
    own = {weight.path.split("/")[0] for weight in model.weights}
    own -= {path.split("/")[0] for path in trained}
    assert own == {
        f"{name}_{layer}"
        for name, _ in TASKS
        for layer in ("query", "hidden", "logits")
    }
    for weight in shared:
        weight.assign(trained[weight.path])
    assert_near(model.encode(INPUTS), pretrained.encode(INPUTS), 1e-6)


def test_what_stands_under_the_padding_has_no_influence():
    model = tiny()
    other = np.where(PADDING_MASK, TOKEN_IDS, 12 - TOKEN_IDS)
    changed = model({**INPUTS, "token_ids": other})
    for name, expected in model(INPUTS).items():
        assert_near(changed[name], expected, 1e-6)


def test_it_learns_a_fixed_batch():
    keras.utils.set_random_seed(0)
    model = text_classifier(**TINY)
    targets = {
        "entailment": np.array([0, 2, 1]),
        "similarity": np.array([[0.5], [-1.0], [2.0]], "float32"),
    }
    model.compile(
        keras.optimizers.Adam(1e-2),
        {
            "entailment": keras.losses.SparseCategoricalCrossentropy(
                from_logits=True
            ),
            "similarity": "mse",
        },
        jit_compile=False,
    )
    history = model.fit(INPUTS, targets, epochs=60, batch_size=3, verbose=0)
    assert history.history["loss"][-1] < 0.05 < history.history["loss"][0]


@pytest.mark.parametrize("wrong", [(), (("a", 1), ("a", 2))])
def test_tasks_need_names_of_their_own(wrong):
    with pytest.raises(ValueError, match="every name once"):
        text_classifier(**{**TINY, "task_outputs": wrong})
