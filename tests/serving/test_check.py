"""Checking exports."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving import check
from keras_perceiver.serving.export import export
from tests.tiny_models import LengthTask

FILES = [
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "assets.extra/keras_perceiver.json",
    "assets.extra/example.tfrecord",
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


def test_a_fresh_export_passes_without_keras(
    exported, no_keras, monkeypatch, capfd
):
    """By the command, in its process of its own."""
    monkeypatch.setenv("PYTHONPATH", no_keras["PYTHONPATH"])
    assert command_line.main(["check", str(exported)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("ok  ") for line in lines)
    assert lines[0].endswith("kinds of operations, all TensorFlow's own")
    assert lines[1].startswith("ok  weights stored once: 2,")
    assert lines[2].startswith("ok  answers as at export: filled_bytes, mask")
    assert lines[3] == "ok  each of 4 rows answers alone as in the batch"
    for line, name in zip(
        lines[4:], ("tensors", "encode", "decode"), strict=True
    ):
        assert (
            line == f"ok  {name}: answers as at export, alone as in the batch"
        )


def test_the_command_fails_as_the_check_does(copied, capfd):
    change_answer(copied, lambda numbers: numbers + 1)
    assert command_line.main(["check", str(copied)]) == 1
    captured = capfd.readouterr()
    assert "failed: Output 'numbers' differs" in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_no_import_of_keras_succeeds(tmp_path):
    """Not even one that TensorFlow would make."""
    for name in ("keras", "keras_perceiver"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "tensorflow.py").write_text(
        "import importlib.util\n"
        # TensorFlow looks so for Keras, and must not fail at that.
        "found = importlib.util.find_spec('keras')\n"
        "for name in ('keras', 'keras.ops', 'keras_perceiver'):\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError: pass\n"
        "    else: raise SystemExit(f'{name} was imported')\n"
        "raise SystemExit(7)\n"
    )
    finished = subprocess.run(
        [sys.executable, check.__file__, "anything"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (7, "")


def test_the_highest_version_of_a_folder_is_checked(copied, small, capsys):
    base = copied.parent
    shutil.copytree(small, base / "10")
    shutil.copytree(small, base / "9")
    shutil.copytree(small, base / ".tmp-11-half")
    (base / "12").mkdir()
    assert check.find_saved_model(base) == base / "10"
    assert check.find_saved_model(str(base / "9")) == base / "9"
    assert check.main([str(base)]) == 0
    assert capsys.readouterr().out.count("ok  ") == 5
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


def test_tampered_weights_fail(copied, capsys):
    path = copied / "variables/variables.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    for place in (0, len(content) - 1):
        changed = content.copy()
        changed[place] ^= 0x40
        path.write_bytes(changed)
        assert failure(copied, capsys).startswith("failed: ")


def test_the_weights_of_another_model_fail(copied, capsys, tmp_path):
    """They load well and answer otherwise."""
    task = LengthTask()
    task.model.set_weights([w + 1 for w in task.model.get_weights()])
    other = export(task, tmp_path / "other")
    shutil.rmtree(copied / "variables")
    shutil.copytree(other / "variables", copied / "variables")
    assert "Output 'numbers' differs" in failure(copied, capsys)


def change_answer(path, change):
    """Changes the answer that an export says it gave."""
    records = check.read_example(tf, path)
    numbers = tf.io.parse_tensor(records[1]["numbers"], tf.float32)
    numbers = tf.cast(change(numbers), tf.float32)
    records[1]["numbers"] = tf.io.serialize_tensor(numbers).numpy()
    example = str(path / "assets.extra/example.tfrecord")
    with tf.io.TFRecordWriter(example) as writer:
        for record in records:
            example = tf.train.Example()
            for name, value in record.items():
                example.features.feature[name].bytes_list.value.append(value)
            writer.write(example.SerializeToString())


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
    assert "['EagerPyFunc', 'TFText>ByteSplitWithOffsets']" in said


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
    said = failure(copied, capsys)
    description = json.loads((copied / FILES[3]).read_text())
    weights = 4 * description["parameters"]
    assert f"and should take {weights:,}: they are stored more than" in said
