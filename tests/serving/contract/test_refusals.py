"""What a server answers to requests that it should refuse."""

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import predict_pb2

from keras_perceiver.serving.client.server_error import ServerError
from tests.serving.contract.requests import FLOAT
from tests.serving.contract.requests import STRING
from tests.serving.contract.requests import TEXT
from tests.serving.contract.requests import TEXTS
from tests.serving.contract.requests import assert_equal
from tests.serving.contract.requests import http
from tests.serving.contract.requests import request_of

NO_MASK = "the text has no mask. Write [MASK] for one unknown byte, [MASK:9]"

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
