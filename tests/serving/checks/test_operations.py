"""What an export's graph may be made of."""

import importlib.util
import pathlib
import shutil

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.checks import operations
from tests.tiny_tasks import EVERY_TASK

ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize("name", [*EVERY_TASK, "FillMask"])
def test_every_task_is_made_of_what_is_allowed(name, exports, exported):
    path = exported if name == "FillMask" else exports[name]
    found = operations.operations_of(path)
    assert {"MatMul", "VarHandleOp", "RestoreV2"} < found
    assert operations.forbidden_operations(path) == []
    assert operations.must_compile_functions(path) == []
    assert operations.misplaced_operations(path) == []


def test_operations_are_those_that_tensorflow_reads(exported):
    content = (exported / "saved_model.pb").read_bytes()
    model = saved_model_pb2.SavedModel.FromString(content)
    graph = model.meta_graphs[0].graph_def
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes.extend(function.node_def)
    found = {node.op for node in nodes}
    assert operations.operations_of(str(exported)) == found


REFUSED = [
    *("Abort", "AudioSummary", "CollectiveReduce", "CopyHost", "DecodeProtoV2"),
    *(
        "DebugIdentityV3",
        "EagerPyFunc",
        "FixedLengthRecordDataset",
        "LMDBReader",
    ),
    *(
        "FixedUnigramCandidateSampler",
        "ImmutableConst",
        "ImportEvent",
        "PyFunc",
    ),
    *("InitializeTableFromTextFileV2", "IteratorGetNext", "LoadAndRemapMatrix"),
    *("MatchingFiles", "NcclAllReduce", "PrintV2", "ReadFile", "ReaderReadV2"),
    *("RecordInput", "Recv", "RemoteCall", "Restore", "RpcCall", "SaveSlices"),
    *("ShardedFilespec", "Skipgram", "TFRecordDatasetV2", "TPUExecute"),
    *("WriteFile", "WriteScalarSummary", "XlaCallModule", "_Send", "Send"),
    *(
        "DataServiceDatasetV4",
        "GeneratorDataset",
        "SaveDatasetV2",
        "SqlDataset",
    ),
    *("SnapshotDatasetV2", "TextLineDataset", "TRTEngineOp", "DumpTensor"),
]


def test_the_list_is_sorted_and_names_nothing_that_reaches_out():
    lines = operations.ALLOWED_FILE.read_text().splitlines()
    assert max(map(len, lines)) <= 80
    names = " ".join(lines[2:]).split()
    assert names == sorted(set(names))
    allowed = operations.allowed_operations()
    assert set(names) == allowed
    assert {"SaveV2", "MergeV2Checkpoints", "ShardedFilename"} < allowed
    assert not allowed & set(REFUSED)
    letters = "".join(allowed)
    assert letters.isascii()
    assert letters.isalnum()


def rules():
    """The program that writes the list."""
    file = ROOT / "scripts" / "allowed_operations.py"
    spec = importlib.util.spec_from_file_location("allowed", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_is_what_the_rules_leave():
    written = rules()
    allowed = operations.allowed_operations()
    assert all(map(written.is_allowed, allowed))
    assert not any(map(written.is_allowed, [*REFUSED, "TFText>Split"]))
    # Images are decoded by these.
    assert {"BatchDatasetV2", "ParallelMapDatasetV2"} < allowed


@pytest.mark.large
def test_the_list_is_that_of_the_oldest_tensorflow(
    other_library, tmp_path, monkeypatch
):
    (tmp_path / "names.py").write_text(
        "from keras_perceiver.serving.runtime import library\n"
        "print(library.version(), *library.registered_operations())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TENSORFLOW_LIBRARY_FOLDER", str(other_library))
    finished = run_alone("names", capture=True)
    version, *names = finished.stdout.split()
    if not version.startswith("2.16."):
        pytest.skip(f"TENSORFLOW_LIBRARY_FOLDER is {version} and not 2.16")
    left = set(filter(rules().is_allowed, names))
    assert operations.allowed_operations() == left


FILE = tf.TensorSpec([], tf.string, name="file")
NUMBER = tf.TensorSpec([], tf.float32, name="number")


class Stranger(tf.Module):
    """Whatever a stranger may want to run."""

    def __init__(self):
        self.variable = tf.Variable(1.0)

    @tf.function(input_signature=[NUMBER])
    def plain(self, number):
        return {"number": number * self.variable}

    @tf.function(input_signature=[NUMBER])
    def python(self, number):
        return {"number": tf.numpy_function(abs, [number], tf.float32)}

    @tf.function(input_signature=[FILE])
    def read(self, file):
        return {"content": tf.io.read_file(file)}

    @tf.function(input_signature=[NUMBER], jit_compile=True)
    def compiled(self, number):
        return {"number": number + 1}

    @tf.function(input_signature=[FILE])
    def restore(self, file):
        (tensor,) = tf.raw_ops.RestoreV2(
            prefix=file,
            tensor_names=["a"],
            shape_and_slices=[""],
            dtypes=[tf.float32],
        )
        return {"tensor": tensor}

    @tf.function(input_signature=[FILE])
    def save(self, file):
        def write():
            tf.raw_ops.SaveV2(
                prefix=file,
                tensor_names=["a"],
                shape_and_slices=[""],
                tensors=[tf.constant(1.0)],
            )
            return file

        # In a branch, which a function names in a list.
        return {"file": tf.switch_case(tf.constant(0), [write, lambda: file])}


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """SavedModels by the one function that they serve."""
    stranger = Stranger()
    base = tmp_path_factory.mktemp("strangers")
    for name in ("plain", "python", "read", "compiled", "restore", "save"):
        function = getattr(stranger, name)
        holder = tf.Module()
        holder.variable = stranger.variable
        tf.saved_model.save(holder, str(base / name), function)
    return base


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        *(("plain", []), ("python", ["PyFunc"]), ("read", ["ReadFile"])),
        *(("compiled", []), ("restore", []), ("save", [])),
    ],
)
def test_what_reaches_out_is_named(strangers, name, forbidden):
    assert operations.forbidden_operations(strangers / name) == forbidden
    must_compile = operations.must_compile_functions(strangers / name)
    assert len(must_compile) == (name == "compiled")
    assert all("compiled" in function for function in must_compile)


@pytest.mark.parametrize("name", ["plain", "restore", "save"])
def test_checkpoints_are_for_the_server_alone(strangers, name):
    misplaced = operations.misplaced_operations(strangers / name)
    assert bool(misplaced) == (name != "plain")


def changed(strangers, tmp_path, change):
    """A copy of `plain` with another graph."""
    path = shutil.copytree(strangers / "plain", tmp_path / "changed")
    file = path / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    change(model.meta_graphs[0])
    file.write_bytes(model.SerializeToString())
    return operations.misplaced_operations(path)


def restore_node(graph):
    return graph.saver_def.restore_op_name


def save_node(graph):
    return graph.saver_def.save_tensor_name.partition(":")[0]


def answer_with_saving(graph):
    answer = graph.signature_def["serving_default"].outputs["number"]
    answer.name = graph.saver_def.save_tensor_name


def start_by_saving(graph):
    collection = graph.collection_def["saved_model_main_op"]
    collection.node_list.value[:] = [save_node(graph)]


def answer_after_restoring(graph):
    (node,) = (n for n in graph.graph_def.node if n.op == "NoOp")
    node.input.append(f"^{restore_node(graph)}")


def save_instead_of_restoring(graph):
    graph.saver_def.restore_op_name = save_node(graph)


def pass_on_a_function(graph):
    """To a function that is told which to call."""
    (saving,) = (n for n in graph.graph_def.node if n.name == save_node(graph))
    (calling,) = (
        n
        for n in graph.graph_def.node
        if n.op == "StatefulPartitionedCall"
        and n.name not in (save_node(graph), restore_node(graph))
    )
    told = calling.attr["f"].func.attr["which"].func
    told.name = saving.attr["f"].func.name


@pytest.mark.parametrize(
    ("change", "misplaced"),
    [
        (lambda graph: None, None),
        (answer_with_saving, save_node),
        (start_by_saving, save_node),
        (answer_after_restoring, restore_node),
        (save_instead_of_restoring, save_node),
        (pass_on_a_function, lambda graph: "StatefulPartitionedCall"),
    ],
)
def test_ways_to_checkpoints_are_found(strangers, tmp_path, change, misplaced):
    file = strangers / "plain" / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    wanted = [misplaced(model.meta_graphs[0])] if misplaced else []
    found = changed(strangers, tmp_path, change)
    assert found[: len(wanted)] == wanted
    assert bool(found) == bool(wanted)


def test_what_is_no_graph_is_told_before_it_is_read(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"saved_model.pb is missing"):
        operations.operations_of(tmp_path)
    file = tmp_path / "saved_model.pb"
    file.write_bytes(b"<html>")
    with pytest.raises(ValueError, match="6 bytes are no SavedModel"):
        operations.operations_of(tmp_path)
    monkeypatch.setattr(operations, "LARGEST_GRAPH_BYTES", 5)
    with pytest.raises(ValueError, match="takes more than 5 bytes"):
        operations.operations_of(tmp_path)
