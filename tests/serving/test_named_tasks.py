"""Exports of a model of several tasks: a signature for each."""

import json
import shutil

import pytest
import tensorflow as tf

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving import check
from keras_perceiver.serving.ask import open_client
from keras_perceiver.serving.beside_graph import description
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph import warmup
from keras_perceiver.serving.export import export
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import records
from keras_perceiver.tasks import ClassifyText
from tests.float64_reference import assert_near
from tests.tiny_tasks import tiny_text_classifier

TASKS = ["entailment", "similarity"]


@pytest.fixture(scope="module")
def path(exports):
    return exports["ClassifyText"]


@pytest.fixture(scope="module")
def classify(every_task):
    return every_task["ClassifyText"]


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


def test_the_first_task_answers_where_none_was_chosen():
    task = ClassifyText(tiny_text_classifier())
    request = task.example_request().values()
    wanted = task.more_functions()["entailment"](*request)
    assert task.serve(*request).keys() == wanted.keys()


def test_every_task_is_warmed_up_once(path):
    sizes = {}
    for record in records.read_records(path / warmup.WARMUP_FILE):
        request = protos.parse("PredictionLog", record).predict_log.request
        name = request.model_spec.signature_name
        count = len(request.inputs["text_bytes"].string_val)
        sizes.setdefault(name, []).append(count)
    assert sizes["entailment"] == sizes["similarity"] == [1]
    assert sizes["serving_default"][:2] == [1, 2]


def test_another_answer_than_at_export_is_found(path, tmp_path):
    copied = shutil.copytree(path, tmp_path / "1")
    request, answer = examples.read_example(copied, "similarity")
    answer["score"] = answer["score"] * 1.001
    examples.write_example(copied, request, answer, "similarity")
    with pytest.raises(ValueError, match="Output 'similarity: score' differs"):
        list(check.check(copied))
    (copied / examples.example_file("similarity")).unlink()
    with pytest.raises(OSError, match=r"example_similarity\.pb"):
        list(check.check(copied))


def test_another_function_than_at_export_is_found(path, tmp_path):
    copied = shutil.copytree(path, tmp_path / "1")
    file = copied / "saved_model.pb"
    saved = protos.parse("SavedModel", file.read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    signatures["similarity"].CopyFrom(signatures["entailment"])
    file.write_bytes(saved.SerializeToString())
    said = description.read_description(copied)
    said["sha256"] = description.file_hashes(copied)
    (copied / description.DESCRIPTION_FILE).write_text(json.dumps(said))
    with pytest.raises(
        ValueError, match="'similarity' answers label_bytes, pr"
    ):
        list(check.check(copied))


def test_a_task_is_asked_by_its_name(path, classify, capsys):
    folder = str(path.parent)
    command = ["ask", folder, "one", "two", "--task"]
    assert command_line.main([*command, "similarity", "--pairs"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    wanted = classify("one", "two", task="similarity")
    assert row == {"score": pytest.approx(wanted, rel=1e-4)}
    assert command_line.main([*command, "similar"]) == 1
    error = capsys.readouterr().err
    assert "Unknown task of the model: 'similar'. Did you mean" in error
    with open_client(folder) as client:
        answers = client.ask(["one", "two"], task="similarity")
        assert_near(
            [row["score"] for row in answers],
            classify(["one", "two"], task="similarity"),
        )
        with pytest.raises(ValueError, match="Valid: entailment, similarity"):
            client.ask("one", task="tensors")


def test_a_model_of_one_task_is_asked_without_its_name(exported):
    with (
        open_client(exported) as client,
        pytest.raises(ValueError, match="has one task"),
    ):
        client.ask("[MASK]", task="sst2")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encode", "named 'encode', and so is a signature of every export"),
        ("serving_default", "Build the model with another name for it"),
        ("natural language", "begins with a letter.*'natural language'"),
        ("_task", "begins with a letter"),
    ],
)
def test_names_that_no_signature_can_have_are_refused(name, message, tmp_path):
    class Named(ClassifyText):
        def more_functions(self):
            return {name: self.serve}

    task = Named(tiny_text_classifier(), "entailment")
    with pytest.raises(ValueError, match=message):
        export(task, tmp_path)
    assert not list(tmp_path.iterdir())
