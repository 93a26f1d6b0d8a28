"""Tasks as SavedModels, in the folder layout of TensorFlow Serving."""

import json
import pathlib
import shutil
import tempfile

import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.serving import precision as precisions
from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.beside_graph import description
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph import warmup
from keras_perceiver.serving.checks import comparisons
from keras_perceiver.serving.checks import operations
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.signatures import raw_signatures_of
from keras_perceiver.serving.signatures import signatures_of
from keras_perceiver.training.checkpoints import CARD_FILE
from keras_perceiver.training.run_folder import machine_record

# Beside the weights, for the graph, the example and the log of requests.
_SPARE_BYTES = 50_000_000


def export(task, base, version=None, precision=None, *, fold=True, card=None):
    """Writes a task as `base/VERSION`, whole or not at all.

    The signature `serving_default` is the task's own `serve`: raw in, raw
    out. Beside it stand one for each task of a model of several, and
    `tensors`, `encode` and `decode`, see `serving.signatures`. All are of
    core TensorFlow operations.

    The folder also gets a log of requests to warm a server up, parameters of
    batching from latencies that are measured here, and a description.

    Args:
        task: such as a `FillMask`.
        base: the folder of all versions of this model.
        version: a positive integer; None takes the next free one.
        precision: `"float32"`, `"bfloat16"` or `"int8"`, see
            `serving.precision`; None leaves the model's numbers as they are.
        fold: whether all signatures answer from `fold_for_inference` of the
            model: the same answers in fewer operations. A quantised model
            is exported as it is.
        card: a text for people that lies beside the graph as `README.md`, or
            None.

    Returns:
        The path of the new version.

    Raises:
        ValueError: if the version is not positive, the model cannot have
            that precision, or one of its tasks has a name that no signature
            can have.
        FileExistsError: if the version exists already.
        OSError: if the disk is too full.
    """
    base = pathlib.Path(base)
    if version is None:
        version = next_version(base)
    _check_version(base, version)
    raw = raw_signatures_of(task)
    model, task = task.model, precisions.in_precision(task, precision, fold)
    base.mkdir(parents=True, exist_ok=True)
    _check_space(task, base)
    # A server ignores what is not a number, so it never sees half a model.
    temporary = pathlib.Path(
        tempfile.mkdtemp(prefix=f".tmp-{version}-", dir=base)
    )
    try:
        _write(task, model, raw, temporary, base.resolve().name)
        if card is not None:
            files.write_text(temporary / CARD_FILE, card)
        temporary.chmod(0o755)
        temporary.rename(base / str(version))
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return base / str(version)


def next_version(base):
    """Returns the number after the highest version in `base`."""
    base = pathlib.Path(base)
    versions = [
        int(path.name)
        for path in (base.iterdir() if base.is_dir() else [])
        if path.name.isdigit()
    ]
    return max(versions, default=0) + 1


def _check_version(base, version):
    if version < 1:
        raise ValueError(
            f"A version is a positive whole number. Received: {version}"
        )
    target = base / str(version)
    if target.exists():
        raise FileExistsError(
            f"{target} exists already. Leave `version` out to take the next "
            f"free one, {next_version(base)}."
        )


def _check_space(task, base):
    needed = precisions.weight_bytes(task.model) + _SPARE_BYTES
    free = shutil.disk_usage(base).free
    if free < needed:
        raise OSError(
            f"{base} has {free:,} bytes free, and the export takes "
            f"{needed:,}. Make room, or export to another disk."
        )


def _write(task, model, raw, folder, name):
    """Writes all files.

    Args:
        task: what is exported.
        model: the one that its own was made of.
        raw: names of the signatures that take requests.
        folder: where to.
        name: of the model, for the log of requests.
    """
    functions = _traced(signatures_of(task))
    _write_graph(functions, folder)
    for key in raw:
        _write_example(task, key, functions[key], folder)
    stored = _stored_signatures(folder)
    times = measure_times(folder)
    machine = machine_record()
    _write_batching(folder, times, machine)
    warmup.write_warmup(folder, name, stored, raw, times)
    precision = precisions.precision_of(task.model)
    said = {
        "task": type(task).__name__,
        # None where the model was built without one.
        "preset": getattr(model, "preset_name", None),
        "precision": precision,
        "tolerance": _tolerance(precision),
        "parameters": model.count_params(),
        "weight_bytes": precisions.weight_bytes(task.model),
        "sha256": description.file_hashes(folder),
        "oldest_server": description.OLDEST_SERVER,
        "tensorflow_text": None,  # No operation of it is used.
        "machine": machine,
        "seconds": {size: min(runs) for size, runs in times.items()},
        "fingerprints": {
            key: _fingerprints(function, stored[key])
            for key, function in functions.items()
            if key not in raw
        },
        "operations": sorted(operations.operations_of(folder)),
    }
    files.write_json(folder / description.DESCRIPTION_FILE, said)


def _tolerance(precision):
    if "16" in precision:
        return comparisons.HALF_PRECISION_TOLERANCE
    return comparisons.TOLERANCE


def _traced(signatures):
    """The graphs that are written, which also tell what to expect of them."""
    functions = {}
    for name, signature in signatures.items():
        function = tf.function(
            signature.function,
            input_signature=list(signature.specs),
            autograph=False,
        )
        function.get_concrete_function()
        functions[name] = function
    return functions


def _write_graph(functions, folder):
    traced = {
        name: function.get_concrete_function()
        for name, function in functions.items()
    }
    # Nothing but variables beside the signatures: functions would be traced
    # and stored once more.
    stored = tf.Module()
    stored.used = [
        variable
        for function in traced.values()
        for variable in function.graph.variables
    ]
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(stored, str(folder), traced, options)
    (folder / "assets.extra").mkdir()


def _stored_signatures(folder):
    saved = protos.parse("SavedModel", (folder / "saved_model.pb").read_bytes())
    return {
        name: signature
        for name, signature in saved.meta_graphs[0].signature_def.items()
        if not name.startswith("__")
    }


def _write_example(task, signature, function, folder):
    """Keeps a request and its answer, for `check` to repeat."""
    request = task.example_request()
    answer = function(*(request[name] for name in task.input_signature))
    examples.write_example(
        folder,
        {name: tensor.numpy() for name, tensor in request.items()},
        {name: tensor.numpy() for name, tensor in answer.items()},
        signature,
    )


def measure_times(folder):
    """Returns seconds of raw requests, as a server would take them.

    Args:
        folder: of an export: its graph and its example.

    Returns:
        A list of seconds by the number of rows.
    """
    finished = run_alone(
        "keras_perceiver.serving.beside_graph.latency", folder, capture=True
    )
    if finished.returncode:
        raise RuntimeError(
            "The export does not answer without TensorFlow's Python, so no "
            f"server could run it:\n{finished.stderr}"
        )
    times = json.loads(finished.stdout)
    return {int(size): seconds for size, seconds in times.items()}


def _write_batching(folder, times, machine):
    words = f"{machine['cpus']} processors ({machine['processor']})"
    text = batching.batching_text(times, machine["cpus"], words)
    files.write_text(folder / batching.BATCHING_FILE, text)


def _fingerprints(function, stored):
    """What `check` knows the answers of a signature of tensors by."""
    request = examples.made_up_request(stored)
    specs = function.input_signature
    answer = function(*(tf.constant(request[spec.name]) for spec in specs))
    return {
        name: examples.fingerprint(tensor) for name, tensor in answer.items()
    }
