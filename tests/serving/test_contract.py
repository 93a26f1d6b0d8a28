"""What any server of an export answers, by gRPC and by REST.

Asked is `mini_server`. A real server is asked where the environment has
`GRPC=HOST:PORT`, `REST=http://HOST:PORT` and `MODELS=FOLDER`, the folder that
`python -m tests.serving.contract_exports FOLDER` wrote: it serves the models
`text` and `image`, version 1 of each, without labels or batching.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import urllib.error
import urllib.request

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_perceiver.serving.ask import OnDisk
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph.description import find_saved_model
from keras_perceiver.serving.checks import comparisons
from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages import tensor_protos
from tests.serving.running_server import running_server

STRING, FLOAT = 7, 1
NO_MASK = "the text has no mask. Write [MASK] for one unknown byte, [MASK:9]"
TEXTS = [b"the [MASK:3] of", "é[MASK]".encode(), b"\xff\x00[MASK:4]", b"[MASK]"]


@pytest.fixture(scope="module")
def folders(request):
    """The folder of each model's versions."""
    if "MODELS" in os.environ:
        base = pathlib.Path(os.environ["MODELS"])
        return {"text": base / "text", "image": base / "image"}
    exports = request.getfixturevalue("exports")
    return {
        "text": request.getfixturevalue("exported").parent,
        "image": exports["ClassifyImage"].parent,
    }


@pytest.fixture(scope="module")
def server(folders):
    with running_server(folders) as running:
        yield running
        if running.process is not None:
            assert running.process.poll() is None


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module", params=["rest", "grpc"])
def connect(request, server):
    """Makes a client of a model."""
    if request.param == "rest":
        return lambda model, **options: RestClient(
            server.rest, model, **options
        )
    return lambda model, **options: GrpcClient(
        f"grpc://{server.grpc}", model, **options
    )


@pytest.fixture(scope="module")
def on_disk(folders):
    with OnDisk(folders["text"]) as client:
        yield client


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


@pytest.mark.parametrize("model", ["text", "image"])
def test_official_stubs_answer_as_the_task(model, folders, stub):
    """The example was written by the task; some of its rows are bad."""
    request, wanted = examples.read_example(find_saved_model(folders[model]))
    inputs = {name: (values, STRING) for name, values in request.items()}
    answer = stub.Predict(request_of(model, **inputs), timeout=30)
    assert any(wanted["problem_bytes"])
    assert not all(wanted["problem_bytes"])
    assert_equal(arrays_of(answer), wanted)
    assert answer.model_spec.name == model
    assert answer.model_spec.version.value == 1


@pytest.mark.parametrize("model", ["text", "image"])
def test_both_clients_answer_as_the_task(model, folders, connect):
    request, wanted = examples.read_example(find_saved_model(folders[model]))
    assert_equal(connect(model).predict(request), wanted)


def test_asking_is_asking_the_task(connect, on_disk):
    came, wanted = connect("text").ask(TEXTS), on_disk.ask(TEXTS)
    assert [row["filled_bytes"].count(b"[") for row in came] == [0] * 4
    for one, other in zip(came, wanted, strict=True):
        assert_equal(one, other)


@pytest.mark.parametrize("name", ["tensors", "encode", "decode"])
def test_signatures_of_tensors_answer(name, folders, connect, on_disk):
    model = find_saved_model(folders["text"])
    signature = on_disk._model.signatures[name]
    assert model.name == "1"
    request = examples.made_up_request(signature)
    came = connect("text").predict(request, name)
    wanted = on_disk.predict(request, name)
    assert_equal(came, wanted)


def test_both_clients_are_told_the_signatures(connect, on_disk):
    assert connect("text").signatures() == on_disk.signatures()
    names = {"serving_default", "tensors", "encode", "decode"}
    assert on_disk.signatures().keys() == names


def test_official_stubs_are_told_the_signatures(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=["signature_def"]
    )
    request.model_spec.name = "text"
    answer = stub.GetModelMetadata(request)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(found)
    (name,) = found.signature_def["serving_default"].inputs
    assert name == "text_bytes"


def test_the_version_is_available(connect, channel):
    assert connect("text").status() == {1: "AVAILABLE"}
    assert connect("text", version=1).status() == {1: "AVAILABLE"}
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "text"
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    (status,) = stub.GetModelStatus(request).model_version_status
    assert (status.version, status.state) == (1, status.AVAILABLE)


TEXT = {"text_bytes": ([b"[MASK]"], STRING)}
REFUSED = {
    "signature": (request_of(signature="nope", **TEXT), "FAILED_PRECONDITION"),
    "model": (request_of("other", **TEXT), "NOT_FOUND"),
    "version": (request_of(version=9, **TEXT), "NOT_FOUND"),
    "no input": (request_of(), "INVALID_ARGUMENT"),
    "extra input": (request_of(**TEXT, x=([1.0], FLOAT)), "INVALID_ARGUMENT"),
    "other input": (request_of(x=([b"a"], STRING)), "INVALID_ARGUMENT"),
    "output": (request_of(outputs=["x"], **TEXT), "INVALID_ARGUMENT"),
    "dtype": (request_of(text_bytes=([1.0], FLOAT)), "INVALID_ARGUMENT"),
    "rank": (request_of(text_bytes=([[b"a"]], STRING)), "INVALID_ARGUMENT"),
    "scalar": (request_of(text_bytes=(b"a", STRING)), "INVALID_ARGUMENT"),
    "no mask": (request_of(text_bytes=([b"a"], STRING)), "INVALID_ARGUMENT"),
    "no spec": (predict_pb2.PredictRequest(), "INVALID_ARGUMENT"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_grpc_refuses(what, stub):
    request, code = REFUSED[what]
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(request, timeout=30)
    assert error.value.code().name == code
    # And goes on answering.
    stub.Predict(request_of(**TEXT), timeout=30)


def test_only_the_outputs_that_are_asked_for_come(stub):
    request = request_of(outputs=["filled_bytes"], **TEXT)
    assert list(stub.Predict(request, timeout=30).outputs) == ["filled_bytes"]


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


@pytest.mark.parametrize(
    "body",
    [
        {"instances": ["a[MASK]"]},
        {"instances": [b64(b"a[MASK]")]},
        {"instances": [{"text_bytes": b64(b"a[MASK]")}]},
        {"instances": [{"text_bytes": "a[MASK]"}]},
        {"inputs": ["a[MASK]"]},
        {"inputs": [b64(b"a[MASK]")]},
        {"inputs": {"text_bytes": ["a[MASK]"]}},
        {"inputs": {"text_bytes": [b64(b"a[MASK]")]}},
        {"signature_name": "serving_default", "inputs": ["a[MASK]"]},
    ],
)
@pytest.mark.parametrize("path", ["text:predict", "text/versions/1:predict"])
def test_rest_answers_rows_and_columns(path, body, server, on_disk):
    status, reply = http(server, path, body)
    assert status == 200
    if "instances" in body:
        (row,) = reply["predictions"]
    else:
        row = {name: values[0] for name, values in reply["outputs"].items()}
    wanted = on_disk.ask("a[MASK]")
    assert row["filled_bytes"] == b64(wanted["filled_bytes"])
    assert row["problem_bytes"] == b64(b"")
    assert row["mask_positions"] == [1, -1, -1, -1]
    came = np.array(row["top_probabilities"], np.float32)
    np.testing.assert_allclose(came[:1], wanted["top_probabilities"], 1e-5)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("text:predict", b"{", 400),
        ("text:predict", b"[]", 400),
        ("text:predict", {}, 400),
        ("text:predict", {"inputs": ["[MASK]"], "instances": ["[MASK]"]}, 400),
        ("text:predict", {"instances": []}, 400),
        ("text:predict", {"instances": [1]}, 400),
        ("text:predict", {"instances": ["no mask"]}, 400),
        ("text:predict", {"instances": [["[MASK]"]]}, 400),
        ("text:predict", {"inputs": {"other": ["[MASK]"]}}, 400),
        ("text:predict", {"signature_name": "x", "inputs": ["[MASK]"]}, 400),
        ("other:predict", {"inputs": ["[MASK]"]}, 404),
        ("text/versions/9:predict", {"inputs": ["[MASK]"]}, 404),
        ("text/labels/none:predict", {"inputs": ["[MASK]"]}, 400),
        ("text:nothing", {"inputs": ["[MASK]"]}, 400),
        ("other", None, 404),
        ("text/versions/9", None, 404),
        ("other/metadata", None, 404),
    ],
)
def test_rest_refuses(path, body, status, server):
    came, reply = http(server, path, body)
    assert came == status
    assert isinstance(reply["error"], str)
    # And goes on answering.
    assert http(server, "text:predict", {"inputs": ["[MASK]"]})[0] == 200


@pytest.mark.parametrize(
    ("model", "options", "code"),
    [
        ("other", {}, "NOT_FOUND"),
        ("text", {"version": 9}, "NOT_FOUND"),
        ("text", {"label": "none"}, "INVALID_ARGUMENT"),
        ("text", {"max_reply_bytes": 100}, "RESOURCE_EXHAUSTED"),
    ],
)
def test_both_clients_raise_the_code(model, options, code, connect):
    with pytest.raises(ServerError) as error:
        connect(model, **options).ask("[MASK]")
    assert error.value.code == code
    assert str(error.value).startswith(f"{code}: ")


def test_a_wrong_shape_is_told_in_words(connect):
    with pytest.raises(ServerError, match=r"shape \(1, 1\)") as error:
        connect("text").predict({"text_bytes": [[b"[MASK]"]]})
    assert error.value.code == "INVALID_ARGUMENT"


def test_a_bad_row_leaves_the_others_alone(connect, on_disk):
    client = connect("text")
    answer = client.predict({"text_bytes": [b"none", TEXTS[0]]})
    problem, empty = answer.pop("problem_bytes")
    assert (NO_MASK.encode() in problem, empty) == (True, b"")
    assert answer["filled_bytes"][0] == b""
    wanted = on_disk.predict({"text_bytes": TEXTS[:1]})
    wanted.pop("problem_bytes")
    assert_equal({n: v[1:] for n, v in answer.items()}, wanted)


@pytest.mark.parametrize("texts", ["none", [b"none"]])
def test_a_bad_row_alone_fails(texts, connect):
    client = connect("text")
    with pytest.raises(ServerError, match="the text has no mask") as error:
        client.predict({"text_bytes": np.atleast_1d(np.array(texts, object))})
    assert error.value.code == "INVALID_ARGUMENT"
    with pytest.raises(ValueError, match=r"^Text 1 of 1: the text has no mask"):
        client.ask(texts)
    assert client.ask("[MASK]")["mask_positions"].tolist() == [0]


def test_no_rows_have_no_answers(connect, on_disk):
    assert connect("text").ask([]) == []
    none = {"text_bytes": np.empty(0, object)}
    came, wanted = connect("text").predict(none), on_disk.predict(none)
    for name, values in wanted.items():
        assert came[name].shape == values.shape
        assert came[name].dtype == values.dtype


def test_every_byte_arrives(connect):
    every = [bytes([value]) + b" [MASK]" for value in range(256)]
    rows = connect("text").ask(every)
    assert [row["filled_bytes"][:1] for row in rows] == [
        bytes([value]) for value in range(256)
    ]


def test_large_replies_arrive(connect, stub):
    """Over the four million bytes that gRPC takes if it is not told more."""
    count = 200
    request = {
        "token_ids": np.full((count, 32), 7),
        "padding_mask": np.ones((count, 32), bool),
    }
    logits = connect("text").predict(request, "tensors")["logits"]
    assert logits.nbytes > 4 * 2**20
    np.testing.assert_allclose(logits[-1], logits[0], 1e-4, 1e-4)
    official = request_of(
        signature="tensors",
        token_ids=(request["token_ids"], 3),
        padding_mask=(request["padding_mask"], 10),
    )
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(official, timeout=30)
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


CLIENTS, REQUESTS = 8, 250


def test_many_clients_at_once_get_their_own_answers(server, on_disk):
    """2,000 requests of 1 to 5 rows, none of them with a wrong answer."""
    texts = [
        f"{word} [MASK:{count}] {word[:count]}".encode()
        for word in ("one", "some", "\N{GREEK SMALL LETTER ALPHA}", "z")
        for count in range(1, 5)
    ]
    # Each alone.
    wanted = {text: on_disk.ask(text) for text in texts}

    def ask_many(number):
        rng = np.random.default_rng(number)
        rest = RestClient(server.rest, "text")
        answers = 0
        with GrpcClient(f"grpc://{server.grpc}", "text") as by_grpc:
            for _ in range(REQUESTS):
                client = (rest, by_grpc)[rng.integers(2)]
                chosen = rng.integers(len(texts), size=rng.integers(1, 6))
                asked = [texts[number] for number in chosen]
                rows = client.ask(asked)
                for text, row in zip(asked, rows, strict=True):
                    assert_equal(row, wanted[text])
                answers += 1
        return answers

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        answered = list(pool.map(ask_many, range(CLIENTS)))
    assert answered == [REQUESTS] * CLIENTS
