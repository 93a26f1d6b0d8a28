"""A client of servers by gRPC: grpcio, protobuf and numpy alone."""

import math
import pathlib

from keras_perceiver.errors import import_extra
from keras_perceiver.serving.client.address import check_version
from keras_perceiver.serving.client.address import split_address
from keras_perceiver.serving.client.client_base import MAX_REPLY_BYTES
from keras_perceiver.serving.client.client_base import RETRIES
from keras_perceiver.serving.client.client_base import TIMEOUT_SECONDS
from keras_perceiver.serving.client.client_base import Client
from keras_perceiver.serving.client.served_signature import signature_of
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages.tensor_protos import from_proto
from keras_perceiver.serving.messages.tensor_protos import to_proto

DEFAULT_PORT = 8500
_PREDICTION = "/tensorflow.serving.PredictionService"
_MODELS = "/tensorflow.serving.ModelService"
_STATES = {
    0: "UNKNOWN",
    10: "START",
    20: "LOADING",
    30: "AVAILABLE",
    40: "UNLOADING",
    50: "END",
}


class GrpcClient(Client):
    """Asks a model by gRPC. It may be used from several threads.

    Args:
        address: `grpc://HOST:8500`, or with `grpcs` where the server has a
            certificate.
        model: its name on the server.
        version: which one; None for the newest.
        label: the version with this label, instead.
        timeout: seconds that a request may take, all its tries together.
        retries: how often it is sent again where the server is UNAVAILABLE.
        max_reply_bytes: larger replies are refused.
        ca_file: certificates to trust instead of gRPC's own, as PEM.
        certificate_file: the client's own, for servers that ask for one.
        key_file: its key.

    Raises:
        ValueError: if the address is none, or a number is out of range.
        OSError: if a file cannot be read.
        ImportError: if grpcio is not installed.
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
        certificate_file=None,
        key_file=None,
    ):
        super().__init__(timeout, retries)
        check_version(version, label)
        parts = split_address(address, ("grpc", "grpcs"))
        pem_files = (ca_file, key_file, certificate_file)
        if any(pem_files) and parts.scheme != "grpcs":
            raise ValueError(
                "Certificates are for an address that begins with grpcs://. "
                f"Received: {address!r}"
            )
        self._grpc = import_extra("grpc", "grpc")
        self._max_reply_bytes = max_reply_bytes
        self._spec = protos.message("ModelSpec", name=model)
        if version is not None:
            self._spec.version.value = int(version)
        if label is not None:
            self._spec.version_label = label
        self._channel = self._open(parts, pem_files)

    def _open(self, parts, pem_files):
        options = [
            ("grpc.max_receive_message_length", self._max_reply_bytes),
            ("grpc.max_send_message_length", -1),
            # The client counts its tries itself.
            ("grpc.enable_retries", 0),
            ("grpc.enable_http_proxy", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ]
        host = (
            f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        )
        target = f"{host}:{parts.port or DEFAULT_PORT}"
        if parts.scheme == "grpc":
            return self._grpc.insecure_channel(target, options)
        credentials = self._grpc.ssl_channel_credentials(
            *(file and pathlib.Path(file).read_bytes() for file in pem_files)
        )
        return self._grpc.secure_channel(target, credentials, options)

    def close(self):
        """Closes the connection."""
        self._channel.close()

    def _read_status(self, seconds):
        reply = self._call(
            f"{_MODELS}/GetModelStatus",
            protos.message("GetModelStatusRequest", model_spec=self._spec),
            "GetModelStatusResponse",
            seconds,
        )
        return {
            version.version: _STATES.get(version.state, "UNKNOWN")
            for version in reply.model_version_status
        }

    def _read_signatures(self, seconds):
        request = protos.message(
            "GetModelMetadataRequest",
            model_spec=self._spec,
            metadata_field=["signature_def"],
        )
        reply = self._call(
            f"{_PREDICTION}/GetModelMetadata",
            request,
            "GetModelMetadataResponse",
            seconds,
        )
        packed = reply.metadata["signature_def"].value
        try:
            found = protos.parse("SignatureDefMap", packed).signature_def
        except ValueError as error:
            raise _unreadable(error) from error
        return {
            name: signature_of(signature)
            for name, signature in found.items()
            # What only loading needs.
            if not name.startswith("__")
        }

    def _predict(self, name, specs, arrays, seconds):
        request = protos.message("PredictRequest", model_spec=self._spec)
        request.model_spec.signature_name = name
        for key, array in arrays.items():
            proto = to_proto(array, specs.inputs[key].dtype)
            request.inputs[key].CopyFrom(proto)
        reply = self._call(
            f"{_PREDICTION}/Predict", request, "PredictResponse", seconds
        )
        try:
            return {key: self._array(t) for key, t in reply.outputs.items()}
        except ValueError as error:
            raise _unreadable(error) from error

    def _array(self, proto):
        # A few bytes may stand for any number of equal values.
        size = math.prod(dim.size for dim in proto.tensor_shape.dim)
        if size > self._max_reply_bytes:
            raise ValueError(
                f"a tensor has {size:,} values. Raise max_reply_bytes."
            )
        return from_proto(proto)

    def _call(self, method, request, reply, seconds):
        call = self._channel.unary_unary(
            method,
            request_serializer=type(request).SerializeToString,
            response_deserializer=protos.message_class(reply).FromString,
        )
        try:
            return call(request, timeout=seconds)
        except self._grpc.RpcError as error:
            raise ServerError(
                error.code().name, error.details() or ""
            ) from error


def _unreadable(error):
    return ServerError("INTERNAL", f"a reply cannot be read: {error}")
