"""Arrays as tensors of the C library, and back."""

import ctypes
import math

import numpy as np

from keras_perceiver.serving.messages.tensor_protos import NUMPY_TYPES
from keras_perceiver.serving.messages.tensor_protos import STRING
from keras_perceiver.serving.messages.tensor_protos import as_array
from keras_perceiver.serving.messages.tensor_protos import dtype_name
from keras_perceiver.serving.runtime.library import library

# Of TF_TString, which strings lie in.
_BYTES_OF_A_STRING = 24


def to_tensor(values, dtype):
    """Returns a new tensor; `delete_tensor` frees it.

    Args:
        values: an array or nested lists; strings are bytes or text.
        dtype: the number of the type.
    """
    array = as_array(values, dtype)
    size = array.size * _BYTES_OF_A_STRING if dtype == STRING else array.nbytes
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    tensor = library().TF_AllocateTensor(dtype, shape, array.ndim, size)
    start = library().TF_TensorData(tensor)
    if dtype == STRING:
        for number, value in enumerate(array.ravel()):
            place = start + _BYTES_OF_A_STRING * number
            library().TF_StringInit(place)
            library().TF_StringCopy(place, value, len(value))
    elif array.nbytes:
        whole = np.ascontiguousarray(array)
        ctypes.memmove(start, whole.ctypes.data, whole.nbytes)
    return tensor


def from_tensor(tensor):
    """Returns a tensor's values as an array of its own; strings are bytes."""
    dtype = library().TF_TensorType(tensor)
    shape = tuple(
        library().TF_Dim(tensor, axis)
        for axis in range(library().TF_NumDims(tensor))
    )
    start = library().TF_TensorData(tensor)
    if dtype == STRING:
        array = np.empty(math.prod(shape), object)
        array[:] = [
            _string_at(start + _BYTES_OF_A_STRING * number)
            for number in range(array.size)
        ]
        return array.reshape(shape)
    if dtype not in NUMPY_TYPES:
        raise ValueError(
            f"Answers of {dtype_name(dtype)} are not supported. An export's "
            "numbers are float32."
        )
    array = np.empty(shape, NUMPY_TYPES[dtype])
    if array.nbytes:
        ctypes.memmove(array.ctypes.data, start, array.nbytes)
    return array


def delete_tensor(tensor):
    """Frees a tensor, and strings in it that nothing else needs."""
    # Not the strings one by one: they may be the model's own.
    library().TF_DeleteTensor(tensor)


def _string_at(place):
    data = library().TF_StringGetDataPointer(place)
    return ctypes.string_at(data, library().TF_StringGetSize(place))
