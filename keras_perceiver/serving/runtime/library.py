"""The functions of TensorFlow's C library."""

import contextlib
import ctypes
import functools
import os
import pathlib
import sys

from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.messages import protos

_POINTER = ctypes.c_void_p
_TEXT = ctypes.c_char_p
_SIZE = ctypes.c_size_t
_INT = ctypes.c_int
_INT64 = ctypes.c_int64

# What each function returns, and takes.
_FUNCTIONS = {
    "TF_Version": (_TEXT,),
    "TF_NewStatus": (_POINTER,),
    "TF_DeleteStatus": (None, _POINTER),
    "TF_GetCode": (_INT, _POINTER),
    "TF_Message": (_TEXT, _POINTER),
    "TF_LoadLibrary": (_POINTER, _TEXT, _POINTER),
    "TF_NewBuffer": (_POINTER,),
    "TF_DeleteBuffer": (None, _POINTER),
    "TF_GetAllOpList": (_POINTER,),
    "TF_NewSession": (_POINTER, _POINTER, _POINTER, _POINTER),
    "TF_NewSessionOptions": (_POINTER,),
    "TF_DeleteSessionOptions": (None, _POINTER),
    "TF_NewGraph": (_POINTER,),
    "TF_DeleteGraph": (None, _POINTER),
    "TF_GraphOperationByName": (_POINTER, _POINTER, _TEXT),
    "TF_LoadSessionFromSavedModel": (
        *(_POINTER, _POINTER, _POINTER, _TEXT),
        *(ctypes.POINTER(_TEXT), _INT, _POINTER, _POINTER, _POINTER),
    ),
    "TF_SessionRun": (
        *(None, _POINTER, _POINTER, _POINTER, _POINTER, _INT),
        *(_POINTER, _POINTER, _INT, _POINTER, _INT, _POINTER, _POINTER),
    ),
    "TF_CloseSession": (None, _POINTER, _POINTER),
    "TF_DeleteSession": (None, _POINTER, _POINTER),
    "TF_AllocateTensor": (
        *(_POINTER, _INT, ctypes.POINTER(_INT64), _INT, _SIZE),
    ),
    "TF_DeleteTensor": (None, _POINTER),
    "TF_TensorData": (_POINTER, _POINTER),
    "TF_TensorType": (_INT, _POINTER),
    "TF_NumDims": (_INT, _POINTER),
    "TF_Dim": (_INT64, _POINTER, _INT),
    "TF_StringInit": (None, _POINTER),
    "TF_StringCopy": (None, _POINTER, _TEXT, _SIZE),
    "TF_StringGetDataPointer": (_POINTER, _POINTER),
    "TF_StringGetSize": (_SIZE, _POINTER),
}


_LIBRARY = "libtensorflow_cc.so.*"


class TensorFlowError(RuntimeError):
    """What TensorFlow answers with instead of tensors.

    Attributes:
        code: as in gRPC: 3 is a bad request, 5 is not found.
    """

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Buffer(ctypes.Structure):
    """Bytes that the library hands out."""

    _fields_ = [
        ("data", _POINTER),
        ("length", _SIZE),
        ("deallocator", _POINTER),
    ]

    @property
    def content(self):
        """Its bytes, copied."""
        return ctypes.string_at(self.data, self.length)


@functools.cache
def library():
    """Loads the library, once.

    Raises:
        OSError: if there is none.
    """
    folder = _wheel_folder()
    with quiet_start():
        for pattern in ("libtensorflow_framework.so.*", _LIBRARY):
            found = next(folder.glob(pattern), None)
            if found is None:
                raise OSError(f"{folder} has no {pattern} beside {_LIBRARY}.")
            # Where all can see it, so that libraries of operations find it.
            loaded = ctypes.CDLL(str(found), mode=ctypes.RTLD_GLOBAL)
    for name, (returns, *takes) in _FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype = returns
        function.argtypes = takes
    return loaded


def _wheel_folder():
    """The folder of TensorFlow's package, found without importing it."""
    given = os.environ.get("TENSORFLOW_LIBRARY_FOLDER")
    loaded = getattr(sys.modules.get("tensorflow"), "__file__", None)
    if given and loaded and not pathlib.Path(loaded).parent.samefile(given):
        # Which would end the process.
        raise OSError(
            f"TENSORFLOW_LIBRARY_FOLDER is {given}, and TensorFlow of another "
            f"folder is loaded: {loaded}. Start without importing it."
        )
    folders = [given] if given else [f"{path}/tensorflow" for path in sys.path]
    for folder in map(pathlib.Path, folders):
        if any(folder.glob(_LIBRARY)):
            return folder
    raise OSError(
        "libtensorflow_cc.so was not found in "
        f"{given or 'any package of TensorFlow'}. Install tensorflow, or "
        "name its folder by TENSORFLOW_LIBRARY_FOLDER."
    )


@functools.cache
def look_for_devices():
    """Finds this machine's devices, once, without the chatter of it."""
    c = library()
    options, graph = c.TF_NewSessionOptions(), c.TF_NewGraph()
    with quiet_start():
        with status() as outcome:
            session = c.TF_NewSession(graph, options, outcome)
        with status() as outcome:
            c.TF_DeleteSession(session, outcome)
    c.TF_DeleteSessionOptions(options)
    c.TF_DeleteGraph(graph)


@contextlib.contextmanager
def status():
    """Yields a status to pass on; what went wrong is raised at the end.

    Raises:
        TensorFlowError: what the library put into it.
    """
    pointer = library().TF_NewStatus()
    try:
        yield pointer
        code = library().TF_GetCode(pointer)
        if code:
            message = library().TF_Message(pointer)
            raise TensorFlowError(code, message.decode(errors="replace"))
    finally:
        library().TF_DeleteStatus(pointer)


def version():
    """Returns the version of TensorFlow's library, such as `"2.21.0"`."""
    return library().TF_Version().decode()


def disable_xla():
    """Forbids compilation by XLA in this process, as servers do at start."""
    # It has no name in C.
    library()._ZN10tensorflow21DisableXlaCompilationEv()


def registered_operations():
    """Returns the names of all operations that the library knows."""
    buffer = library().TF_GetAllOpList()
    try:
        content = Buffer.from_address(buffer).content
    finally:
        library().TF_DeleteBuffer(buffer)
    return {op.name for op in protos.parse("OpList", content).op}
