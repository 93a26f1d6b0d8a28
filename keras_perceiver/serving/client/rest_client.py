"""A client of servers by REST: the standard library and numpy alone."""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
import urllib.parse

import numpy as np

from keras_perceiver.serving.client.address import check_version
from keras_perceiver.serving.client.address import split_address
from keras_perceiver.serving.client.client_base import MAX_REPLY_BYTES
from keras_perceiver.serving.client.client_base import RETRIES
from keras_perceiver.serving.client.client_base import TIMEOUT_SECONDS
from keras_perceiver.serving.client.client_base import Client
from keras_perceiver.serving.client.served_signature import ServedSignature
from keras_perceiver.serving.client.served_signature import TensorSpec
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages.tensor_protos import STRING
from keras_perceiver.serving.messages.tensor_protos import as_array

_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_DTYPES = {
    "DT_FLOAT": 1,
    "DT_DOUBLE": 2,
    "DT_INT32": 3,
    "DT_UINT8": 4,
    "DT_INT16": 5,
    "DT_INT8": 6,
    "DT_STRING": STRING,
    "DT_INT64": 9,
    "DT_BOOL": 10,
}


class RestClient(Client):
    """Asks a model by HTTP and JSON.

    Strings travel as base64, so that any bytes do. Numbers are written out,
    which makes clips and latents slow: `GrpcClient` sends them as they are.
    Every request has a connection of its own. Proxies of the environment are
    not used, and redirections not followed.

    Args:
        address: `http://HOST:8501`, or with `https` where a proxy in front
            of the server has a certificate. A path may follow.
        model: its name on the server.
        version: which one; None for the newest.
        label: the version with this label, instead.
        timeout: seconds that a request may take, all its tries together.
        retries: how often it is sent again where the server is UNAVAILABLE.
        max_reply_bytes: larger replies are not read.
        ca_file: certificates to trust instead of the system's, as PEM.

    Raises:
        ValueError: if the address is none, or a number is out of range.
        OSError: if `ca_file` cannot be read.
    """

    def __init__(
        self,
        address,
        model,
        *,
        version=None,
        label=None,
        timeout=TIMEOUT_SECONDS,
        retries=RETRIES,
        max_reply_bytes=MAX_REPLY_BYTES,
        ca_file=None,
    ):
        super().__init__(timeout, retries)
        check_version(version, label)
        parts = split_address(address, ("http", "https"))
        self._connect = self._connector(parts, ca_file)
        path = f"{parts.path.rstrip('/')}/v1/models/{_quoted(model)}"
        if version is not None:
            path += f"/versions/{int(version)}"
        if label is not None:
            path += f"/labels/{_quoted(label)}"
        self._path = path
        self._max_reply_bytes = max_reply_bytes

    def _connector(self, parts, ca_file):
        if parts.scheme == "http":
            if ca_file is not None:
                raise ValueError(
                    "A CA file is for an address that begins with https://."
                )
            return lambda seconds: http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=seconds
            )
        context = ssl.create_default_context(cafile=ca_file)
        return lambda seconds: http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=seconds, context=context
        )

    def _read_status(self, seconds):
        reply = self._request("GET", self._path, None, seconds)
        with _readable():
            return {
                int(version["version"]): str(version["state"])
                for version in reply["model_version_status"]
            }

    def _read_signatures(self, seconds):
        reply = self._request("GET", f"{self._path}/metadata", None, seconds)
        with _readable():
            found = reply["metadata"]["signature_def"]["signature_def"]
            return {
                name: ServedSignature(
                    _specs(signature["inputs"]), _specs(signature["outputs"])
                )
                for name, signature in found.items()
                # What only loading needs.
                if not name.startswith("__")
            }

    def _predict(self, name, specs, arrays, seconds):
        inputs = {key: _to_json(a.tolist()) for key, a in arrays.items()}
        body = json.dumps({"signature_name": name, "inputs": inputs})
        path = f"{self._path}:predict"
        reply = self._request("POST", path, body.encode(), seconds)
        with _readable():
            outputs = reply["outputs"]
            # The only output comes without its name.
            if len(specs.outputs) == 1:
                outputs = dict.fromkeys(specs.outputs, outputs)
            return {
                key: _from_json(values, specs.outputs[key])
                for key, values in outputs.items()
            }

    def _request(self, method, path, body, seconds):
        """Returns the JSON of a reply."""
        deadline = time.monotonic() + seconds
        connection = self._connect(seconds)
        try:
            connection.connect()
            with _cut_off_at(deadline, connection.sock):
                connection.request(
                    method, path, body, {"Content-Type": "application/json"}
                )
                with connection.getresponse() as response:
                    content = self._read(response)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ServerError):
                raise
            if time.monotonic() >= deadline or isinstance(error, TimeoutError):
                raise _too_late(seconds) from error
            raise ServerError("UNAVAILABLE", str(error)) from error
        finally:
            connection.close()
        if time.monotonic() >= deadline:
            raise _too_late(seconds)
        if response.status != 200:
            code = _CODES.get(response.status, "UNKNOWN")
            raise ServerError(code, _words(response.status, content))
        with _readable():
            return _parsed(content)

    def _read(self, response):
        # A byte more than may be tells that there is more.
        content = response.read(self._max_reply_bytes + 1)
        if len(content) > self._max_reply_bytes:
            raise ServerError(
                "RESOURCE_EXHAUSTED",
                f"the reply has more than {self._max_reply_bytes:,} bytes. "
                "Raise max_reply_bytes, or ask for fewer rows.",
            )
        if response.length:
            raise ServerError("UNAVAILABLE", "the reply ends in its middle")
        return content


@contextlib.contextmanager
def _cut_off_at(deadline, connected):
    """Ends a connection at a time; its own timeout begins at every byte."""

    def cut_off():
        # It may be over by itself.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _readable():
    try:
        yield
    except (
        *(AttributeError, KeyError, TypeError, ValueError),
        *(OverflowError, RecursionError),
    ) as error:
        raise ServerError(
            "INTERNAL",
            f"a reply cannot be read: {type(error).__name__}: {error}",
        ) from error


def _too_late(seconds):
    return ServerError("DEADLINE_EXCEEDED", f"no answer within {seconds:.3g} s")


def _quoted(name):
    return urllib.parse.quote(str(name), safe="")


def _parsed(content):
    # Strings that are not named bytes are written raw, whatever they hold.
    return json.loads(content.decode(errors="surrogateescape"))


def _words(status, content):
    """What an error says, if it is a server's own."""
    try:
        return str(_parsed(content)["error"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return f"HTTP {status}: {content[:1000].decode(errors='replace')}"


def _specs(infos):
    return {
        name: TensorSpec(
            _DTYPES.get(info["dtype"], 0), _shape(info["tensor_shape"])
        )
        for name, info in sorted(infos.items())
    }


def _shape(shape):
    if shape.get("unknown_rank"):
        return None
    sizes = [int(dim["size"]) for dim in shape.get("dim", ())]
    return tuple(None if size < 0 else size for size in sizes)


def _to_json(value):
    if isinstance(value, list):
        # Of numbers there may be millions.
        if value and not isinstance(value[0], list | bytes):
            return value
        return [_to_json(item) for item in value]
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value


def _from_json(values, spec):
    if spec.dtype == STRING:
        values = _strings(values)
    array = as_array(values, spec.dtype)
    if array.size == 0 and spec.shape is not None:
        # JSON says nothing of the sizes behind a 0.
        shape = array.shape + spec.shape[array.ndim :]
        array = np.empty([n or 0 for n in shape], array.dtype)
    return array


def _strings(value):
    if isinstance(value, list):
        return [_strings(item) for item in value]
    if isinstance(value, dict):
        return base64.b64decode(value["b64"], validate=True)
    return value.encode(errors="surrogateescape")
