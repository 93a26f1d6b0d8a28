"""Reads pickles of weights without running anything that is in them.

`pickle.load` runs what a file asks it to. Here a file may only name what
NumPy arrays and mappings are made of, and gets harmless stand-ins for it.
"""

import contextlib
import os
import pickle
import pickletools

from keras_perceiver.convert import local_files
from keras_perceiver.convert.pickled_objects import ARRAYS
from keras_perceiver.convert.pickled_objects import CONTAINERS
from keras_perceiver.convert.pickled_objects import HAIKU
from keras_perceiver.convert.pickled_objects import PickledArray
from keras_perceiver.convert.pickled_objects import RefusedError

# What pickles of mappings and arrays use, in every protocol. Left out is all
# that makes objects in other ways or reaches beyond the file: INST, OBJ,
# NEWOBJ, the extension registry, out-of-band buffers.
_OPCODES = """
    PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE
    INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8
    SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8
    EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT SETITEM SETITEMS
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET
    GLOBAL STACK_GLOBAL REDUCE BUILD
"""
_MEMO_OPCODES = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
# The published files have about 10,000.
_MAX_OPCODES = 1_000_000
# The largest published file has 0.8 GB.
DEFAULT_MAX_BYTES = 4 * 10**9

# All that reading a broken or hostile pickle was seen to raise.
_BROKEN = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
    RecursionError,
)


def read_deepmind_pickle(path, *, max_bytes=DEFAULT_MAX_BYTES):
    """Reads a DeepMind checkpoint; neither Haiku nor JAX is needed.

    Args:
        path: the file: `{module: {name: array}}`, or `{"params": ...,
            "state": ...}` of two such mappings, pickled.
        max_bytes: the largest file that is read.

    Returns:
        Two such dictionaries of NumPy arrays, parameters and state; the
        second is empty where the file has none.

    Raises:
        ValueError: if the file is no such pickle, asks for anything but
            arrays and mappings, or is larger than `max_bytes`.
        OSError: if it is not there, or is no file.
    """
    with local_files.open_regular(path, max_bytes) as file:
        local_files.refuse_what_is_no_checkpoint(file, path)
        content = load(file, path, {**ARRAYS, **CONTAINERS, **HAIKU})
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} holds a {type(content).__name__}. Wanted: a mapping of "
            "module names to mappings of arrays, or one with 'params' and "
            "'state'."
        )
    # A module called `params` would hold arrays, not modules.
    if "params" in content and set(content) <= {"params", "state"}:
        params, state = content["params"], content.get("state", {})
    else:
        params, state = content, {}
    return _arrays(params, path), _arrays(state or {}, path)


def _arrays(modules, path):
    """Checks the nesting, and takes the arrays out of their stand-ins."""
    result = {}
    for module, arrays in _items(modules, path, "a mapping of modules"):
        result[module] = {}
        wanted = f"a mapping of arrays for module {module!r}"
        for name, value in _items(arrays, path, wanted):
            if not isinstance(value, PickledArray) or value.array is None:
                raise ValueError(
                    f"{path} is nested wrongly: {module}/{name} is a "
                    f"{type(value).__name__}. Wanted: an array."
                )
            result[module][name] = value.array
    return result


def _items(mapping, path, wanted):
    if not isinstance(mapping, dict):
        raise ValueError(
            f"{path} is nested wrongly. Wanted: {wanted}. Received: a "
            f"{type(mapping).__name__}"
        )
    for key in mapping:
        if not isinstance(key, str):
            raise ValueError(
                f"{path} has a name that is no text but a {type(key).__name__}."
            )
    return mapping.items()


def load(file, path, stand_ins, persistent_load=None):
    """Unpickles an open file that may name `stand_ins` and nothing else.

    Args:
        file: a seekable binary file.
        path: its name, for messages.
        stand_ins: what the pickle gets for each full name.
        persistent_load: what makes objects of persistent ids; without it the
            pickle may have none.

    Raises:
        ValueError: if the pickle names anything else or is broken.
    """
    allowed = set(_OPCODES.split())
    if persistent_load:
        allowed.add("BINPERSID")
    bounded = _BoundedFile(file)
    with _told_of(path):
        _check_opcodes(bounded, allowed)
        bounded.seek_start()
        unpickler = _Unpickler(bounded, stand_ins, persistent_load)
        content = unpickler.load()
    return content


@contextlib.contextmanager
def _told_of(path):
    try:
        yield
    except RefusedError as error:
        raise ValueError(
            f"{path} was refused: {error}. Weights are mappings of NumPy "
            "arrays and nothing else; do not unpickle it by other means "
            "unless you trust who made it."
        ) from None
    except _BROKEN as error:
        raise ValueError(
            f"{path} is no whole pickle of weights ({type(error).__name__}: "
            f"{str(error)[:200]}). It may be cut off: copy it again."
        ) from None


def _check_opcodes(file, allowed):
    """Refuses a pickle by how it is written, before anything is made of it.

    Also what claims more bytes than there are, since unpickling would
    allocate them before it looks.
    """
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if opcode.name not in allowed:
            raise RefusedError(f"it uses the pickle opcode {opcode.name}")
        # The memo is a list as long as its highest number.
        if opcode.name in _MEMO_OPCODES and int(argument) > count:
            raise RefusedError(f"it memorises under the number {argument}")
        if count > _MAX_OPCODES:
            raise RefusedError(f"it has more than {_MAX_OPCODES:,} opcodes")
    if file.remaining:
        raise RefusedError(f"{file.remaining} bytes follow its end")


class _BoundedFile:
    """A file that never allocates more than it holds."""

    def __init__(self, file):
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self.seek_start()

    @property
    def remaining(self):
        return self._size - self._file.tell()

    def seek_start(self):
        self._file.seek(0)

    def tell(self):
        return self._file.tell()

    def read(self, size):
        return self._file.read(min(size, self.remaining))

    def readline(self):
        return self._file.readline()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, stand_ins, persistent_load):
        super().__init__(file)
        self._stand_ins = stand_ins
        self._persistent_load = persistent_load

    def find_class(self, module, name):
        full_name = f"{module}.{name}"
        if full_name not in self._stand_ins:
            raise RefusedError(f"it asks for {full_name}")
        return self._stand_ins[full_name]

    def persistent_load(self, pid):
        if self._persistent_load is None:
            raise RefusedError("it refers to objects outside the file")
        return self._persistent_load(pid)
