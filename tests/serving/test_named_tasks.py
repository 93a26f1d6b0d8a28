"""Exports of a model of several tasks: a signature for each."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving import check
from keras_perceiver.serving.ask import open_client
from keras_perceiver.serving.beside_graph import description
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph import warmup
from keras_perceiver.serving.client.served_signature import ServedSignature
from keras_perceiver.serving.client.served_signature import name_of_task
from keras_perceiver.serving.export import export
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import records
from keras_perceiver.tasks import ClassifyText
from tests.float64_reference import assert_near
from tests.tiny_models import LengthTask

TASKS = ["entailment", "similarity"]


class TwiceTask(LengthTask):
    """Has another function, by whatever name."""

    def __init__(self, name="twice"):
        super().__init__()
        self.name = name

    def more_functions(self):
        return {self.name: self.serve_twice}

    def serve_twice(self, text_bytes):
        return {"numbers": 2 * self.serve(text_bytes)["numbers"]}


@pytest.fixture(scope="module")
def path(exports):
    return exports["ClassifyText"]


@pytest.fixture(scope="module")
def classify(every_task):
    return every_task["ClassifyText"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An export that is made and read in no time."""
    return export(TwiceTask(), tmp_path_factory.mktemp("small"))


@pytest.fixture
def copied(small, tmp_path):
    return shutil.copytree(small, tmp_path / "1")


def test_a_server_answers_every_task(path, classify):
    loaded = tf.saved_model.load(str(path))
    views = ["serving_default", "tensors", "encode", "decode"]
    assert sorted(loaded.signatures) == sorted([*views, *TASKS])
    request = classify.example_request()
    first, second = (tensor.numpy()[:2] for tensor in request.values())
    answers = {
        name: loaded.signatures[name](**request)
        for name in (*TASKS, "serving_default")
    }
    for name in ("entailment", "serving_default"):
        rows = classify(list(first), list(second))
        assert answers[name]["label_bytes"].numpy()[:2].tolist() == [
            [label.encode() for label in row.labels] for row in rows
        ]
        wanted = [row.probabilities for row in rows]
        assert_near(answers[name]["probabilities"][:2], wanted)
    wanted = classify(list(first), list(second), task="similarity")
    assert_near(answers["similarity"]["score"][:2], wanted)
    for answer in answers.values():
        problems = answer["problem_bytes"].numpy()
        assert [problem == b"" for problem in problems] == [True] * 2 + [
            False
        ] * 2


def test_the_model_is_stored_once_for_all_tasks(path):
    saved = protos.parse("SavedModel", (path / "saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].graph_def.library.function
    names = [function.signature.name for function in functions]
    assert sum("all_logits" in name for name in names) == 1


def test_the_first_task_answers_where_none_was_chosen(classify):
    task = ClassifyText(classify.model)
    request = tf.constant(["one"]), tf.constant(["two"])
    wanted = classify.serve(*request)["probabilities"]
    assert_near(task.serve(*request)["probabilities"], np.array(wanted))


def test_a_task_is_asked_by_its_name(path, classify, capsys):
    folder = str(path.parent)
    command = ["ask", folder, "one", "two", "--task", "similarity", "--pairs"]
    assert command_line.main(command) == 0
    (row,) = json.loads(capsys.readouterr().out)
    wanted = classify("one", "two", task="similarity")
    assert row == {"score": pytest.approx(wanted, rel=1e-4)}
    with open_client(folder) as client:
        rows = client.ask(["one", "two"], task="similarity")
        wanted = classify(["one", "two"], task="similarity")
        assert_near([row["score"] for row in rows], wanted)
        with pytest.raises(ValueError, match="Valid: entailment, similarity"):
            client.ask("one", task="tensors")
        with pytest.raises(ValueError, match="Did you mean 'similarity'"):
            client.ask("one", task="similar")


def test_a_model_of_one_task_is_asked_without_its_name():
    one = ServedSignature({"text_bytes": "text"}, {"numbers": "two"})
    found = {"serving_default": one, "tensors": one}
    assert name_of_task(found, None) == "serving_default"
    with pytest.raises(ValueError, match="has one task"):
        name_of_task(found, "sst2")
    with pytest.raises(ValueError, match="signature 'serving_default'"):
        name_of_task({"sst2": one}, None)


def test_every_other_function_is_warmed_up_once(small):
    sizes = {}
    for record in records.read_records(small / warmup.WARMUP_FILE):
        request = protos.parse("PredictionLog", record).predict_log.request
        if "text_bytes" in request.inputs:
            name = request.model_spec.signature_name
            count = len(request.inputs["text_bytes"].string_val)
            sizes.setdefault(name, []).append(count)
    assert sizes["twice"] == [1]
    assert sizes["serving_default"][:2] == [1, 2]


def test_a_fresh_export_passes(small):
    assert "twice: answers as at export, each of 2 rows" in "".join(
        check.check(small)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda answer: {"numbers": answer["numbers"] * 1.001}, "differs"),
        (lambda answer: {**answer, "sum": answer["numbers"]}, "numbers, sum"),
    ],
)
def test_another_answer_than_at_export_is_found(copied, change, message):
    request, answer = examples.read_example(copied, "twice")
    answer = {
        name: values.astype("float32")
        for name, values in change(answer).items()
    }
    examples.write_example(copied, request, answer, "twice")
    with pytest.raises(ValueError, match=f"'twice.*{message}"):
        list(check.check(copied))


def test_a_signature_without_its_example_is_found(copied):
    (copied / examples.example_file("twice")).unlink()
    with pytest.raises(OSError, match=r"example_twice\.pb"):
        list(check.check(copied))


def test_another_function_than_at_export_is_found(copied):
    file = copied / "saved_model.pb"
    saved = protos.parse("SavedModel", file.read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    signatures["twice"].CopyFrom(signatures["serving_default"])
    file.write_bytes(saved.SerializeToString())
    said = description.read_description(copied)
    said["sha256"] = description.file_hashes(copied)
    (copied / description.DESCRIPTION_FILE).write_text(json.dumps(said))
    with pytest.raises(ValueError, match="Output 'twice: numbers' differs"):
        list(check.check(copied))


def test_an_example_lies_in_its_folder_whatever_its_name():
    assert examples.example_file() == "assets.extra/example.pb"
    name = examples.example_file("../../a b")
    assert name == "assets.extra/example_..%2F..%2Fa%20b.pb"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encode", "named 'encode', and so is a signature of every export"),
        ("serving_default", "Give the task another name"),
        ("natural language", "begins with a letter.*'natural language'"),
        ("_task", "begins with a letter"),
    ],
)
def test_names_that_no_signature_can_have_are_refused(name, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(TwiceTask(name), tmp_path)
    assert not list(tmp_path.iterdir())
