"""A small stand-in for a server: its protocols over TensorFlow's C library.

The official services of gRPC and the REST API of `mini_rest`, on ports of
127.0.0.1 that are printed as JSON, until standard input ends. Error codes are
a real server's; words are its own. It has no batching, one version of each
model and no labels. `run_mini_server` starts it.
"""

import concurrent.futures

import grpc
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_perceiver.serving.beside_graph.description import find_saved_model
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from keras_perceiver.serving.runtime import library
from keras_perceiver.serving.runtime.saved_model import SavedModel

INVALID_ARGUMENT = 3
NOT_FOUND = 5
FAILED_PRECONDITION = 9
_AVAILABLE = 30
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class RequestError(Exception):
    """What a request is answered with instead."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Servable:
    """One version of one model."""

    def __init__(self, name, folder):
        folder = find_saved_model(folder)
        self.name = name
        self.version = int(folder.name)
        self.model = SavedModel(folder)

    def signature(self, name, code):
        try:
            return self.model.signatures[name or "serving_default"]
        except KeyError:
            raise RequestError(code, f"Signature {name!r} not found.") from None

    def predict(self, request):
        name = request.model_spec.signature_name or "serving_default"
        signature = self.signature(name, FAILED_PRECONDITION)
        if set(request.inputs) != set(signature.inputs):
            raise RequestError(
                INVALID_ARGUMENT, "inputs do not match signature"
            )
        for key in request.output_filter:
            if key not in signature.outputs:
                raise RequestError(INVALID_ARGUMENT, f"no output {key!r}")
        inputs = {
            key: _as_array(proto, signature.inputs[key])
            for key, proto in request.inputs.items()
        }
        try:
            outputs = self.model.run(name, inputs, request.output_filter)
        except library.TensorFlowError as error:
            raise RequestError(error.code, str(error)) from error
        answer = predict_pb2.PredictResponse()
        self.say(answer.model_spec)
        answer.model_spec.signature_name = name
        for key, values in outputs.items():
            _fill(answer.outputs[key], values, signature.outputs[key].dtype)
        return answer

    def say(self, model_spec):
        model_spec.name = self.name
        model_spec.version.value = self.version


class Server:
    """All models, asked by the official messages."""

    def __init__(self, folders):
        self.servables = {
            name: Servable(name, folder) for name, folder in folders.items()
        }

    def find(self, request):
        if not request.HasField("model_spec"):
            raise RequestError(INVALID_ARGUMENT, "Missing ModelSpec")
        spec = request.model_spec
        if spec.version_label:
            raise RequestError(INVALID_ARGUMENT, "Unrecognized version label")
        servable = self.servables.get(spec.name)
        version = spec.version.value if spec.HasField("version") else None
        if servable is None or version not in (None, servable.version):
            raise RequestError(NOT_FOUND, f"Servable not found: {spec.name}")
        return servable

    def predict(self, request):
        return self.find(request).predict(request)

    def metadata(self, request):
        servable = self.find(request)
        if list(request.metadata_field) != ["signature_def"]:
            raise RequestError(INVALID_ARGUMENT, "Metadata field not supported")
        found = get_model_metadata_pb2.SignatureDefMap()
        stored = servable.model.meta_graph.signature_def
        for name, signature in stored.items():
            content = signature.SerializeToString()
            found.signature_def[name].ParseFromString(content)
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        servable.say(answer.model_spec)
        answer.metadata["signature_def"].Pack(found)
        return answer

    def status(self, request):
        answer = get_model_status_pb2.GetModelStatusResponse()
        answer.model_version_status.add(
            version=self.find(request).version, state=_AVAILABLE
        )
        return answer


def _as_array(proto, info):
    if proto.dtype != info.dtype:
        raise RequestError(INVALID_ARGUMENT, "Expects another type of tensor")
    try:
        own = protos.parse("TensorProto", proto.SerializeToString())
        return tensor_protos.from_proto(own)
    except ValueError as error:
        raise RequestError(INVALID_ARGUMENT, str(error)) from error


def _fill(proto, values, dtype):
    """Value by value, as a server does if it is not told otherwise."""
    proto.dtype = dtype
    for size in values.shape:
        proto.tensor_shape.dim.add(size=size)
    field = tensor_protos._FIELDS[dtype]
    getattr(proto, field).extend(values.ravel().tolist())


def _rpc(answer):
    def method(self, request, context):
        try:
            return answer(self.server, request)
        except RequestError as error:
            context.abort(_CODES[error.code], str(error))

    return method


class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, server):
        self.server = server

    Predict = _rpc(Server.predict)
    GetModelMetadata = _rpc(Server.metadata)


class Models(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, server):
        self.server = server

    GetModelStatus = _rpc(Server.status)


def serve_grpc(server):
    """Starts the services; returns the server of gRPC and its port."""
    services = grpc.server(
        concurrent.futures.ThreadPoolExecutor(4),
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Prediction(server), services
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        Models(server), services
    )
    port = services.add_insecure_port("127.0.0.1:0")
    services.start()
    return services, port
