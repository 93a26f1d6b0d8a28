"""The operations that an export's graph is made of.

A stranger's export is a program. What is told of it here, is told from its
bytes alone: nothing of it runs.
"""

import functools
import pathlib

from keras_perceiver.serving.messages import protos

ALLOWED_FILE = pathlib.Path(__file__).with_name("allowed_operations.txt")
# Weights lie in other files. This is more than any graph of ours takes.
LARGEST_GRAPH_BYTES = 2**28
# They read or write any file that a tensor names.
_CHECKPOINTS = {"RestoreV2", "SaveV2", "MergeV2Checkpoints"}
_WRITING = _CHECKPOINTS - {"RestoreV2"}


@functools.cache
def allowed_operations():
    """Returns the names of the operations that an export may have.

    Every server since TensorFlow 2.16 has them. None needs Python, XLA or
    another machine, and none touches this machine's files, apart from those
    that save and restore weights, see `misplaced_operations`.
    """
    lines = ALLOWED_FILE.read_text().splitlines()
    return frozenset(
        name
        for line in lines
        if not line.startswith("#")
        for name in line.split()
    )


def operations_of(path):
    """Returns the names of all operations in a SavedModel, as a set.

    Args:
        path: its folder.

    Raises:
        ValueError: if it has no graph, or one that is no graph of ours.
    """
    return {
        node.op
        for meta_graph in _meta_graphs(path)
        for node in _nodes(meta_graph.graph_def)
    }


def forbidden_operations(path):
    """Returns those of a SavedModel's operations that are not allowed, sorted.

    Args:
        path: its folder.
    """
    return sorted(operations_of(path) - allowed_operations())


def must_compile_functions(path):
    """Returns the names of the functions that only run compiled by XLA.

    Args:
        path: the folder of a SavedModel.
    """
    return [
        function.signature.name
        for meta_graph in _meta_graphs(path)
        for function in meta_graph.graph_def.library.function
        if function.attr["_XlaMustCompile"].b
    ]


def misplaced_operations(path):
    """Returns nodes that touch checkpoints where only a server may, sorted.

    A server restores weights once, by a node that it knows, and never saves.
    Anywhere else, in what a request reaches or what runs at the start, these
    operations would read or write files of the server's machine.

    Args:
        path: the folder of a SavedModel.
    """
    found = set()
    for meta_graph in _meta_graphs(path):
        found |= _misplaced(meta_graph)
    return sorted(found)


def _meta_graphs(path):
    file = pathlib.Path(path) / "saved_model.pb"
    if not file.is_file():
        raise ValueError(f"{path} is no SavedModel: saved_model.pb is missing.")
    with file.open("rb") as opened:
        content = opened.read(LARGEST_GRAPH_BYTES + 1)
    if len(content) > LARGEST_GRAPH_BYTES:
        raise ValueError(
            f"{file} takes more than {LARGEST_GRAPH_BYTES:,} bytes, as no "
            "graph does whose weights are variables."
        )
    return protos.parse("SavedModel", content).meta_graphs


def _nodes(graph):
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _misplaced(meta_graph):
    graph, saver = meta_graph.graph_def, meta_graph.saver_def
    touching = _nodes_that_reach(graph, _CHECKPOINTS)
    writing = _nodes_that_reach(graph, _WRITING)
    restoring = {saver.restore_op_name}
    saving = {_node_of(saver.save_tensor_name)}
    named = {_node_of(name) for name in _names(meta_graph)}
    return (
        (touching - restoring - saving)
        | (touching & named)
        | (writing & restoring)
    )


def _nodes_that_reach(graph, operations):
    """Names of the outer nodes that are, or call, some operations."""
    functions = {f.signature.name: f.node_def for f in graph.library.function}
    # Functions count as operations as soon as one of their nodes does.
    reaching, before = set(operations), 0
    while len(reaching) > before:
        before = len(reaching)
        reaching |= {
            name
            for name, nodes in functions.items()
            if any(reaching & _called(node) for node in nodes)
        }
    return {node.name for node in graph.node if reaching & _called(node)}


def _called(node):
    """An operation, and the functions that it is given."""
    return {node.op, *_functions(node.attr)}


def _functions(attributes):
    for value in attributes.values():
        for function in (value.func, *value.list.func):
            yield function.name
            yield from _functions(function.attr)


def _names(meta_graph):
    """All that a request, the start or another node names."""
    for node in meta_graph.graph_def.node:
        yield from node.input
    for signature in meta_graph.signature_def.values():
        for infos in (signature.inputs, signature.outputs):
            yield from (info.name for info in infos.values())
    for collection in meta_graph.collection_def.values():
        yield from collection.node_list.value


def _node_of(name):
    """The node of a tensor's name, such as `"^node"` or `"node:0"`."""
    return name.removeprefix("^").partition(":")[0]
