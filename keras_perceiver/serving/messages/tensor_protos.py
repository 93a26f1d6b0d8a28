"""Arrays as the tensors of requests and answers, and back."""

import math

import numpy as np

from keras_perceiver.serving.messages import protos

STRING = 7
# TensorFlow's numbers of the types that requests and answers may have.
NUMPY_TYPES = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    4: np.uint8,
    5: np.int16,
    6: np.int8,
    9: np.int64,
    10: np.bool_,
}
_NAMES = {
    STRING: "string",
    **{number: np.dtype(kind).name for number, kind in NUMPY_TYPES.items()},
}
# What a few bytes may be spread to, and more than any request has.
LARGEST_TENSOR_BYTES = 2**30
_FIELDS = {
    1: "float_val",
    2: "double_val",
    3: "int_val",
    4: "int_val",
    5: "int_val",
    6: "int_val",
    STRING: "string_val",
    9: "int64_val",
    10: "bool_val",
}


def dtype_name(number):
    """Returns the name of a type, such as `"float32"` for 1."""
    return _NAMES.get(number, f"type {number}")


def as_array(values, dtype):
    """Returns values as an array of a type's number; strings are bytes.

    Raises:
        ValueError: if there is no such type, or the values are not of it.
    """
    if dtype == STRING:
        array = np.asarray(values, object)
        strings = [_as_bytes(value) for value in array.ravel()]
        flat = np.empty(len(strings), object)
        flat[:] = strings
        return flat.reshape(array.shape)
    if dtype not in NUMPY_TYPES:
        raise ValueError(f"Tensors of {dtype_name(dtype)} are not supported.")
    array = np.asarray(values)
    wanted = np.dtype(NUMPY_TYPES[dtype])
    if array.size and not _fits(array, wanted):
        raise ValueError(
            f"Wanted: {wanted.name}. Received: {array.dtype.name}"
            f"{_extremes(array)}"
        )
    return array.astype(wanted)


def _fits(array, wanted):
    """Whole numbers do for decimal ones; nothing is cut or wrapped."""
    kinds = array.dtype.kind + wanted.kind
    if kinds in ("bb", "if", "uf"):
        return True
    if wanted.kind in "iu" and array.dtype.kind in "iu":
        limits = np.iinfo(wanted)
        return limits.min <= array.min() and array.max() <= limits.max
    if kinds == "ff":
        finite = np.abs(array[np.isfinite(array)]).max(initial=0)
        return finite <= np.finfo(wanted).max
    return False


def _extremes(array):
    if array.dtype.kind not in "iuf":
        return ""
    return f" from {array.min()} to {array.max()}"


def _as_bytes(value):
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise ValueError(
            f"Wanted: text or bytes. Received: {type(value).__name__}"
        )
    return value


def to_proto(values, dtype):
    """Returns a `TensorProto` of values.

    Args:
        values: an array or nested lists.
        dtype: the number of its type.
    """
    array = as_array(values, dtype)
    proto = _empty(array.shape, dtype)
    if dtype == STRING:
        proto.string_val.extend(array.ravel())
    else:
        proto.tensor_content = array.tobytes()
    return proto


def filled_proto(shape, value, dtype):
    """Returns a `TensorProto` of one value everywhere, in a few bytes."""
    proto = _empty(shape, dtype)
    if dtype == STRING:
        # Strings have no short form that every reader knows.
        proto.string_val.extend([value] * math.prod(shape))
    elif math.prod(shape):
        getattr(proto, _FIELDS[dtype]).append(value)
    return proto


def _empty(shape, dtype):
    proto = protos.message("TensorProto", dtype=dtype)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def from_proto(proto):
    """Returns the array of a `TensorProto`; strings are bytes.

    Raises:
        ValueError: if its type is none of requests and answers, its values
            do not fill its shape, or it is larger than any request.
    """
    shape = tuple(size.size for size in proto.tensor_shape.dim)
    size = math.prod(shape)
    is_known = (
        not proto.tensor_shape.unknown_rank and min(shape, default=0) > -1
    )
    if proto.dtype not in _FIELDS or not is_known:
        raise ValueError(
            "A tensor cannot be read. Received: "
            f"{dtype_name(proto.dtype)} of shape {shape}"
        )
    # An array of strings holds pointers.
    width = np.dtype(NUMPY_TYPES.get(proto.dtype, np.int64)).itemsize
    if size * width > LARGEST_TENSOR_BYTES:
        raise ValueError(
            f"A tensor of shape {shape} takes more than "
            f"{LARGEST_TENSOR_BYTES:,} bytes."
        )
    if proto.tensor_content:
        if proto.dtype == STRING:
            raise ValueError("Strings cannot be read from tensor_content.")
        values = np.frombuffer(proto.tensor_content, NUMPY_TYPES[proto.dtype])
    else:
        values = _listed(proto, size)
    if len(values) != size:
        raise ValueError(
            f"A tensor of shape {shape} has {len(values):,} values instead of "
            f"{size:,}."
        )
    return values.reshape(shape)


def _listed(proto, size):
    """Values of a field of their own. The last one stands for all that follow.

    None at all are zeros, or empty strings.
    """
    listed = list(getattr(proto, _FIELDS[proto.dtype]))
    if proto.dtype == STRING:
        values = np.empty(max(size, len(listed)), object)
        values[:] = listed + (listed[-1:] or [b""]) * (size - len(listed))
        return values
    try:
        values = np.array(listed or [0], NUMPY_TYPES[proto.dtype])
    except OverflowError as error:
        raise ValueError(
            f"A tensor of {dtype_name(proto.dtype)}: {error}"
        ) from error
    if len(listed) < size:
        return np.pad(values, (0, size - len(values)), "edge")
    return values[: len(listed)]
