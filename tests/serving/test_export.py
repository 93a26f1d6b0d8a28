"""Tasks as SavedModels."""

import hashlib
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import keras_perceiver
from keras_perceiver.models import fold_for_inference
from keras_perceiver.serving import check
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.export import export
from keras_perceiver.serving.export import next_version
from tests.float64_reference import assert_near
from tests.tiny_models import LengthTask

# Batches of five, of one, and of two of which one has no answer.
TEXTS = ["the [MASK:3] of", b"\xff[MASK]\0", "none", "x" * 40, "[MASK:2]"]


@pytest.fixture(scope="module")
def serve(exported):
    """What a server calls."""
    loaded = tf.saved_model.load(str(exported))
    names = ["serving_default", "tensors", "encode", "decode"]
    assert sorted(loaded.signatures) == sorted(names)
    return loaded.signatures["serving_default"]


def assert_same_answers(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        if tensor.dtype == tf.float32:
            np.testing.assert_allclose(found[name], tensor, atol=1e-5)
        else:
            np.testing.assert_array_equal(found[name], tensor, name)


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:1], TEXTS[1:3]])
def test_a_server_answers_as_the_task(task, serve, texts):
    texts = tf.constant(texts)
    assert_same_answers(serve(text_bytes=texts), task.serve(texts))


PROGRAM = """
import json, sys, tensorflow as tf
texts = [text.encode("latin-1") for text in json.loads(sys.argv[2])]
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answers = serve(text_bytes=tf.constant(texts))
filled = [text.decode("latin-1") for text in answers["filled_bytes"].numpy()]
positions = answers["mask_positions"].numpy().tolist()
shares = answers["top_probabilities"].numpy().tolist()
print(json.dumps([filled, positions, shares]))
"""


def test_answers_need_no_keras(task, exported, no_keras):
    texts = ["the [MASK:3] of", "\xff[MASK]\0", "[MASK:2]", "a[MASK]", "[MASK]"]
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, exported, json.dumps(texts)],
        capture_output=True,
        text=True,
        check=False,
        env=no_keras,
    )
    assert finished.returncode == 0, finished.stderr
    expected = task([text.encode("latin-1") for text in texts])
    answers = zip(*json.loads(finished.stdout), expected, strict=True)
    for filled, positions, shares, row in answers:
        masks = len(row.mask_positions)
        assert filled.encode("latin-1") == row.filled_bytes
        assert positions == row.mask_positions + [-1] * (4 - masks)
        assert_near(shares[:masks], row.top_probabilities)


def test_the_signature_is_raw_in_raw_out(serve):
    text_bytes = tf.TensorSpec([None], tf.string, "text_bytes")
    assert serve.structured_input_signature[1] == {"text_bytes": text_bytes}
    kinds = {
        name: spec.dtype.name for name, spec in serve.structured_outputs.items()
    }
    assert kinds == {
        "filled_bytes": "string",
        "mask_positions": "int32",
        "top_bytes": "string",
        "top_probabilities": "float32",
        "problem_bytes": "string",
    }


def graph_of(exported):
    pb = (exported / "saved_model.pb").read_bytes()
    meta_graphs = saved_model_pb2.SavedModel.FromString(pb).meta_graphs
    assert len(meta_graphs) == 1
    assert list(meta_graphs[0].meta_info_def.tags) == ["serve"]
    return meta_graphs[0].graph_def


def test_the_graph_is_of_core_operations(exported):
    graph = graph_of(exported)
    functions = graph.library.function
    nodes = [*graph.node, *(node for f in functions for node in f.node_def)]
    operations = {node.op for node in nodes}
    assert {"DecodePaddedRaw", "TopKV2"} <= operations
    assert not [op for op in operations if ">" in op or "Py" in op]
    # A stock server is built without XLA.
    assert not [op for op in operations if op.startswith("Xla")]
    attributes = [f.attr for f in functions] + [node.attr for node in nodes]
    assert not any(a["_XlaMustCompile"].b for a in attributes)


def test_the_graph_holds_no_gradients(tmp_path):
    """They are not served, and may need what a server has not."""

    class Squared(LengthTask):
        def serve(self, text_bytes):
            return {"numbers": squared(super().serve(text_bytes)["numbers"])}

    @tf.custom_gradient
    def squared(x):
        return tf.square(x), lambda gradient: tf.math.erfinv(gradient)

    graph = graph_of(export(Squared(), tmp_path))
    functions = graph.library.function
    operations = {node.op for f in functions for node in f.node_def}
    assert "Square" in operations
    assert "Erfinv" not in operations


@pytest.fixture(scope="module")
def weights(task):
    """Bytes of the model that is exported."""
    return 4 * fold_for_inference(task.model).count_params()


def test_weights_are_stored_once(exported, weights):
    assert weights > 2_000_000
    stored = sum(
        path.stat().st_size for path in (exported / "variables").iterdir()
    )
    assert weights < stored < 1.1 * weights


def test_versions_go_up(task, exported):
    """As TensorFlow Serving wants them: whole numbers, the highest serves."""
    base = exported.parent
    assert exported == base / "1"
    assert next_version(base) == 2
    before = sorted(base.iterdir())
    # Only whole numbers count, and not by their first digit.
    others = ("7", "12", "13b", "notes", ".tmp-14-abc")
    for name in others:
        (base / name).mkdir()
    assert next_version(base) == 13
    for name in others:
        (base / name).rmdir()
    assert sorted(base.iterdir()) == before


def test_the_first_version_of_nothing_is_one(tmp_path):
    assert next_version(tmp_path) == next_version(str(tmp_path / "new")) == 1


def test_the_folder_says_what_it_holds(task, exported, weights):
    said = json.loads(
        (exported / "assets.extra/keras_perceiver.json").read_text()
    )
    assert list(said.pop("fingerprints")) == ["tensors", "encode", "decode"]
    assert {"DecodePaddedRaw", "TopKV2"} <= set(said.pop("operations"))
    machine = said.pop("machine")
    assert machine["keras_perceiver"] == keras_perceiver.__version__
    assert machine["keras"] == keras.__version__
    assert machine["tensorflow"] == tf.__version__
    hashes = said.pop("sha256")
    assert set(hashes) == {
        str(path.relative_to(exported))
        for path in (
            exported / "saved_model.pb",
            *(exported / "variables").iterdir(),
        )
    }
    for name, came in hashes.items():
        content = (exported / name).read_bytes()
        assert came == hashlib.sha256(content).hexdigest()
    seconds = said.pop("seconds")
    assert "1" in seconds
    assert all(number > 0 for number in seconds.values())
    assert said == {
        "task": "FillMask",
        "preset": "language_bytes",
        "precision": "float32",
        "tolerance": 1e-4,
        "parameters": task.model.count_params(),
        "weight_bytes": weights,
        "oldest_server": "2.16",
        "tensorflow_text": None,
    }


def test_an_example_lies_beside_it(task, exported):
    request, answer = examples.read_example(exported)
    wanted = task.example_request()
    assert request.keys() == wanted.keys()
    np.testing.assert_array_equal(request["text_bytes"], wanted["text_bytes"])
    answer = {name: tf.constant(values) for name, values in answer.items()}
    assert_same_answers(answer, task.serve(**wanted))


def test_anyone_may_read_an_export(exported):
    for path in [exported, *exported.rglob("*")]:
        assert path.stat().st_mode & 0o444 == 0o444, path


def test_a_version_is_never_overwritten(task, exported):
    before = {path: path.stat().st_mtime_ns for path in exported.rglob("*")}
    with pytest.raises(FileExistsError, match=r"Leave `version` out .* 2\."):
        export(task, exported.parent, version=1)
    assert {p: p.stat().st_mtime_ns for p in exported.rglob("*")} == before
    assert list(exported.parent.iterdir()) == [exported]


@pytest.mark.parametrize("version", [0, -3])
def test_a_version_is_positive(tmp_path, version):
    with pytest.raises(ValueError, match=f"Received: {version}"):
        export(None, tmp_path / "new", version=version)
    assert not (tmp_path / "new").exists()


def test_a_model_without_a_preset_is_exported_too(tmp_path):
    path = export(LengthTask(), tmp_path, version=20210730, card="a card")
    assert path == tmp_path / "20210730"
    assert (path / "README.md").read_text() == "a card"
    description = (path / "assets.extra/keras_perceiver.json").read_text()
    assert json.loads(description)["preset"] is None
    assert len(list(check.check(path))) == 8
