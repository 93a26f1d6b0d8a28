"""Checking exports."""

import json
import shutil

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving import check
from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.beside_graph import description
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph import warmup
from keras_perceiver.serving.export import export
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import records
from tests.tiny_models import LengthTask

FILES = [
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "batching_params.pbtxt",
    "assets.extra/keras_perceiver.json",
    "assets.extra/example.pb",
    "assets.extra/tf_serving_warmup_requests",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An export that is made and read in no time."""
    return export(LengthTask(), tmp_path_factory.mktemp("small"))


@pytest.fixture
def copied(small, tmp_path):
    return shutil.copytree(small, tmp_path / "copied" / "1")


def failure(path, capsys):
    """What `check` says of an export that fails."""
    assert check.main([str(path)]) == 1
    return capsys.readouterr().err


def test_a_fresh_export_passes(exported, capfd):
    """By the command, in its process of its own."""
    assert command_line.main(["check", str(exported)]) == 0
    captured = capfd.readouterr()
    assert captured.err == ""
    lines = captured.out.splitlines()
    begins = [
        "ok  ",  # The number of operations.
        "ok  3 files are those that were exported",
        "ok  weights stored once: 2,",
        "ok  serving_default: answers as at export, each of 5 rows alone",
        "ok  tensors: answers as at export, alone as in the batch",
        "ok  encode: answers as at export, alone as in the batch",
        "ok  decode: answers as at export, alone as in the batch",
        "ok  warm-up log: ",
        "ok  batching_params.pbtxt: batches of 1",
        "ok  serving_default takes:",
        "    rows   p50 ms   p95 ms   p99 ms     rows/s",
        "       1 ",
    ]
    for line, begin in zip(lines, begins, strict=False):
        assert line.startswith(begin)
    assert lines[0].endswith("kinds of operations, all in servers since 2.16")
    for line in lines[len(begins) - 1 :]:
        size, p50, p95, p99, rate = map(float, line.split())
        assert 0 < p50 <= p95 <= p99
        assert rate == pytest.approx(1e3 * size / p50, rel=0.2)


def test_the_command_fails_as_the_check_does(copied, capfd):
    change_answer(copied, lambda numbers: numbers + 1)
    assert command_line.main(["check", str(copied)]) == 1
    captured = capfd.readouterr()
    assert "failed: Output 'numbers' differs" in captured.err
    assert "Traceback" not in captured.err
    assert "serving_default" not in captured.out


def test_the_highest_version_of_a_folder_is_checked(copied, small, capsys):
    base = copied.parent
    shutil.copytree(small, base / "10")
    shutil.copytree(small, base / "9")
    shutil.copytree(small, base / ".tmp-11-half")
    (base / "12").mkdir()
    assert description.find_saved_model(base) == base / "10"
    assert description.find_saved_model(str(base / "9")) == base / "9"
    assert check.main([str(base)]) == 0
    assert capsys.readouterr().out.count("ok  ") == 8
    change_answer(base / "10", lambda numbers: -numbers)
    assert "differs" in failure(base, capsys)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_fails(copied, capsys, name):
    (copied / name).unlink()
    said = failure(copied, capsys)
    assert said.startswith("failed: ")
    assert str(copied) in said


def test_what_is_no_export_is_told(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "absent"):
        said = failure(path, capsys)
        assert f"{path} is no SavedModel: saved_model.pb is missing" in said
        assert "saved_models/byte_mlm/1" in said


@pytest.mark.parametrize("name", FILES[1:3])
def test_tampered_weights_fail(copied, capsys, name):
    path = copied / name
    content = bytearray(path.read_bytes())
    for place in (0, len(content) - 1):
        changed = content.copy()
        changed[place] ^= 0x40
        path.write_bytes(changed)
        said = failure(copied, capsys)
        assert f"{name} is not the file that was exported" in said


def test_the_weights_of_another_model_fail(copied, capsys, tmp_path):
    """They load well and answer otherwise."""
    task = LengthTask()
    task.model.set_weights([w + 1 for w in task.model.get_weights()])
    other = export(task, tmp_path / "other")
    shutil.rmtree(copied / "variables")
    shutil.copytree(other / "variables", copied / "variables")
    trust(copied)
    assert "Output 'numbers' differs" in failure(copied, capsys)


def change_description(path, change):
    file = path / FILES[4]
    said = json.loads(file.read_text())
    change(said)
    file.write_text(json.dumps(said))


def trust(path):
    """Takes changed files for those that were exported."""
    hashes = description.file_hashes(path)
    change_description(path, lambda said: said.update(sha256=hashes))


def change_answer(path, change):
    """Changes the answer that an export says it gave."""
    request, answer = examples.read_example(path)
    numbers = np.asarray(change(answer["numbers"]), np.float32)
    examples.write_example(path, request, {"numbers": numbers})


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        (lambda numbers: numbers, True),
        (lambda numbers: numbers * (1 + 5e-5), True),
        (lambda numbers: numbers * (1 + 5e-4), False),
        (lambda numbers: numbers * [[1.0, 1.0], [1.0, 1.01]], False),
        (lambda numbers: numbers * np.nan, False),
    ],
)
def test_another_answer_than_at_export_fails(copied, capsys, change, passes):
    change_answer(copied, change)
    if passes:
        assert check.main([str(copied)]) == 0
    else:
        said = failure(copied, capsys)
        assert "Output 'numbers' differs. Received: [[" in said
        assert "wanted: [[" in said


def test_rows_that_depend_on_one_another_fail(tmp_path, capsys):
    path = export(LengthTask(share=0.01), tmp_path)
    assert "Output 'numbers' differs" in failure(path, capsys)


def change_graph(path, change):
    """Changes the first function in the file."""
    file = path / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    change(model.meta_graphs[0].graph_def)
    file.write_bytes(model.SerializeToString())


def test_operations_of_other_libraries_fail(copied, capsys):
    def add(graph):
        nodes = graph.library.function[0].node_def
        nodes.add(name="split", op="TFText>ByteSplitWithOffsets")
        graph.node.add(name="python", op="EagerPyFunc")

    change_graph(copied, add)
    said = failure(copied, capsys)
    assert "more than the request: EagerPyFunc, TFText>ByteSplit" in said
    assert "release 2.16 has not" in said


def test_functions_that_must_be_compiled_fail(copied, capsys):
    def mark(graph):
        graph.library.function[0].attr["_XlaMustCompile"].b = True

    change_graph(copied, mark)
    said = failure(copied, capsys)
    assert "must be compiled with XLA: ['__inference" in said


def test_weights_stored_twice_fail(exported, tmp_path, capsys):
    copied = shutil.copytree(exported, tmp_path / "1")
    data = copied / FILES[2]
    shutil.copy(data, data.with_name("more"))
    trust(copied)
    said = failure(copied, capsys)
    weights = json.loads((copied / FILES[4]).read_text())["weight_bytes"]
    assert f"and should take {weights:,}: they are stored more than" in said


def test_batching_that_a_server_refuses_fails(copied, capsys):
    file = copied / batching.BATCHING_FILE
    file.write_text("max_batch_size: 4")
    assert "no BatchingParameters: line 1:17" in failure(copied, capsys)
    file.write_text("max_batch_size { value: 4 } allowed_batch_sizes: [1, 2]")
    said = "has to be max_batch_size. Received: [1, 2], 4"
    assert said in failure(copied, capsys)


def change_warmup(path, change):
    logs = [
        protos.parse("PredictionLog", record)
        for record in records.read_records(path / warmup.WARMUP_FILE)
    ]
    change(logs[-1].predict_log.request)
    records.write_records(
        path / warmup.WARMUP_FILE, [log.SerializeToString() for log in logs]
    )


def test_a_warm_up_that_stops_a_server_fails(copied, capsys):
    def rename(request):
        (name,) = request.inputs
        request.inputs["texts"].CopyFrom(request.inputs.pop(name))

    def take_another(request):
        request.model_spec.signature_name = "decode"

    change_warmup(copied, rename)
    assert "Received: ['texts'" in failure(copied, capsys)
    change_warmup(copied, take_another)
    assert "Unknown signature 'decode'" in failure(copied, capsys)
    file = copied / warmup.WARMUP_FILE
    file.write_bytes(file.read_bytes()[:-1])
    assert "is damaged, or no TFRecord file" in failure(copied, capsys)


def test_too_many_warm_up_requests_fail(copied, capsys):
    file = copied / warmup.WARMUP_FILE
    records.write_records(file, [*records.read_records(file)][:1] * 1001)
    assert "more than 1000 requests" in failure(copied, capsys)
