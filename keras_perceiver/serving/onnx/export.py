"""Models as ONNX files, by Keras's own export, checked with onnxruntime."""

import contextlib
import gc
import pathlib
import warnings

import keras
import numpy as np

from keras_perceiver import errors
from keras_perceiver import files
from keras_perceiver.host_memory import host_memory
from keras_perceiver.layers import attention_memory
from keras_perceiver.layers.modality_mask import ModalityMask
from keras_perceiver.serving import garbage
from keras_perceiver.serving.onnx.graph import mend
from keras_perceiver.tasks.task import call

TOLERANCE = 1e-4
# What a protocol buffer can hold, and so an ONNX file.
MAXIMUM_BYTES = 2**31 - 1
# The conversion copies the graph, weights and all, for each of its passes.
# Tables of positions are copied too, and not counted: images take more.
MEMORY_FACTOR = 25
_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
_BATCHES = (1, 3)
# What is made up for lengths that a model leaves free.
_FREE_LENGTH = 3
# What no model answers with but for places that are masked: the others would
# be lost beside it.
_MASKED = -1e29


def export_onnx(model, path, output_name="output"):
    """Writes a model as an ONNX file, whole and right or not at all.

    The file takes and gives tensors, as the model does, with any number of
    rows. Inputs have the names of the model's, and outputs too, where it
    gives a dictionary; one that is called like an input has `_output` added.
    onnxruntime answers made-up requests of 1 and 3 rows, and the file stays
    only if every output is that of the model: max|a - b| / max|b| <= 1e-4.

    Attention is never in chunks there, whatever `set_attention_memory` says:
    the conversion would lose the last queries.

    Args:
        model: a functional float32 model, such as `from_preset` returns, or
            its view `model.encode` or `model.decode`.
        path: the file to write, such as `"language.onnx"`.
        output_name: what the file calls the output of a model that gives one
            tensor alone. Latents of an `encode` are always `latents`.

    Returns:
        The path.

    Raises:
        ValueError: if the model cannot be written so, before anything is,
            or if onnxruntime answers otherwise than the model.
        FileExistsError: if the file exists already.
        ImportError: if a package of the extra `onnx` is missing.
    """
    path = pathlib.Path(path)
    _check_model(model)
    if path.exists():
        raise FileExistsError(
            f"{path} exists already. Remove it, or name another file."
        )
    for package in _PACKAGES:
        errors.import_extra(package, "onnx")
    named = _with_named_outputs(model, output_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as temporary:
        _write(named, temporary)
        _check(named, temporary)
    return path


def _check_model(model):
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "ONNX files are written on TensorFlow. Received: backend "
            f"{keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
        )
    if not isinstance(model, keras.Function):
        raise ValueError(
            "ONNX files are written of functional Keras models, such as "
            "from_preset returns, or task.model, model.encode and "
            f"model.decode. Received: {model!r}"
        )
    for layer in model._flatten_layers():
        is_input = isinstance(layer, keras.layers.InputLayer)
        if not is_input and layer.compute_dtype != "float32":
            raise ValueError(
                "ONNX files are written of models that compute in float32. "
                f"Received: layer {layer.path!r} of {model.name!r} in "
                f"{layer.compute_dtype}. Build the model with "
                'dtype="float32", and load the same weights.'
            )
    num_bytes = 4 * model.count_params()
    if num_bytes > MAXIMUM_BYTES:
        raise ValueError(
            f"An ONNX file holds at most {MAXIMUM_BYTES:,} bytes. Received: "
            f"{model.name!r} with {num_bytes:,} bytes of weights. Export a "
            "smaller model, or a SavedModel."
        )
    needed = MEMORY_FACTOR * num_bytes
    _, available = host_memory()
    if available is not None and needed > available:
        raise ValueError(
            f"Writing {model.name!r} as ONNX takes about {needed:,} bytes of "
            f"memory or more, {MEMORY_FACTOR} times its weights. Received: "
            f"{available:,} bytes free. Use a larger machine, export a "
            "smaller model, or a SavedModel."
        )


def _with_named_outputs(model, output_name):
    """The model with a dictionary of outputs, none called like an input."""
    outputs = model.output
    if not isinstance(outputs, dict):
        # The layer that `models.encode_decode.encode` ends with.
        if model.output_names == ["latents_out"]:
            output_name = "latents"
        outputs = {output_name: outputs}
    inputs = {tensor.name for tensor in model.inputs}
    outputs = {
        f"{name}_output" if name in inputs else name: tensor
        for name, tensor in outputs.items()
    }
    return keras.Model(model.input, outputs, name=model.name)


@contextlib.contextmanager
def _collecting_often():
    """Frees the conversion's copies of the graph before the next is made.

    They are cycles, which Python looks for when many objects are new beside
    those there are: with all of TensorFlow counted, far too late.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    with garbage.frozen():
        # Once more, so that what is frozen counts no longer.
        gc.collect()
        gc.set_threshold(thresholds[0], 2, 1)
        try:
            yield
        finally:
            gc.set_threshold(*thresholds)


def _write(model, path):
    with (
        warnings.catch_warnings(),
        attention_memory(float("inf")),
        _collecting_often(),
    ):
        # Keras asks numpy for what is no more, and sets it.
        warnings.filterwarnings(
            "ignore", "In the future `np.object`", FutureWarning
        )
        model.export(
            str(path),
            format="onnx",
            verbose=False,
            # Without it, Keras wants to have seen a call.
            input_signature=[model.input],
        )
    mend(path, model)


def _check(model, path):
    """Raises `ValueError` unless onnxruntime answers as the model does."""
    request = _made_up_request(model, max(_BATCHES))
    requests = [
        {name: values[:batch] for name, values in request.items()}
        for batch in _BATCHES
    ]
    for rows, answer in zip(requests, _answers(path, requests), strict=True):
        for name, wanted in call(model, rows).items():
            wanted = keras.ops.convert_to_numpy(wanted)
            difference = _difference(answer[name], wanted)
            # Not the other way round, which NaN would pass.
            if not difference <= TOLERANCE:
                raise ValueError(
                    f"Output {name!r} of {model.name!r} differs in "
                    f"onnxruntime: max|a - b| / max|b| is {difference:.1e} "
                    f"for a batch of {len(wanted)}, and at most "
                    f"{TOLERANCE:.0e} was wanted. No file was kept."
                )


def _answers(path, requests):
    """What onnxruntime answers: for each request, arrays by name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # What is fatal: the rest is raised, and would be printed too.
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        return [
            dict(zip(names, session.run(names, request), strict=True))
            for request in requests
        ]
    except Exception as error:  # Its exceptions have no class in common.
        raise ValueError(
            "Keras wrote what onnxruntime cannot run, and no file was kept: "
            f"{error}"
        ) from error


def _made_up_request(model, count):
    """Rows for every input, the same ones always."""
    request = {}
    for tensor in model.inputs:
        rng = np.random.default_rng(len(request))
        shape = [count, *(n or _FREE_LENGTH for n in tensor.shape[1:])]
        values = rng.standard_normal(shape)
        if "int" in tensor.dtype:
            # Small enough for any index or token.
            values = np.abs(values).astype("int64") % _FREE_LENGTH
        elif tensor.dtype == "bool":
            values = values < 1
        request[tensor.name] = values.astype(tensor.dtype)
    if any(isinstance(layer, ModalityMask) for layer in model.layers):
        for values in request.values():
            if values.dtype == "float32":
                values[-1] = np.nan  # Missing, as such a model may be told.
    return request


def _difference(came, wanted):
    """max|a - b| / max|b|, where no number is masked."""
    masked = wanted <= _MASKED
    if came.shape != wanted.shape or np.any(masked != (came <= _MASKED)):
        return np.inf
    came, wanted = (np.where(masked, 0, values) for values in (came, wanted))
    difference = np.max(np.abs(came - wanted), initial=0)
    largest = np.max(np.abs(wanted), initial=0)
    return difference / largest if largest else difference
