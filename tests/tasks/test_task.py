"""What all tasks share."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import tasks
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import Prediction
from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels import names_of
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from tests.tiny_models import tiny_language
from tests.tiny_presets import tiny_preset
from tests.tiny_tasks import EVERY_TASK


class Shout(Task):
    """Makes words large, but not the empty one."""

    def __init__(self, model=None):
        super().__init__(
            model,
            tf.TensorSpec((None,), tf.string, "word_bytes"),
            tf.TensorSpec((None, 2), tf.float32, "pair"),
        )
        self.sizes = []

    def serve(self, word_bytes, pair):
        return {
            "large_bytes": tf.strings.upper(word_bytes),
            "pair": 2 * pair,
            "problem_bytes": tf.where(
                tf.equal(word_bytes, ""), "there is no word.", ""
            ),
        }

    def ask(self, words, batch_size=2):
        def read(word):
            if str(word) == "refused":
                raise ValueError("this word is refused.")
            return {
                "word_bytes": str(word).encode(),
                "pair": np.array([len(str(word)), 1.0]),
            }

        return list(self.answers("Word", words, read, batch_size))


def test_answers_come_row_by_row_in_order():
    words = ["a", "bc", "def", "ghij", "klmno"]
    for batch_size in (1, 2, 5, 9):
        found = Shout().ask(words, batch_size)
        assert [row["large_bytes"] for row in found] == [
            word.upper().encode() for word in words
        ]
        pairs = [row["pair"].tolist() for row in found]
        assert pairs == [[2.0 * n, 2.0] for n in range(1, 6)]
    assert Shout().ask([]) == []


def test_bytes_keep_their_zeros():
    assert Shout().ask(["a\0\0"])[0]["large_bytes"] == b"A\0\0"


def test_a_problem_names_its_item():
    with pytest.raises(ValueError, match=r"^Word 4 of 5: there is no word"):
        Shout().ask(["a", "b", "c", "", "e"])
    with pytest.raises(ValueError, match=r"^Word 3 of 3: this word is refused"):
        Shout().ask(["a", "b", "refused"])
    path = pathlib.Path("refused")
    with pytest.raises(ValueError, match=r"^Word 1 of 1 \(refused\): this"):
        Shout().ask([path])


def test_the_signature_has_the_inputs_in_order():
    assert list(Shout().input_signature) == ["word_bytes", "pair"]


def test_a_task_without_its_parts_says_so():
    task = Task(None)
    for part in (task.serve, task.example_request):
        with pytest.raises(NotImplementedError):
            part()


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        Shout()


def test_models_are_called_however_their_inputs_are_grouped():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    difference = keras.layers.Subtract()([a, b])
    tensors = {"b": tf.ones((1, 2)), "a": tf.fill((1, 2), 5.0)}
    for inputs in ({"a": a, "b": b}, [a, b]):
        model = keras.Model(inputs, difference)
        assert call(model, tensors).numpy().tolist() == [[4.0, 4.0]]
    single = keras.Model(a, keras.layers.ReLU()(a))
    assert call(single, {"a": tf.ones((1, 2))}).numpy().tolist() == [[1, 1]]


@pytest.mark.parametrize("task", EVERY_TASK)
def test_models_of_another_kind_are_refused(task):
    kind = getattr(tasks, task.split("_")[0])
    said = f"{kind.__name__} takes a model with .*Received: 'language'"
    with pytest.raises(ValueError, match=said):
        kind(tiny_language())


def test_labels_are_those_of_the_largest():
    labels = Labels(4, ["ant", "bee", "cat", "dé"], 3)
    chances = tf.constant([[0.1, 0.2, 0.3, 0.4], [0.7, 0.3, 0.0, 0.0]])
    best = labels.best(chances)
    answers = [
        {name: tensor[row].numpy() for name, tensor in best.items()}
        for row in range(2)
    ]
    first, second = map(as_prediction, answers)
    assert first.labels == ["dé", "cat", "bee"]
    assert first.probabilities == pytest.approx([0.4, 0.3, 0.2])
    assert first.label == "dé"
    assert second.labels == ["ant", "bee", "cat"]
    assert isinstance(second, Prediction)


def test_labels_default_to_numbers_and_to_all_there_are():
    labels = Labels(3, None, 5)
    assert labels.class_names == ["0", "1", "2"]
    assert labels.best(tf.ones((2, 3)))["label_bytes"].shape == (2, 3)


def test_wrong_labels_are_refused():
    with pytest.raises(ValueError, match=r"has 3 classes.*2 class_names"):
        Labels(3, ["a", "b"], 5)
    with pytest.raises(ValueError, match="top_k is a number from 1"):
        Labels(3, None, 0)


def test_names_may_come_with_the_model():
    model = keras.Sequential()
    assert names_of(model, None) is None
    model.preprocessing = {"class_names": ["x", "y"]}
    assert names_of(model, None) == ["x", "y"]
    assert names_of(model, ["z", "w"]) == ["z", "w"]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_convolutions_take_any_number_of_rows(rows):
    model = tiny_preset("imagenet_conv")
    images = tf.random.stateless_normal((rows, *model.input.shape[1:]), (0, 1))
    logits = call(model, {"images": images})
    assert logits.shape == (rows, 7)
    if rows:
        np.testing.assert_array_equal(logits, model(images))
