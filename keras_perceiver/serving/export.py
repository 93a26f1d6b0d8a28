"""Tasks as SavedModels, in the folder layout of TensorFlow Serving."""

import pathlib
import shutil
import tempfile

import keras
import tensorflow as tf

import keras_perceiver
from keras_perceiver import files
from keras_perceiver.serving import check
from keras_perceiver.serving.signatures import signatures_of

DESCRIPTION_FILE = "assets.extra/keras_perceiver.json"
EXAMPLE_FILE = "assets.extra/example.tfrecord"


def export(task, base, version=None):
    """Writes a task as `base/VERSION`, whole or not at all.

    The signature `serving_default` is the task's own `serve`: raw in, raw
    out. Beside it stand `tensors`, `encode` and `decode`, see
    `serving.signatures`. All are of core TensorFlow operations.

    Args:
        task: such as a `FillMask`.
        base: the folder of all versions of this model.
        version: a positive integer; None takes the next free one.

    Returns:
        The path of the new version.

    Raises:
        ValueError: if the version is not positive.
        FileExistsError: if it exists already.
    """
    base = pathlib.Path(base)
    if version is None:
        version = next_version(base)
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
    base.mkdir(parents=True, exist_ok=True)
    # A server ignores what is not a number, so it never sees half a model.
    temporary = pathlib.Path(
        tempfile.mkdtemp(prefix=f".tmp-{version}-", dir=base)
    )
    try:
        _write(task, temporary)
        temporary.chmod(0o755)
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return target


def next_version(base):
    """Returns the number after the highest version in `base`."""
    base = pathlib.Path(base)
    versions = [
        int(path.name)
        for path in (base.iterdir() if base.is_dir() else [])
        if path.name.isdigit()
    ]
    return max(versions, default=0) + 1


def _write(task, folder):
    archive = keras.export.ExportArchive()
    signatures = signatures_of(task)
    # Without `track`, which would store every weight twice.
    for name, signature in signatures.items():
        archive.add_endpoint(
            name, signature.function, input_signature=list(signature.specs)
        )
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options=options, verbose=False)
    description = {
        "task": type(task).__name__,
        # None where the model was built without one.
        "preset": getattr(task.model, "preset_name", None),
        "parameters": task.model.count_params(),
        "fingerprints": {
            name: _fingerprints(signature)
            for name, signature in signatures.items()
            if name != "serving_default"
        },
        "keras_perceiver": keras_perceiver.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
    }
    (folder / DESCRIPTION_FILE).parent.mkdir(exist_ok=True)
    files.write_json(folder / DESCRIPTION_FILE, description)
    _write_example(task, folder / EXAMPLE_FILE)


def _fingerprints(signature):
    """What `check` knows the answers of a signature of tensors by."""
    request = check.made_up_request(tf, {s.name: s for s in signature.specs})
    answer = signature.function(*request.values())
    return {name: check.fingerprint(tensor) for name, tensor in answer.items()}


def _write_example(task, path):
    """Keeps a request and its answer, for `check` to repeat."""
    request = task.example_request()
    answer = task.serve(**request)
    with tf.io.TFRecordWriter(str(path)) as records:
        for tensors in (request, answer):
            features = {
                name: tf.train.Feature(
                    bytes_list=tf.train.BytesList(
                        value=[tf.io.serialize_tensor(tensor).numpy()]
                    )
                )
                for name, tensor in tensors.items()
            }
            example = tf.train.Example(
                features=tf.train.Features(feature=features)
            )
            records.write(example.SerializeToString())
