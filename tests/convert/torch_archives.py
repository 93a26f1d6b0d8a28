"""Files as `torch.save` writes them, made without PyTorch."""

import pickle
import zipfile

import numpy as np

STORAGES = {
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "int64": "LongStorage",
}
ORDERED = b"ccollections\nOrderedDict\n)R"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def pickled(value):
    """What puts a value on the stack."""
    return pickle.dumps(value, 2)[2:-1]


def storage(key, length, kind="FloatStorage"):
    """The persistent id of a storage."""
    return (
        b"("
        + pickled("storage")
        + b"ctorch\n"
        + kind.encode()
        + b"\n"
        + b"".join(map(pickled, (key, "cpu", length)))
        + b"tQ"
    )


def tensor(stored, shape, strides, offset=0):
    """A tensor of a storage, with strides in elements."""
    return (
        REBUILD
        + b"("
        + stored
        + b"".join(map(pickled, (offset, tuple(shape), tuple(strides))))
        + b"\x89"
        + ORDERED
        + b"tR"
    )


def dictionary(tensors):
    """A state dictionary, with the attribute that PyTorch gives it."""
    items = b"".join(pickled(name) + value for name, value in tensors.items())
    metadata = b"}" + pickled("_metadata") + ORDERED + b"sb"
    return b"\x80\x02" + ORDERED + b"(" + items + b"u" + metadata + b"."


def write_archive(path, content, storages, **more):
    """A zip of a pickle and of storages by key.

    Args:
        path: the file.
        content: the pickle.
        storages: bytes by key.
        more: further files by name.
    """
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", "3\n")
        for key, values in storages.items():
            archive.writestr(f"archive/data/{key}", values)
        for name, values in more.items():
            archive.writestr(f"archive/{name}", values)
    return path


def write_torch_file(path, tensors):
    """A file with these arrays, each in a storage of its own."""
    parts, storages = {}, {}
    for number, (name, array) in enumerate(tensors.items()):
        array = np.asarray(array)
        strides = [stride // array.itemsize for stride in array.strides]
        kind = STORAGES[array.dtype.name]
        # As it lies in memory, so that what is transposed stays so.
        flat = array.T if array.flags.f_contiguous else array
        storages[str(number)] = np.ascontiguousarray(flat).tobytes()
        parts[name] = tensor(
            storage(str(number), array.size, kind), array.shape, strides
        )
    return write_archive(path, dictionary(parts), storages)
