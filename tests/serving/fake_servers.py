"""Servers that answer what they are told, to see what clients make of it."""

import concurrent.futures
import contextlib
import dataclasses
import http.server
import json
import ssl
import threading

import grpc

from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos

FLOAT = 1
HTTP = {"UNAVAILABLE": 503, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504}
METADATA = {
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    way: {
                        name: {
                            "dtype": "DT_FLOAT",
                            "tensor_shape": {
                                "dim": [{"size": "-1"}],
                                "unknown_rank": False,
                            },
                        }
                    }
                    for way, name in (("inputs", "x"), ("outputs", "y"))
                },
                "__saved_model_init_op": {"inputs": {}, "outputs": {}},
            }
        }
    }
}


@dataclasses.dataclass
class Fake:
    """What a server that doubles numbers does wrong, and what it was asked.

    Attributes:
        failures: codes that the next requests are answered with.
        reply: what to answer with instead, as bytes.
        waits: an event that answers wait for.
    """

    address: str = ""
    failures: list = dataclasses.field(default_factory=list)
    reply: bytes | None = None
    waits: threading.Event | None = None
    requests: list = dataclasses.field(default_factory=list)

    def take(self, request):
        """Notes a request; returns the code of what goes wrong, or None."""
        self.requests.append(request)
        if self.waits is not None:
            self.waits.wait(30)
        return self.failures.pop(0) if self.failures else None


@contextlib.contextmanager
def fake_rest(certificate=None):
    fake = Fake()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *words):
            pass

        def do_GET(self):
            self.send(200, json.dumps(METADATA).encode())

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            code = fake.take(request)
            if code:
                content = json.dumps({"error": f"fails as {code}"})
                self.send(HTTP[code], content.encode())
            elif fake.reply is not None:
                self.send(200, fake.reply)
            else:
                doubled = [2 * value for value in request["inputs"]["x"]]
                self.send(200, json.dumps({"outputs": doubled}).encode())

        def send(self, status, content):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            # Who waited too long is gone.
            with contextlib.suppress(OSError):
                self.wfile.write(content)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        scheme = "https" if certificate else "http"
        fake.address = f"{scheme}://127.0.0.1:{server.server_port}"
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def fake_grpc(certificate=None):
    fake = Fake()

    def metadata(request, context):
        answer = protos.message("GetModelMetadataResponse")
        found = protos.message("SignatureDefMap")
        signature = found.signature_def["serving_default"]
        for info in (signature.inputs["x"], signature.outputs["y"]):
            info.dtype = FLOAT
            info.tensor_shape.dim.add(size=-1)
        found.signature_def["__saved_model_init_op"].method_name = ""
        content = found.SerializeToString()
        answer.metadata["signature_def"].value = content
        return answer.SerializeToString()

    def predict(content, context):
        request = protos.parse("PredictRequest", content)
        code = fake.take(request)
        if code:
            context.abort(grpc.StatusCode[code], f"fails as {code}")
        if fake.reply is not None:
            return fake.reply
        answer = protos.message("PredictResponse")
        values = tensor_protos.from_proto(request.inputs["x"])
        answer.outputs["y"].CopyFrom(tensor_protos.to_proto(2 * values, FLOAT))
        return answer.SerializeToString()

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    handlers = {
        "Predict": grpc.unary_unary_rpc_method_handler(predict),
        "GetModelMetadata": grpc.unary_unary_rpc_method_handler(metadata),
    }
    service = "tensorflow.serving.PredictionService"
    handler = grpc.method_handlers_generic_handler(service, handlers)
    server.add_generic_rpc_handlers((handler,))
    if certificate:
        chain, key = (path.read_bytes() for path in certificate)
        credentials = grpc.ssl_server_credentials([(key, chain)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
        fake.address = f"grpcs://127.0.0.1:{port}"
    else:
        port = server.add_insecure_port("127.0.0.1:0")
        fake.address = f"grpc://127.0.0.1:{port}"
    server.start()
    try:
        yield fake
    finally:
        server.stop(None).wait()
