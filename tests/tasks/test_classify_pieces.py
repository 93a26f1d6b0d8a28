"""Classifying texts of pieces, against the model asked by hand."""

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from keras_perceiver.tasks import ClassifyPieces
from keras_perceiver.tasks import ClassifyText
from tests.float64_reference import assert_near
from tests.tiny_tasks import tiny_text_classifier
from tests.vocabularies import NUM_PIECES
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model

SEP = 5
VOCABULARY_SIZE = NUM_PIECES + 6
NAMES = ["no", "maybe", "yes"]


@pytest.fixture(scope="module")
def model():
    model = tiny_text_classifier(vocabulary_size=VOCABULARY_SIZE)
    tokenizer = SentencepieceTokenizer(small_model())
    names = {"class_names": {"entailment": NAMES}}
    set_preprocessing(model, as_preprocessing(tokenizer) | names)
    return model


@pytest.fixture(scope="module")
def task(model):
    return ClassifyPieces(model, "entailment")


def ids_by_hand(first, second=""):
    reference = sentencepiece.SentencePieceProcessor(model_proto=small_model())
    ids = [piece + 6 for piece in reference.encode(first)]
    if second:
        ids += [SEP, *(piece + 6 for piece in reference.encode(second))]
    return ids + [0] * (32 - len(ids))


@pytest.mark.parametrize(
    ("first", "second"), [("the object", ""), ("names are", "is used\n é")]
)
def test_answers_are_those_of_the_model(model, task, first, second):
    ids = np.array([ids_by_hand(first, second)], "int32")
    outputs = model({"token_ids": ids, "padding_mask": ids != 0})
    logits = np.array(outputs["entailment"], "float64")[0]
    shares = np.exp(logits) / np.exp(logits).sum()
    found = task(first, second)
    assert found.labels == [NAMES[i] for i in np.argsort(-shares)]
    assert_near(found.probabilities, -np.sort(-shares))
    (score,) = np.array(outputs["similarity"])[0]
    assert_near([task(first, second, task="similarity")], [score])


def test_an_export_takes_ids(task):
    assert task.token_ids("names", b"used") == ids_by_hand("names", "used")
    request = [ids_by_hand("names"), ids_by_hand("", "used"), [0] * 32]
    request = np.array([*request, request[0], request[0]])
    request[3, 1], request[4, 0] = VOCABULARY_SIZE, -1
    answer = task.serve(tf.constant(request, tf.int32))
    problems = [problem.decode() for problem in answer["problem_bytes"].numpy()]
    assert problems[0] == ""
    assert all("text is empty" in problem for problem in problems[1:3])
    assert all("from 0 to 305" in problem for problem in problems[3:])
    assert_near(answer["probabilities"][0], task("names").probabilities)


def test_an_export_has_operations_of_core_alone(task):
    """Those of tensorflow-text are in no stock server."""
    specs = list(task.input_signature.values())
    serve = tf.function(task.serve, input_signature=specs, autograph=False)
    graph = serve.get_concrete_function().graph.as_graph_def()
    nodes = [node for f in graph.library.function for node in f.node_def]
    operations = {node.op for node in [*graph.node, *nodes]}
    assert "TopKV2" in operations
    assert not [name for name in operations if ">" in name]


@pytest.mark.parametrize(
    ("texts", "seconds", "message"),
    [
        (["names", ""], ["", "b"], "Text 2 of 2: the text is empty"),
        (["é" * 12], ["é" * 12], r"takes \d+ pieces, its partner.*Shorten"),
        (["a", "b"], ["c"], "2 texts and 1 second_texts"),
    ],
)
def test_mistakes_are_told(task, texts, seconds, message):
    with pytest.raises(ValueError, match=message):
        task(texts, seconds)


def test_a_long_text_is_cut_where_that_is_asked_for(model):
    task = ClassifyPieces(model, "entailment", truncate=True)
    assert len(task.token_ids("the " * 50, "é")) == 32


def test_another_vocabulary_is_refused(model):
    other = SentencepieceTokenizer(normalising_model())
    with pytest.raises(ValueError, match="does not fit the model's"):
        ClassifyPieces(model, tokenizer=other)
    with pytest.raises(ValueError, match=r"takes a byte model.*Received: 306"):
        ClassifyText(model)
    with pytest.raises(ValueError, match="without a SentencePiece model"):
        ClassifyPieces(tiny_text_classifier())
