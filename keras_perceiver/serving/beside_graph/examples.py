"""Requests that an export is measured, warmed up and checked with.

Of raw requests an example with its answer lies beside the export, for every
signature that takes them; those of tensors are made up, the same ones always,
and known by their fingerprints.
"""

import urllib.parse

import numpy as np

from keras_perceiver.data.made_up import FREE_LENGTH
from keras_perceiver.data.made_up import made_up
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from keras_perceiver.serving.names import RAW

# An example of a clip takes tens of millions.
_MAX_BYTES = 2**31 - 1


def example_file(signature=RAW):
    """Returns where the example of a signature lies in an export."""
    if signature == RAW:
        return "assets.extra/example.pb"
    # Those of strangers' graphs may have any name.
    return f"assets.extra/example_{urllib.parse.quote(signature, '')}.pb"


def write_example(path, request, answer, signature=RAW):
    """Keeps a raw request and its answer.

    Args:
        path: of the SavedModel.
        request: an array for each input, by name.
        answer: an array for each output, by name.
        signature: which of its signatures answered.
    """
    log = protos.message("PredictLog")
    for tensors, place in (
        (request, log.request.inputs),
        (answer, log.response.outputs),
    ):
        for name, values in tensors.items():
            proto = tensor_protos.to_proto(values, _dtype_of(values))
            place[name].CopyFrom(proto)
    (path / example_file(signature)).write_bytes(log.SerializeToString())


def _dtype_of(array):
    for number, kind in tensor_protos.NUMPY_TYPES.items():
        if array.dtype == kind:
            return number
    return tensor_protos.STRING


def read_example(path, signature=RAW):
    """Returns the request and the answer that `write_example` kept.

    Args:
        path: of the SavedModel.
        signature: which of its signatures answered.

    Raises:
        ValueError: if the file holds none.
    """
    file = path / example_file(signature)
    if file.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{file} is larger than any example.")
    log = protos.parse("PredictLog", file.read_bytes())
    return tuple(
        {name: tensor_protos.from_proto(proto) for name, proto in both.items()}
        for both in (log.request.inputs, log.response.outputs)
    )


def good_rows(request, answer):
    """Returns a request of those rows alone that have no problem."""
    problems = answer.get("problem_bytes")
    if problems is None:
        return request
    return {name: rows[problems == b""] for name, rows in request.items()}


def of_size(request, count):
    """Returns a request of `count` rows: those given, in turn."""
    return {
        name: rows[np.arange(count) % len(rows)]
        for name, rows in request.items()
    }


def made_up_request(signature, count=2):
    """Rows for a signature of tensors, the same ones always.

    Args:
        signature: a `SignatureDef`.
        count: how many rows.
    """
    return {
        name: made_up(
            _shape(info, count), tensor_protos.NUMPY_TYPES[info.dtype]
        )
        for name, info in sorted(signature.inputs.items())
    }


def _shape(info, count):
    sizes = [size.size for size in info.tensor_shape.dim]
    return [count, *(n if n >= 0 else FREE_LENGTH for n in sizes[1:])]


def fingerprint(values):
    """Mean and deviation of an output, which no other is likely to have."""
    # Masked logits are -1e30, and would hide all others.
    values = np.maximum(np.asarray(values, "float64"), -1e3)
    return {"mean": float(values.mean()), "deviation": float(values.std())}
