"""Checks an export in a process without Keras.

`keras-perceiver check` runs this file in a process of its own, where any
import of Keras fails: what passes here needs nothing but TensorFlow.
"""

import json
import os
import pathlib
import runpy
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The numbers of the same graph on the same machine; another processor may
# round differently.
TOLERANCE = 1e-4
# Mean difference of pixels from 0 to 255: rounding, and a few that stand
# where a colour jumps.
PIXEL_TOLERANCE = 0.5
LONGEST_SHOWN = 2000
# The head of a .flo file: a tag, width and height.
_FLO_HEAD = 12
# What is made up for lengths that a signature leaves free.
_FREE_LENGTH = 3
# Weights are stored once; the rest of the files is small beside them.
MAXIMUM_SIZE_RATIO = 1.1
SMALL_EXTRA_BYTES = 100_000


def check(path):
    """Returns a line for every check that passed.

    Args:
        path: a SavedModel that `export` wrote, or the folder of all its
            versions, of which the highest is checked.

    Raises:
        ValueError: at the first check that fails, saying what came and what
            was wanted.
    """
    import tensorflow as tf

    path = find_saved_model(path)
    description = json.loads(
        (path / "assets.extra/keras_perceiver.json").read_text()
    )
    # Before loading, which fails at an operation that is not TensorFlow's.
    operations = _check_operations(path)
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    lines = [
        operations,
        _check_size(path, description),
        _check_example(tf, path, serve),
        _check_rows_alone(tf, path, serve),
    ]
    for name, wanted in description["fingerprints"].items():
        lines.append(_check_tensors(tf, name, loaded.signatures[name], wanted))
    return lines


def find_saved_model(path):
    """Returns `path`, or the highest version in it if it is their folder."""
    path = pathlib.Path(path)
    versions = [
        file.parent
        for file in path.glob("*/saved_model.pb")
        if file.parent.name.isdigit()
    ]
    found = max(versions, key=lambda version: int(version.name), default=path)
    if not (found / "saved_model.pb").is_file():
        raise ValueError(
            f"{path} is no SavedModel: saved_model.pb is missing. Name a "
            "version folder, such as saved_models/byte_mlm/1, or the folder "
            "of all versions."
        )
    return found


def _check_operations(path):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel.FromString(
        (path / "saved_model.pb").read_bytes()
    )
    graph_def = model.meta_graphs[0].graph_def
    nodes = [
        *graph_def.node,
        *(node for f in graph_def.library.function for node in f.node_def),
    ]
    operations = {node.op for node in nodes}
    foreign = sorted(op for op in operations if ">" in op or "PyFunc" in op)
    if foreign:
        raise ValueError(
            f"The graph needs operations beyond TensorFlow's own: {foreign}"
        )
    must_compile = [
        f.signature.name
        for f in graph_def.library.function
        if f.attr["_XlaMustCompile"].b
    ]
    if must_compile:
        raise ValueError(
            "A stock server refuses functions that must be compiled with "
            f"XLA: {must_compile}"
        )
    return f"{len(operations)} kinds of operations, all TensorFlow's own"


def _check_size(path, description):
    stored = sum(file.stat().st_size for file in (path / "variables").iterdir())
    weights = 4 * description["parameters"]
    if stored > MAXIMUM_SIZE_RATIO * weights + SMALL_EXTRA_BYTES:
        raise ValueError(
            f"The weights take {stored:,} bytes and should take {weights:,}: "
            "they are stored more than once."
        )
    return f"weights stored once: {stored:,} bytes"


def read_example(tf, path):
    """Returns the request and the answer that `export` kept."""
    records = tf.data.TFRecordDataset(
        str(path / "assets.extra/example.tfrecord")
    )
    both = []
    for record in records.as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        both.append(
            {
                name: feature.bytes_list.value[0]
                for name, feature in features.items()
            }
        )
    return both


def _parsed(tf, tensors, specifications):
    return {
        name: tf.io.parse_tensor(tensors[name], specification.dtype)
        for name, specification in specifications.items()
    }


def _check_example(tf, path, serve):
    request, wanted = read_example(tf, path)
    request = _parsed(tf, request, serve.structured_input_signature[1])
    wanted = _parsed(tf, wanted, serve.structured_outputs)
    answer = serve(**request)
    for name, tensor in wanted.items():
        _compare(tf, name, answer[name], tensor)
    return f"answers as at export: {', '.join(sorted(wanted))}"


def _check_rows_alone(tf, path, serve):
    request, _ = read_example(tf, path)
    request = _parsed(tf, request, serve.structured_input_signature[1])
    _compare_rows(tf, serve, request, serve(**request))
    count = next(iter(request.values())).shape[0]
    return f"each of {count} rows answers alone as in the batch"


def _compare_rows(tf, serve, request, together):
    count = next(iter(request.values())).shape[0]
    for row in range(count):
        alone = serve(**{k: v[row : row + 1] for k, v in request.items()})
        for name, tensor in alone.items():
            _compare(tf, name, tensor, together[name][row : row + 1])


def _check_tensors(tf, name, serve, wanted):
    """Answers of a signature of tensors, to a request that is made up."""
    request = made_up_request(tf, serve.structured_input_signature[1])
    answer = serve(**request)
    for output, tensor in answer.items():
        came = fingerprint(tensor)
        near = (
            abs(one - other) <= TOLERANCE * wanted[output]["deviation"]
            for one, other in zip(
                came.values(), wanted[output].values(), strict=True
            )
        )
        if not all(near):
            raise ValueError(
                f"Signature {name!r}, output {output!r} differs. Received: "
                f"{came}, wanted: {wanted[output]}"
            )
    _compare_rows(tf, serve, request, answer)
    return f"{name}: answers as at export, alone as in the batch"


def made_up_request(tf, specs):
    """Two rows for a signature of tensors, the same ones always.

    Args:
        tf: TensorFlow.
        specs: a `tf.TensorSpec` for each input, by its name.
    """
    import numpy as np

    request = {}
    for name in sorted(specs):
        spec = specs[name]
        shape = [2, *(size or _FREE_LENGTH for size in spec.shape[1:])]
        values = np.random.default_rng(0).standard_normal(shape)
        if spec.dtype.is_integer:
            # Small enough for any index or token.
            values = np.abs(values).astype("int64") % _FREE_LENGTH
        elif spec.dtype.is_bool:
            values = values < 1
        request[name] = tf.constant(values, spec.dtype)
    return {name: request[name] for name in specs}


def fingerprint(tensor):
    """Mean and deviation of an output, which no other is likely to have."""
    import numpy as np

    # Masked logits are -1e30, and would hide all others.
    values = np.maximum(np.array(tensor, "float64"), -1e3)
    return {"mean": float(values.mean()), "deviation": float(values.std())}


def _compare(tf, name, came, wanted):
    if came.dtype.is_floating:
        equal = _are_near(tf, came, wanted, TOLERANCE)
    elif came.dtype == tf.uint8:
        equal = _are_like(tf, came, wanted)
    elif came.dtype == tf.string:
        pairs = zip(_flat(tf, came), _flat(tf, wanted), strict=False)
        equal = came.shape == wanted.shape and all(
            _say_the_same(tf, *pair) for pair in pairs
        )
    else:
        equal = tf.reduce_all(tf.equal(came, wanted))
    if not equal:
        raise ValueError(
            f"Output {name!r} differs. Received: {_shown(came)}, "
            f"wanted: {_shown(wanted)}"
        )


def _flat(tf, tensor):
    return tf.reshape(tensor, [-1]).numpy().tolist()


def _are_near(tf, came, wanted, tolerance):
    difference = tf.reduce_max(tf.abs(came - wanted))
    return difference <= tolerance * tf.reduce_max(tf.abs(wanted))


def _are_like(tf, came, wanted):
    """Whether pixels differ by rounding alone, on the whole."""
    if came.shape != wanted.shape:
        return False
    difference = tf.cast(came, tf.float32) - tf.cast(wanted, tf.float32)
    return tf.reduce_mean(tf.abs(difference)) <= PIXEL_TOLERANCE


def _say_the_same(tf, came, wanted):
    """Whether two strings are equal, or files of nearly equal numbers."""
    if came == wanted:
        return True
    if came[:_FLO_HEAD] == wanted[:_FLO_HEAD] and wanted[:4] == b"PIEH":
        came, wanted = (
            tf.io.decode_raw(content[_FLO_HEAD:], tf.float32)
            for content in (came, wanted)
        )
        return _are_near(tf, came, wanted, TOLERANCE)
    if came[:8] == wanted[:8] == b"\x89PNG\r\n\x1a\n":
        return _are_like(tf, tf.io.decode_png(came), tf.io.decode_png(wanted))
    return False


def _shown(tensor):
    """A tensor for a message, if need be without its middle."""
    text = str(tensor.numpy().tolist())
    half = LONGEST_SHOWN // 2
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[:half]} ... {text[-half:]}"


def load_tensorflow_alone():
    """Loads TensorFlow without chatter; any import of Keras fails then."""
    # Not by a finder that raises: TensorFlow looks, without importing,
    # whether there is a Keras.
    sys.modules.update({"keras": None, "keras_perceiver": None})
    quiet_file = pathlib.Path(__file__).parents[1] / "quiet.py"
    with runpy.run_path(str(quiet_file))["quiet_start"]():
        import tensorflow as tf

        tf.config.list_logical_devices()


def main(arguments):
    """Prints every check that passes; returns the exit code."""
    import tensorflow as tf

    try:
        for line in check(arguments[0]):
            print(f"ok  {line}")
    except (ValueError, OSError, tf.errors.OpError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    load_tensorflow_alone()
    sys.exit(main(sys.argv[1:]))
