"""Reads `pytorch_model.bin` without PyTorch and without running its pickle."""

import math
import os
import struct
import zipfile

import ml_dtypes
import numpy as np

from keras_perceiver.convert import local_files
from keras_perceiver.convert import restricted_pickle
from keras_perceiver.convert.pickled_objects import CONTAINERS
from keras_perceiver.convert.pickled_objects import PickledArray
from keras_perceiver.convert.pickled_objects import RefusedError
from keras_perceiver.convert.pickled_objects import StandIn

_STORAGES = {
    "HalfStorage": np.dtype("float16"),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "FloatStorage": np.dtype("float32"),
    "DoubleStorage": np.dtype("float64"),
    "ByteStorage": np.dtype("uint8"),
    "CharStorage": np.dtype("int8"),
    "ShortStorage": np.dtype("int16"),
    "IntStorage": np.dtype("int32"),
    "LongStorage": np.dtype("int64"),
    "BoolStorage": np.dtype("bool"),
}

# All that reading a broken zip was seen to raise.
_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
    struct.error,
)


def read_torch_file(path, *, max_bytes=restricted_pickle.DEFAULT_MAX_BYTES):
    """Reads the tensors of a `torch.save` file of a state dictionary.

    Args:
        path: the file, a zip as PyTorch writes since 1.6.
        max_bytes: the largest file that is read, and the most that its
            tensors may take together.

    Returns:
        A dictionary of NumPy arrays by name.

    Raises:
        ValueError: if it is no such file, asks for anything but tensors, or
            is larger than `max_bytes`.
        OSError: if it is not there, or is no file.
    """
    with local_files.open_regular(path, max_bytes) as file:
        if file.read(4) != b"PK\x03\x04":
            raise ValueError(
                f"{path} is no zip. Files that PyTorch wrote before 1.6, and "
                "plain pickles, are refused. Load it in PyTorch and save it "
                "again, best as model.safetensors."
            )
        try:
            with zipfile.ZipFile(file) as archive:
                return _TorchArchive(archive, path, max_bytes).read()
        except _BROKEN as error:
            raise ValueError(
                f"{path} is no whole PyTorch file ({error}). It may be cut "
                "off: copy it again."
            ) from None


class _TorchArchive:
    """One zip: a pickle of tensors, and a file for each storage.

    Args:
        archive: the open `zipfile.ZipFile`.
        path: its name, for messages.
        max_bytes: the most that all tensors may take together.
    """

    def __init__(self, archive, path, max_bytes):
        self._archive = archive
        self._path = path
        self._max_bytes = max_bytes
        self._bytes_left = max_bytes
        self._entries = {entry.filename: entry for entry in archive.infolist()}
        self._storages = {}

    def read(self):
        self._check_entries()
        pickles = [name for name in self._entries if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError(
                f"{self._path} holds {len(pickles)} files called data.pkl. "
                "Wanted: one, as in what torch.save writes."
            )
        self._folder = pickles[0].removesuffix("data.pkl")
        self._check_byte_order()
        with self._archive.open(pickles[0]) as file:
            content = restricted_pickle.load(
                file, self._path, self._stand_ins(), self._storage
            )
        return self._tensors(content)

    def _check_entries(self):
        """Refuses what unpacks to more than it is, before unpacking it."""
        if len(self._entries) < len(self._archive.infolist()):
            raise ValueError(f"{self._path} holds files of the same name.")
        total = 0
        for name, entry in self._entries.items():
            total += entry.file_size
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise ValueError(
                    f"{self._path} holds {name!r} compressed or encrypted, "
                    "which torch.save never does."
                )
        # As they are not compressed, more can only be entries that overlap.
        if total > self._archive.fp.seek(0, os.SEEK_END):
            raise ValueError(
                f"{self._path} holds files that overlap, which torch.save "
                "never does."
            )

    def _check_byte_order(self):
        name = f"{self._folder}byteorder"
        if name in self._entries:
            order = self._archive.read(name)
            if order != b"little":
                raise ValueError(
                    f"{self._path} was written on a machine of the other byte "
                    f"order. Received: byteorder {order[:20]!r}"
                )

    def _stand_ins(self):
        functions = {
            **{f"torch.{name}": None for name in _STORAGES},
            "torch._utils._rebuild_tensor_v2": self._rebuild_tensor,
            "torch._utils._rebuild_parameter": _rebuild_parameter,
        }
        return {
            **CONTAINERS,
            **{name: StandIn(name, functions[name]) for name in functions},
        }

    def _storage(self, pid):
        """The flat array that a persistent id names, of this zip alone."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise RefusedError("it refers to an object that is no storage")
        _, kind, key, _, length = pid
        name = f"{self._folder}data/{key}"
        if not isinstance(kind, StandIn) or name not in self._entries:
            raise RefusedError("it refers to a storage that is not in the file")
        dtype = _STORAGES[kind.name.removeprefix("torch.")]
        if length * dtype.itemsize != self._entries[name].file_size:
            raise RefusedError(f"storage {key} is not as long as it says")
        if (name, dtype) not in self._storages:
            content = self._archive.read(name)
            self._storages[name, dtype] = np.frombuffer(content, dtype)
        return _Storage(self._storages[name, dtype])

    def _rebuild_tensor(self, storage, offset, shape, strides, *_):
        if not isinstance(storage, _Storage):
            raise RefusedError("it holds a tensor without a storage")
        for sizes in (shape, strides, (offset,)):
            if not isinstance(sizes, tuple) or not all(
                type(size) is int and size >= 0 for size in sizes
            ):
                raise RefusedError("it holds a tensor of an impossible shape")
        flat = storage.array
        # Strides of zero make much of little.
        self._bytes_left -= math.prod(shape) * flat.itemsize
        if self._bytes_left < 0:
            raise RefusedError(
                f"its tensors take more than max_bytes={self._max_bytes:,}"
            )
        return PickledArray(_strided(flat, offset, shape, strides))

    def _tensors(self, content):
        if not isinstance(content, dict):
            raise ValueError(
                f"{self._path} holds a {type(content).__name__}. Wanted: a "
                "dictionary of tensors."
            )
        for name, tensor in content.items():
            if not isinstance(name, str) or not isinstance(
                tensor, PickledArray
            ):
                raise ValueError(
                    f"{self._path} is nested wrongly: {str(name)[:100]} is a "
                    f"{type(tensor).__name__}. Wanted: a tensor."
                )
        return {name: tensor.array for name, tensor in content.items()}


class _Storage:
    """The numbers behind one or more tensors."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array

    def __setstate__(self, state):
        raise RefusedError("it changes a storage")


def _rebuild_parameter(tensor, *_):
    if not isinstance(tensor, PickledArray):
        raise RefusedError("it holds a parameter that is no tensor")
    return tensor


def _strided(flat, offset, shape, strides):
    """The tensor that PyTorch would see in a flat array."""
    if len(shape) != len(strides) or len(shape) > 32:
        raise RefusedError("it holds a tensor of an impossible shape")
    if math.prod(shape) == 0:
        return np.zeros(shape, flat.dtype)
    last = offset + sum(
        (size - 1) * stride for size, stride in zip(shape, strides, strict=True)
    )
    if last >= len(flat):
        raise RefusedError("it holds a tensor that reaches beyond its storage")
    view = np.lib.stride_tricks.as_strided(
        flat[offset:],
        shape,
        [stride * flat.itemsize for stride in strides],
        writeable=False,
    )
    return np.asarray(view, order="C")
