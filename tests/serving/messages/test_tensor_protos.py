"""Arrays as the tensors of requests, against TensorFlow's own."""

import re
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos

SHAPES = [(), (0,), (1,), (7,), (2, 3), (2, 0, 3), (1, 2, 3, 4)]
BYTES = [b"", b"\0", b"a\0\0", bytes(range(256)), "äß".encode(), b"x" * 999]


def sample(shape, dtype):
    """Values up to a type's limits."""
    random = np.random.default_rng(0)
    if dtype == tensor_protos.STRING:
        flat = np.empty(int(np.prod(shape)), object)
        flat[:] = [BYTES[place % len(BYTES)] for place in range(len(flat))]
        return flat.reshape(shape)
    kind = np.dtype(tensor_protos.NUMPY_TYPES[dtype])
    if kind.kind == "f":
        values = random.normal(size=shape)
    elif kind.kind == "b":
        values = random.integers(0, 2, shape)
    else:
        limits = np.iinfo(kind)
        values = random.integers(limits.min, limits.max, shape, kind, True)
    return np.asarray(values).astype(kind)


def official(proto):
    return tensor_pb2.TensorProto.FromString(proto.SerializeToString())


def ours(proto):
    return protos.parse("TensorProto", proto.SerializeToString())


def as_a_server_reads(proto):
    """By C++, as requests are."""
    kind = tensor_protos.NUMPY_TYPES.get(proto.dtype, object)
    tensor = tf.io.parse_tensor(proto.SerializeToString(), proto.dtype)
    return np.asarray(tensor.numpy(), kind)


def assert_same(came, wanted):
    assert came.shape == wanted.shape
    assert came.dtype == wanted.dtype
    assert came.tolist() == wanted.tolist()


def test_types_have_tensorflows_numbers():
    for number, kind in tensor_protos.NUMPY_TYPES.items():
        assert tf.as_dtype(kind).as_datatype_enum == number
        name = tensor_protos.dtype_name(number)
        assert name == tf.dtypes.as_dtype(number).name
    assert tensor_protos.dtype_name(tensor_protos.STRING) == "string"
    assert tensor_protos.dtype_name(14) == "type 14"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", sorted(tensor_protos._FIELDS))
def test_values_go_to_tensorflow_and_come_from_it(dtype, shape):
    values = sample(shape, dtype)
    proto = tensor_protos.to_proto(values, dtype)
    assert_same(tensor_protos.from_proto(proto), values)
    assert_same(tf.make_ndarray(official(proto)), values)
    assert_same(as_a_server_reads(proto), values)
    theirs = tf.make_tensor_proto(values, dtype, shape)
    assert_same(tensor_protos.from_proto(ours(theirs)), values)


@pytest.mark.parametrize("dtype", sorted(tensor_protos._FIELDS))
@pytest.mark.parametrize("count", [0, 1, 4, 6])
def test_values_that_are_listed_are_read_as_tensorflow_reads(dtype, count):
    """The last one stands for all that follow."""
    listed = sample((count,), dtype).tolist()
    if dtype == 10:
        listed = [True] * count
    field = tensor_protos._FIELDS[dtype]
    proto = protos.message("TensorProto", dtype=dtype, **{field: listed})
    for size in (2, 3):
        proto.tensor_shape.dim.add(size=size)
    came = tensor_protos.from_proto(proto)
    assert_same(came, as_a_server_reads(proto))
    if count:
        assert_same(came, tf.make_ndarray(official(proto)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", sorted(tensor_protos._FIELDS))
def test_one_value_fills_a_tensor(dtype, shape):
    value = sample((4,), dtype)[3].item() if dtype != 7 else b"a\0"
    proto = tensor_protos.filled_proto(shape, value, dtype)
    wanted = np.empty(shape, tensor_protos.NUMPY_TYPES.get(dtype, object))
    wanted.fill(value)
    assert_same(tensor_protos.from_proto(proto), wanted)
    assert_same(as_a_server_reads(proto), wanted)
    if dtype != tensor_protos.STRING:
        assert len(proto.SerializeToString()) < 40


def test_text_is_utf_8_and_bytes_are_left_alone():
    array = tensor_protos.as_array([["ä", b"\xff\0"]], tensor_protos.STRING)
    assert array.tolist() == [["ä".encode(), b"\xff\0"]]
    assert tensor_protos.as_array("a", tensor_protos.STRING).shape == ()


INT32, UINT8, INT8, INT64, FLOAT, DOUBLE, BOOL = 3, 4, 6, 9, 1, 2, 10


@pytest.mark.parametrize(
    ("values", "dtype", "wanted"),
    [
        ([1, 2], FLOAT, [1.0, 2.0]),
        ([0, 255], UINT8, [0, 255]),
        ([], INT32, []),
        ([True, False], BOOL, [True, False]),
        ([0.1, np.inf, np.nan], FLOAT, np.array([0.1, np.inf, np.nan], "f4")),
        (np.array([[1, 2]], ">i8"), INT32, [[1, 2]]),
        (np.arange(6).reshape(2, 3).T, INT8, [[0, 3], [1, 4], [2, 5]]),
        (np.array([7], "u8"), INT64, [7]),
    ],
)
def test_what_fits_is_taken(values, dtype, wanted):
    came = tensor_protos.as_array(values, dtype)
    assert came.dtype == tensor_protos.NUMPY_TYPES[dtype]
    assert np.array_equal(came, wanted, equal_nan=came.dtype.kind == "f")


@pytest.mark.parametrize(
    ("values", "dtype", "said"),
    [
        ([256], UINT8, "Wanted: uint8. Received: int64 from 256 to 256"),
        ([-1, 3], UINT8, "Wanted: uint8. Received: int64 from -1 to 3"),
        ([2**31], INT32, "Wanted: int32"),
        ([[2**40]], INT8, "Wanted: int8"),
        ([2**63], INT64, "Wanted: int64"),
        ([2**70], INT64, "Wanted: int64. Received: object"),
        ([0.5], INT32, "Wanted: int32. Received: float64 from 0.5 to 0.5"),
        ([1e39], FLOAT, "Wanted: float32"),
        ([1], BOOL, "Wanted: bool"),
        ([True], INT32, "Wanted: int32. Received: bool"),
        ([1j], DOUBLE, "Wanted: float64. Received: complex128"),
        ([None], FLOAT, "Wanted: float32. Received: object"),
        (["1"], FLOAT, "Wanted: float32"),
        ([[1], [2, 3]], FLOAT, "inhomogeneous"),
        ([1], 7, "Wanted: text or bytes. Received: int"),
        ([["a"], "b"], 7, "Wanted: text or bytes. Received: list"),
        ([1], 14, "Tensors of type 14 are not supported"),
    ],
)
def test_what_does_not_fit_is_told(values, dtype, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        tensor_protos.to_proto(values, dtype)


def hostile(shape, dtype=FLOAT, **fields):
    proto = protos.message("TensorProto", dtype=dtype, **fields)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


UNKNOWN_RANK = hostile((), float_val=[1.0])
UNKNOWN_RANK.tensor_shape.unknown_rank = True
HOSTILE = [
    (hostile((10**12,), float_val=[1.0]), "takes more than 1,073,741,824"),
    (hostile((10**6, 10**6)), "takes more than"),
    (hostile((2**62, 2**62), INT8), "takes more than"),
    (hostile((10**12,), 7, string_val=[b"a"]), "takes more than"),
    (hostile((2**28 + 1,), tensor_content=b"1234"), "takes more than"),
    (hostile((3,), tensor_content=b"1234"), "has 1 values instead of 3"),
    (hostile((1,), tensor_content=b"12345678"), "has 2 values instead of 1"),
    (hostile((1,), tensor_content=b"123"), "multiple of element size"),
    (hostile((1,), float_val=[1.0, 2.0]), "has 2 values instead of 1"),
    (hostile((0,), float_val=[1.0]), "has 1 values instead of 0"),
    (hostile((), 7, string_val=[b"a", b"b"]), "has 2 values instead of 1"),
    (hostile((-1,), float_val=[1.0]), "float32 of shape (-1,)"),
    (hostile((-2, -3), float_val=[1.0] * 6), "float32 of shape (-2, -3)"),
    (hostile((1,), 0), "type 0 of shape (1,)"),
    (hostile((1,), 14), "type 14 of shape (1,)"),
    (hostile((1,), -1), "type -1 of shape (1,)"),
    (hostile((1,), 7, tensor_content=b"\x01a"), "cannot be read from tensor_"),
    (hostile((1,), UINT8, int_val=[300]), "uint8"),
    (hostile((2,), INT8, int_val=[-129]), "int8"),
    (hostile((1,) * 65, float_val=[1.0]), "dim"),
    (UNKNOWN_RANK, "cannot be read"),
]


@pytest.mark.parametrize(("proto", "said"), HOSTILE)
def test_hostile_tensors_are_refused_before_memory_is_taken(proto, said):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=re.escape(said)):
            tensor_protos.from_proto(proto)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_no_elements_take_no_memory_however_long_the_other_axes_are():
    proto = hostile((0, 10**12), INT32)
    assert tensor_protos.from_proto(proto).shape == (0, 10**12)
