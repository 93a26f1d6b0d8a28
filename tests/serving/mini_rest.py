"""The documented REST API of a server, over `mini_server`."""

import base64
import http.server
import json
import re
import threading
import urllib.parse

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import predict_pb2

from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from tests.serving.mini_server import INVALID_ARGUMENT
from tests.serving.mini_server import RequestError

_MODEL = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_PREDICT = re.compile(_MODEL + ":predict", re.IGNORECASE)
_GET = re.compile(_MODEL + "(/metadata)?", re.IGNORECASE)
_HTTP = {1: 499, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400}
_HTTP |= {10: 409, 11: 400, 12: 501, 14: 503, 16: 401}


def serve(server):
    """Starts to answer; returns the port."""

    class Handler(RestHandler):
        pass

    Handler.server_of_models = server
    listener = Listener(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    return listener.server_port


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class RestHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        self.answer(self.get)

    def do_POST(self):
        self.answer(self.predict)

    def answer(self, method):
        try:
            code, content = 200, method()
        except RequestError as error:
            code = _HTTP.get(error.code, 500)
            content = {"error": str(error)}
        text = json.dumps(content, indent=2, ensure_ascii=False)
        body = text.encode(errors="surrogateescape")
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def get(self):
        found = self.parsed(_GET)
        if found[4]:
            request = get_model_metadata_pb2.GetModelMetadataRequest(
                metadata_field=["signature_def"]
            )
            fill_spec(request.model_spec, found)
            answer = self.server_of_models.metadata(request)
        else:
            request = get_model_status_pb2.GetModelStatusRequest()
            fill_spec(request.model_spec, found)
            answer = self.server_of_models.status(request)
        return json_format.MessageToDict(
            answer,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )

    def predict(self):
        found = self.parsed(_PREDICT)
        length = int(self.headers.get("Content-Length", 0))
        content = read_json(self.rfile.read(length))
        request = predict_pb2.PredictRequest()
        fill_spec(request.model_spec, found)
        request.model_spec.signature_name = content.get("signature_name", "")
        servable = self.server_of_models.find(request)
        signature = servable.signature(
            request.model_spec.signature_name, INVALID_ARGUMENT
        )
        by_rows, values = values_of(content, signature)
        for name, value in values.items():
            dtype = signature.inputs[name].dtype
            request.inputs[name].ParseFromString(from_json(value, dtype))
        answer = servable.predict(request)
        return as_json(answer.outputs, by_rows)

    def parsed(self, pattern):
        found = pattern.fullmatch(self.path)
        if found is None:
            raise bad(f"Malformed request: {self.command} {self.path}")
        return found


def bad(words):
    return RequestError(INVALID_ARGUMENT, words)


def fill_spec(spec, found):
    spec.name = urllib.parse.unquote(found[1])
    if found[2]:
        spec.version.value = int(found[2])
    if found[3]:
        spec.version_label = urllib.parse.unquote(found[3])


def read_json(body):
    try:
        content = json.loads(body)
    except ValueError as error:
        raise bad(f"JSON Parse error: {error}") from error
    if not isinstance(content, dict):
        raise bad("Is not object")
    return content


def values_of(content, signature):
    """Whether these are rows, and nested lists for each input, by name."""
    if ("instances" in content) == ("inputs" in content):
        raise bad("expecting one of 'inputs' or 'instances'")
    names = list(signature.inputs)
    if "inputs" in content:
        values = content["inputs"]
        if not is_object(values):
            if len(names) > 1:
                raise bad("inputs is a plain list")
            return False, {names[0]: values}
        if not set(names) <= set(values):
            raise bad("Missing named input")
        # Others are not read.
        return False, {name: values[name] for name in names}
    rows = content["instances"]
    if not isinstance(rows, list) or not rows:
        raise bad("No values in 'instances' array")
    if not is_object(rows[0]):
        if len(names) > 1:
            raise bad("instances is a plain list")
        return True, {names[0]: rows}
    if any(not is_object(row) or set(row) != set(names) for row in rows):
        raise bad(f"keys must be equal to: {names}")
    return True, {name: [row[name] for row in rows] for name in names}


def is_object(value):
    return isinstance(value, dict) and set(value) != {"b64"}


def from_json(value, dtype):
    """A tensor's content, if every value is of its type."""
    shape, flat = [], []
    level = value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None

    def walk(value, sizes):
        if not sizes:
            flat.append(leaf(value, dtype))
            return
        if not isinstance(value, list) or len(value) != sizes[0]:
            raise bad("Encountered list at unexpected size")
        for item in value:
            walk(item, sizes[1:])

    walk(value, shape)
    proto = protos.message("TensorProto", dtype=dtype)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, tensor_protos._FIELDS[dtype]).extend(flat)
    return proto.SerializeToString()


def leaf(value, dtype):
    kind = tensor_protos.dtype_name(dtype)
    if kind == "string" and isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    wanted = {"string": str, "bool": bool, "float32": (int, float)}
    right = isinstance(value, wanted.get(kind, int))
    if not right or (kind != "bool" and isinstance(value, bool)):
        raise bad(f"JSON Value: {value!r} is not of expected type: {kind}")
    return value.encode() if kind == "string" else value


def as_json(outputs, by_rows):
    columns = {}
    for name, proto in outputs.items():
        own = protos.parse("TensorProto", proto.SerializeToString())
        values = tensor_protos.from_proto(own)
        if by_rows and not values.ndim:
            raise bad(f"Tensor name: {name} has no shape information")
        is_bytes = name.endswith("_bytes")
        columns[name] = strings_to_json(values.tolist(), is_bytes)
    if not by_rows:
        found = columns if len(columns) > 1 else next(iter(columns.values()))
        return {"outputs": found}
    if len({len(column) for column in columns.values()}) > 1:
        raise bad("inconsistent batch size")
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    rows = zip(*columns.values(), strict=True)
    return {"predictions": [dict(zip(columns, r, strict=True)) for r in rows]}


def strings_to_json(value, is_bytes):
    if isinstance(value, list):
        return [strings_to_json(item, is_bytes) for item in value]
    if not isinstance(value, bytes):
        return value
    if is_bytes:
        return {"b64": base64.b64encode(value).decode()}
    return value.decode(errors="surrogateescape")
