"""Encoding entities, against the model asked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks import EncodeEntities
from tests.float64_reference import assert_near
from tests.random_values import random_array
from tests.tiny_tasks import tiny_entities


@pytest.fixture(scope="module")
def task():
    return EncodeEntities(tiny_entities())


def test_sets_of_any_size_are_encoded(task):
    sets = [random_array(count, 5) for count in (6, 1, 4)]
    for rows, found in zip(sets, task(sets), strict=True):
        count = len(rows)
        padded = np.concatenate([rows, np.zeros((6 - count, 5), "float32")])
        outputs = task.model(
            {
                "entities": padded[None],
                "entity_mask": np.arange(6)[None] < count,
            }
        )
        embeddings = outputs["entity_embeddings"][0, :count]
        assert_near(found.entity_embeddings, embeddings)
        assert_near(found.summary, outputs["summary"][0])
        logits = np.array(outputs["selection_logits"], "float64")[0, :count]
        shares = np.exp(logits - logits.max())
        assert_near(found.selection_probabilities, shares / shares.sum())


def test_sets_come_alone_and_in_lists(task):
    rows = random_array(3, 5)
    alone = task(rows)
    assert alone.entity_embeddings.shape == (3, 8)
    assert alone.summary.shape == (8,)
    for several in ([rows, rows], np.stack([rows, rows])):
        both = task(several)
        assert_near(both[1].entity_embeddings, alone.entity_embeddings)
    assert task([]) == []


def test_what_stands_in_empty_slots_has_no_influence(task):
    entities = random_array(2, 6, 5)
    mask = tf.sequence_mask([3, 3], 6)
    entities[1, :3] = entities[0, :3]
    entities[1, 4] = np.nan
    served = task.serve(tf.constant(entities), mask)
    assert served.pop("problem_bytes").numpy().tolist() == [b"", b""]
    for tensor in served.values():
        assert_near(tensor[0], tensor[1])
    assert not served["selection_probabilities"].numpy()[:, 3:].any()
    assert not served["entity_embeddings"].numpy()[:, 3:].any()


def test_an_empty_set_is_finite(task):
    served = task.serve(tf.zeros((1, 6, 5)), tf.zeros((1, 6), bool))
    assert served.pop("problem_bytes") == [b""]
    assert all(np.isfinite(tensor).all() for tensor in served.values())
    assert not served["selection_probabilities"].numpy().any()
    assert task(np.zeros((0, 5))).entity_embeddings.shape == (0, 8)


def test_numbers_that_are_none_spoil_no_other_set(task):
    rows = random_array(6, 5)
    entities = np.stack([rows] * 3)
    entities[1, 2, 3:] = np.inf
    entities[2] = np.float32(3e38) * np.sign(rows)
    served = task.serve(tf.constant(entities), tf.ones((3, 6), bool))
    problems = served.pop("problem_bytes").numpy()
    found = task(rows)
    for name, tensor in served.items():
        assert_near(tensor[0], getattr(found, name))
        assert not tensor.numpy()[1:].any()
    assert problems[0] == b""
    assert problems[1].startswith(b"the entities: NaN or infinity in 2 of 30 ")
    assert problems[2].startswith(b"the numbers are too large: the model's")
    with pytest.raises(ValueError, match=r"^Set 2 of 3: the entities: NaN or"):
        task(list(entities))


def test_the_example_shows_a_problem(task):
    problems = task.serve(**task.example_request())["problem_bytes"].numpy()
    assert [bool(problem) for problem in problems] == [False] * 3 + [True]


@pytest.mark.parametrize("shape", [(7, 5), (3, 4), (5,)])
def test_another_shape_is_told(task, shape):
    with pytest.raises(ValueError, match=r"^Set 1 of 1: wanted: at most 6 ent"):
        task(np.zeros(shape))
