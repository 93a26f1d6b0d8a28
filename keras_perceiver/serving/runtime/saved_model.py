"""A SavedModel that answers without Python's TensorFlow."""

import ctypes

from keras_perceiver.errors import unknown
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.runtime.library import Buffer
from keras_perceiver.serving.runtime.library import library
from keras_perceiver.serving.runtime.library import look_for_devices
from keras_perceiver.serving.runtime.library import status
from keras_perceiver.serving.runtime.tensors import delete_tensor
from keras_perceiver.serving.runtime.tensors import from_tensor
from keras_perceiver.serving.runtime.tensors import to_tensor


class _Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


class SavedModel:
    """A loaded SavedModel. It may be asked from several threads.

    Args:
        path: its folder.

    Raises:
        TensorFlowError: if it cannot be loaded.
    """

    def __init__(self, path):
        look_for_devices()
        c = library()
        options = c.TF_NewSessionOptions()
        buffer = c.TF_NewBuffer()
        self._session = None
        self._graph = c.TF_NewGraph()
        tags = (ctypes.c_char_p * 1)(b"serve")
        try:
            with status() as outcome:
                self._session = c.TF_LoadSessionFromSavedModel(
                    *(options, None, str(path).encode(), tags, len(tags)),
                    *(self._graph, buffer, outcome),
                )
            content = Buffer.from_address(buffer).content
            self.meta_graph = protos.parse("MetaGraphDef", content)
        except BaseException:
            self.close()
            raise
        finally:
            c.TF_DeleteBuffer(buffer)
            c.TF_DeleteSessionOptions(options)
        # `SignatureDef`s by name, without what only loading needs.
        self.signatures = {
            name: signature
            for name, signature in self.meta_graph.signature_def.items()
            if not name.startswith("__")
        }

    def run(self, name, inputs, outputs=None):
        """Answers a request.

        Args:
            name: of the signature.
            inputs: an array for each of the signature's inputs, by name.
            outputs: which of the signature's outputs to answer with; None
                for all.

        Returns:
            An array for each output, by name.

        Raises:
            ValueError: if there is no such signature, input or output, or
                values are not of its type.
            TensorFlowError: what TensorFlow answers with instead.
        """
        if self._session is None:
            raise ValueError("This SavedModel was closed.")
        if name not in self.signatures:
            raise unknown("signature", name, self.signatures)
        signature = self.signatures[name]
        if set(inputs) != set(signature.inputs):
            raise ValueError(
                f"Signature {name!r} takes {sorted(signature.inputs)}. "
                f"Received: {sorted(inputs)}"
            )
        outputs = list(outputs or signature.outputs)
        for output in outputs:
            if output not in signature.outputs:
                raise unknown("output", output, signature.outputs)
        given = {}
        try:
            for key, values in inputs.items():
                dtype = signature.inputs[key].dtype
                given[key] = to_tensor(values, dtype)
            return self._run(signature, given, outputs)
        finally:
            for tensor in given.values():
                delete_tensor(tensor)

    def _run(self, signature, given, outputs):
        fed = self._places(signature.inputs, given)
        fetched = self._places(signature.outputs, outputs)
        tensors = (ctypes.c_void_p * len(given))(*given.values())
        answers = (ctypes.c_void_p * len(outputs))()
        try:
            with status() as outcome:
                library().TF_SessionRun(
                    *(self._session, None, fed, tensors, len(given)),
                    *(fetched, answers, len(outputs)),
                    *(None, 0, None, outcome),
                )
            return {
                name: from_tensor(answer)
                for name, answer in zip(outputs, answers, strict=True)
            }
        finally:
            for answer in filter(None, answers):
                delete_tensor(answer)

    def _places(self, infos, names):
        """Where in the graph the tensors of a signature are."""
        places = (_Output * len(names))()
        for place, name in zip(places, names, strict=True):
            operation, _, index = infos[name].name.partition(":")
            place.operation = library().TF_GraphOperationByName(
                self._graph, operation.encode()
            )
            # The library trusts both, and ends the process if they are wrong.
            if not place.operation or not (index or "0").isdecimal():
                raise ValueError(
                    f"{name!r} stands for {infos[name].name!r}, which the "
                    "graph does not have."
                )
            place.index = int(index or 0)
        return places

    def close(self):
        """Frees what was loaded, once nothing runs any more."""
        session, self._session = self._session, None
        graph, self._graph = self._graph, None
        if session:
            with status() as outcome:
                library().TF_CloseSession(session, outcome)
            with status() as outcome:
                library().TF_DeleteSession(session, outcome)
        if graph:
            library().TF_DeleteGraph(graph)
