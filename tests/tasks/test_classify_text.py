"""Classifying texts, against the model asked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.data.byte_tokenizer import SEP
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.tasks import ClassifyText
from tests.float64_reference import assert_near
from tests.tiny_models import tiny_language
from tests.tiny_tasks import tiny_text_classifier

NAMES = ["no", "maybe", "yes"]


@pytest.fixture(scope="module")
def model():
    return tiny_text_classifier()


@pytest.fixture(scope="module")
def task(model):
    return ClassifyText(model, "entailment", NAMES)


def logits_by_hand(model, name, first, second=b""):
    ids = list(ByteTokenizer().encode(first))
    if second:
        ids += [SEP, *ByteTokenizer().encode(second)]
    ids = ids[:32]
    padded = np.zeros((1, 32), "int32")
    padded[0, : len(ids)] = ids
    mask = np.arange(32)[None] < len(ids)
    outputs = model({"token_ids": padded, "padding_mask": mask})
    return np.array(outputs[name], "float64")[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [(b"a text", b""), (b"one", b"and two"), (b"\xff\x00", b"\x80")],
)
def test_answers_are_those_of_the_model(model, task, first, second):
    logits = logits_by_hand(model, "entailment", first, second)
    shares = np.exp(logits) / np.exp(logits).sum()
    found = task(first, second)
    assert found.labels == [NAMES[i] for i in np.argsort(-shares)]
    assert_near(found.probabilities, -np.sort(-shares))


def test_a_regression_gives_a_number(model):
    score = ClassifyText(model, "similarity")("one", "two")
    expected = logits_by_hand(model, "similarity", b"one", b"two")
    assert_near([score], expected)


def test_a_call_may_name_another_task(model, task):
    assert task("one", "two", "entailment") == task("one", "two")
    (score,) = logits_by_hand(model, "similarity", b"one", b"two")
    assert_near([task("one", "two", task="similarity")], [score])
    scores = task(["one", "a"], ["two", ""], task="similarity")
    assert_near(scores[:1], [score])
    with pytest.raises(ValueError, match="Did you mean 'similarity'"):
        task("one", task="similarty")


def test_a_task_is_named_somewhere(model):
    task = ClassifyText(model)
    with pytest.raises(ValueError, match="task=: entailment, similarity"):
        task("one")
    assert len(task("one", task="entailment").labels) == 3


def test_classes_have_the_names_of_their_task():
    model = tiny_text_classifier()
    names = {"entailment": NAMES, "similarity": []}
    set_preprocessing(model, {"class_names": names})
    labels = ClassifyText(model).labels
    assert labels["entailment"].class_names == NAMES
    assert labels["similarity"] is None
    own = ClassifyText(model, class_names={"entailment": "abc"}).labels
    assert own["entailment"].class_names == ["a", "b", "c"]
    own = ClassifyText(model, "entailment", "xyz").labels
    assert own["entailment"].class_names == ["x", "y", "z"]


def test_the_same_task_on_another_model_asks_that_one(model, task):
    other = tiny_text_classifier(num_latents=5)
    (score,) = logits_by_hand(other, "similarity", b"one")
    before = task("one", task="similarity")
    assert_near([task.on(other)("one", task="similarity")], [score])
    assert before == task("one", task="similarity") != score


def test_texts_come_alone_and_in_lists(task):
    found = task(["a", "b", "c"], ["d", "", "e"])
    alone = [task("a", "d"), task("b"), task("c", "e")]
    for one, other in zip(found, alone, strict=True):
        assert one.labels == other.labels
        assert_near(one.probabilities, other.probabilities)
    assert task([]) == []
    # Which of two comes first matters.
    assert task("a", "d") != task("d", "a")


@pytest.mark.parametrize(
    ("texts", "seconds", "message"),
    [
        (["a", ""], None, "Text 2 of 2: the text is empty"),
        (["a" * 20], ["b" * 20], "takes 41 bytes.*Shorten it by 9,"),
        (["a", "b"], ["c"], "2 texts and 1 second_texts"),
    ],
)
def test_mistakes_are_told(task, texts, seconds, message):
    with pytest.raises(ValueError, match=message):
        task(texts, seconds)


def test_truncate_cuts_what_is_too_long(model):
    cut = ClassifyText(model, "entailment", NAMES, truncate=True)
    expected = cut("a" * 20, "b" * 11)
    assert cut("a" * 20, "b" * 20) == expected


def test_bad_rows_have_no_answers_and_spoil_no_others(task):
    served = task.serve(
        tf.constant(["a", "", "x" * 33]), tf.constant(["b", "b", ""])
    )
    problems = served["problem_bytes"].numpy()
    assert [bool(problem) for problem in problems] == [False, True, True]
    assert served["label_bytes"].numpy()[1:].tolist() == [[b""] * 3] * 2
    assert np.sum(served["probabilities"][1:]) == 0
    assert_near(served["probabilities"][0], task("a", "b").probabilities)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("entailmant",), "Did you mean 'entailment'"),
        (("entailment", ["a", "b"]), "3 classes. Received: 2 class_names"),
        ((None, NAMES), "several tasks, and class_names is one list"),
        (("similarity", NAMES), "'similarity' is a regression, which has no"),
        ((None, {"entailmant": NAMES}), "Did you mean 'entailment'"),
        ((None, {"entailment": "ab"}), "Task 'entailment': The model has 3"),
    ],
)
def test_what_does_not_fit_the_model_is_told(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        ClassifyText(model, *arguments)


def test_other_models_are_refused():
    with pytest.raises(ValueError, match="dictionary of logits by task"):
        ClassifyText(tiny_language())
    with pytest.raises(ValueError, match="Received: 300"):
        ClassifyText(tiny_text_classifier(vocabulary_size=300))
