"""Stand-ins for what pickles of weights are made of.

A restricted unpickler gives these instead of what a pickle asks for. They
hold and check values; none of them runs or imports anything, and none lets a
pickle change it. Every one that a pickle can reach has a `__setstate__` of
its own, without which unpickling sets attributes freely.
"""

import math

import ml_dtypes
import numpy as np

_KINDS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
_DTYPES = {kind: np.dtype(kind) for kind in (*_KINDS, "b1")}
# NumPy 1 has no more.
_MAX_DIMENSIONS = 32


class RefusedError(ValueError):
    """What a pickle asks for is not what weights are made of."""


class StandIn:
    """A global that a pickle may name, and what calling it gives.

    Args:
        name: the global's full name, for messages.
        function: what is called, or None if calling it is refused.
    """

    __slots__ = ("function", "name")

    def __init__(self, name, function=None):
        self.name = name
        self.function = function

    def __call__(self, *args):
        if self.function is None:
            raise RefusedError(f"it calls {self.name}")
        return self.function(*args)

    def __setstate__(self, state):
        raise RefusedError(f"it changes {self.name}")


class PickledMapping(dict):
    """A dictionary, whatever kind of mapping was pickled."""

    __slots__ = ()

    def __setstate__(self, state):
        # PyTorch notes the version of every module there.
        if not isinstance(state, dict) or set(state) - {"_metadata"}:
            raise RefusedError("it sets attributes of a mapping")


class PickledDType:
    """A NumPy dtype of plain numbers, with its byte order."""

    __slots__ = ("dtype",)

    def __init__(self, dtype):
        self.dtype = dtype

    def __setstate__(self, state):
        order, *structure = _tuple(state, "the state of a dtype")[1:5]
        if structure != [None, None, None] or order not in ("<", ">", "|", "="):
            raise RefusedError("it holds a dtype that is not of plain numbers")
        if order in "<>":
            self.dtype = self.dtype.newbyteorder(order)


class PickledArray:
    """A NumPy array; it is read once, when unpickling gives its content."""

    __slots__ = ("array",)

    def __init__(self, array=None):
        self.array = array

    def __setstate__(self, state):
        # Very old pickles leave the version in front out.
        state = _tuple(state, "the state of an array")[-4:]
        if len(state) != 4 or self.array is not None:
            raise RefusedError("it holds an array of an unknown form")
        shape, dtype, fortran_order, data = state
        self.array = _array(data, dtype, shape, "F" if fortran_order else "C")


def _tuple(value, what):
    if not isinstance(value, tuple):
        raise RefusedError(f"{what} is a {type(value).__name__}")
    return value


def _array(data, dtype, shape, order):
    """An array over `data`, without a copy.

    Nothing is made before all sizes agree, so no pickle can claim an array
    that is larger than the file.
    """
    if not isinstance(dtype, PickledDType):
        raise RefusedError("it holds an array without a dtype")
    if not isinstance(data, bytes | bytearray):
        raise RefusedError(f"an array's content is a {type(data).__name__}")
    shape = _tuple(shape, "the shape of an array")
    if len(shape) > _MAX_DIMENSIONS or not all(
        type(size) is int and size >= 0 for size in shape
    ):
        raise RefusedError("it holds an array of an impossible shape")
    if order not in ("C", "F"):
        raise RefusedError("it holds an array of an unknown order")
    if math.prod(shape) * dtype.dtype.itemsize != len(data):
        raise RefusedError(
            f"an array of shape {shape} and {dtype.dtype} has {len(data)} bytes"
        )
    flat = np.frombuffer(data, dtype.dtype)
    return flat.reshape(shape, order=order).astype(
        dtype.dtype.newbyteorder("="), copy=False
    )


def _reconstruct(kind, *_):
    # NumPy would allocate the shape in the arguments; the state gives it.
    if not isinstance(kind, StandIn) or kind.name != "numpy.ndarray":
        raise RefusedError("it reconstructs something that is no array")
    return PickledArray()


def _frombuffer(data, dtype, shape, order):
    return PickledArray(_array(data, dtype, shape, order))


def _scalar(dtype, data):
    return PickledArray(_array(data, dtype, (), "C"))


def _dtype(kind, *_):
    if isinstance(kind, StandIn) and kind.name.endswith(".bfloat16"):
        return PickledDType(np.dtype(ml_dtypes.bfloat16))
    if not isinstance(kind, str) or kind not in _DTYPES:
        # Such as "O8", whose elements are unpickled objects.
        raise RefusedError("it holds a dtype that is not of plain numbers")
    return PickledDType(_DTYPES[kind])


def _jax_array(function, args, state, _):
    if not isinstance(function, StandIn):
        raise RefusedError("it reconstructs something that is no array")
    array = function(*_tuple(args, "an argument"))
    if not isinstance(array, PickledArray):
        raise RefusedError("it reconstructs something that is no array")
    array.__setstate__(state)
    return array


def _mapping(pairs=()):
    return PickledMapping(pairs)


def _latin1(text, encoding):
    # How protocols 0 to 2 write bytes.
    if not isinstance(text, str) or encoding != "latin1":
        raise RefusedError("it calls _codecs.encode for something else")
    return text.encode("latin1")


def _no_bytes():
    # How the same protocols write none; with arguments it raises.
    return b""


def _stand_ins(functions):
    return {name: StandIn(name, function) for name, function in functions}


_NUMPY = [
    (f"numpy.{core}.{name}", function)
    # NumPy 1 and NumPy 2.
    for core in ("core", "_core")
    for name, function in (
        ("multiarray._reconstruct", _reconstruct),
        ("multiarray.scalar", _scalar),
        ("numeric._frombuffer", _frombuffer),
    )
]

CONTAINERS = _stand_ins([("collections.OrderedDict", _mapping)])

ARRAYS = _stand_ins(
    [
        *_NUMPY,
        ("numpy.ndarray", None),
        ("numpy.dtype", _dtype),
        ("_codecs.encode", _latin1),
        ("__builtin__.bytes", _no_bytes),
        ("ml_dtypes.bfloat16", None),
        ("jaxlib.xla_extension.bfloat16", None),
        ("jax._src.array._reconstruct_array", _jax_array),
        ("jax._src.device_array.reconstruct_device_array", _jax_array),
    ]
)

# Haiku's immutable mappings, through its versions.
HAIKU = _stand_ins(
    (f"haiku._src.data_structures.{name}", _mapping)
    for name in ("FlatMapping", "FlatMap", "frozendict")
)
