"""The loss and the watched metric, against libraries and by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from recipes.glue import scores
from recipes.glue.heads import heads_of
from recipes.glue.heads import side_by_side
from recipes.glue.objective import Shortfall
from recipes.glue.objective import TaskLoss
from tests.float64_reference import assert_near

HEADS = heads_of((("cola", 2), ("mnli", 3), ("stsb", 1), ("own", 4)))


def batches(seed, size=60):
    """Rows of all tasks, with MNLI in two splits, and logits."""
    random = np.random.default_rng(seed)
    tasks = random.integers(0, len(HEADS), size)
    sizes = np.array([head.size for head in HEADS])[tasks]
    values = np.where(
        sizes == 1,
        random.uniform(0, 5, size),
        random.integers(0, sizes),
    )
    splits = np.where(tasks == 1, random.integers(0, 2, size), 0)
    rows = np.stack([tasks, values, splits], axis=1).astype("float32")
    return rows, random.normal(size=(size, 10)).astype("float32")


def test_heads_stand_side_by_side():
    assert [(head.offset, head.size) for head in HEADS] == [
        (0, 2),
        (2, 3),
        (5, 1),
        (6, 4),
    ]
    parts = {"a": np.ones((2, 2)), "b": np.zeros((2, 1))}
    assert side_by_side(parts).shape == (2, 3)


def test_each_example_has_the_loss_of_its_task():
    rows, logits = batches(0)
    found = TaskLoss(HEADS).call(ops.convert_to_tensor(rows), logits)
    expected = []
    for (task, value, _), row in zip(
        rows, logits.astype("float64"), strict=True
    ):
        head = HEADS[int(task)]
        own = row[head.offset : head.offset + head.size]
        if head.size == 1:
            expected.append((own[0] - value) ** 2)
        else:
            expected.append(np.log(np.exp(own).sum()) - own[int(value)])
    assert_near(found, expected)


def test_only_the_own_task_gets_gradients():
    rows, logits = batches(1)
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        loss = TaskLoss(HEADS)(rows, logits)
    gradient = tape.gradient(loss, logits).numpy()
    for (task, *_), row in zip(rows, gradient, strict=True):
        head = HEADS[int(task)]
        own = slice(head.offset, head.offset + head.size)
        assert np.abs(row[own]).min() > 0
        assert np.abs(np.delete(row, own)).max() == 0


def expected_shortfall(rows, logits):
    """By scikit-learn and SciPy, over the tasks that have examples."""
    found = []
    for number, head in enumerate(HEADS):
        own = logits[:, head.offset : head.offset + head.size]
        guesses = own[:, 0] if head.size == 1 else own.argmax(axis=1)
        parts = [
            scores.score(head, rows[chosen, 1], guesses[chosen])[head.score]
            for split in (0, 1)
            if (chosen := (rows[:, 0] == number) & (rows[:, 2] == split)).any()
        ]
        if parts:
            found.append(np.mean(parts))
    return 1 - np.mean(found)


@pytest.mark.parametrize("seed", range(3))
def test_the_watched_average_is_that_of_the_libraries(seed):
    rows, logits = batches(seed, 200)
    metric = Shortfall(HEADS)
    for first in range(0, 200, 32):
        part = slice(first, first + 32)
        metric.update_state(rows[part], logits[part])
    expected = expected_shortfall(rows, logits)
    np.testing.assert_allclose(float(metric.result()), expected, atol=2e-5)
    metric.reset_state()
    without_own = rows[:, 0] != 3
    metric.update_state(rows[without_own], logits[without_own])
    expected = expected_shortfall(rows[without_own], logits[without_own])
    np.testing.assert_allclose(float(metric.result()), expected, atol=2e-5)


def test_examples_of_no_weight_do_not_count():
    rows, logits = batches(4)
    weights = (np.arange(60) < 40).astype("float32") * 0.3
    metric = Shortfall(HEADS)
    metric.update_state(rows, logits, weights)
    alone = Shortfall(HEADS)
    alone.update_state(rows[:40], logits[:40])
    assert float(metric.result()) == pytest.approx(float(alone.result()))


def test_what_is_not_defined_is_zero():
    heads = heads_of((("cola", 2), ("stsb", 1)))
    metric = Shortfall(heads)
    rows = np.array([[0, 1, 0], [0, 0, 0], [1, 2, 0], [1, 3, 0]], "float32")
    metric.update_state(rows, np.zeros((4, 3), "float32"))
    assert float(metric.result()) == 1.0


def test_a_model_trains_on_all_tasks_in_one_fit():
    inputs = keras.Input((4,))
    outputs = {
        head.name: keras.layers.Dense(head.size, name=head.name)(inputs)
        for head in HEADS
    }
    model = keras.Model(inputs, side_by_side(outputs))
    model.compile("sgd", TaskLoss(HEADS), weighted_metrics=[Shortfall(HEADS)])
    rows, _ = batches(5)
    pixels = np.random.default_rng(5).normal(size=(60, 4))
    logs = model.fit(pixels, rows, epochs=2, verbose=0).history
    assert logs["loss"][1] < logs["loss"][0]
    assert set(logs) == {"loss", "shortfall"}
