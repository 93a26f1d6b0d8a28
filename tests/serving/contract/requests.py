"""Requests in the official messages and in JSON, and their answers."""

import base64
import json
import urllib.error
import urllib.request

from tensorflow_serving.apis import predict_pb2

from keras_perceiver.serving.checks import comparisons
from keras_perceiver.serving.messages import tensor_protos

STRING, FLOAT = 7, 1
TEXTS = [b"the [MASK:3] of", "é[MASK]".encode(), b"\xff\x00[MASK:4]", b"[MASK]"]
TEXT = {"text_bytes": ([b"[MASK]"], STRING)}


def request_of(model="text", signature="", version=None, outputs=(), **inputs):
    """An official request; inputs are values and the number of a type."""
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version:
        request.model_spec.version.value = version
    for name, (values, dtype) in inputs.items():
        content = tensor_protos.to_proto(values, dtype).SerializeToString()
        request.inputs[name].ParseFromString(content)
    return request


def arrays_of(answer):
    arrays = {}
    for name, proto in answer.outputs.items():
        own = tensor_protos.to_proto([], STRING)
        own.ParseFromString(proto.SerializeToString())
        arrays[name] = tensor_protos.from_proto(own)
    return arrays


def assert_equal(came, wanted):
    """Equal but for rounding, which depends on the rows beside."""
    assert came.keys() == wanted.keys()
    for name, values in wanted.items():
        comparisons.compare(name, came[name], values)


def http(server, path, body=None):
    """The status and the JSON of a reply."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    request = urllib.request.Request(f"{server.rest}/v1/models/{path}", body)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def b64(value):
    return {"b64": base64.b64encode(value).decode()}
