"""The two clients, asked alike, against servers that do what they are told."""

import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from keras_perceiver.serving import alone
from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from tests.serving import fake_servers


def test_a_request_is_answered(fake):
    with fake.connect() as client:
        answer = client.predict({"x": [1, 2.5]})
        assert answer["y"].dtype == np.float32
        assert answer["y"].tolist() == [2, 5]
        # Not what only loading needs.
        assert list(client.signatures()) == ["serving_default"]


def test_float32_arrives_exactly(fake):
    rng = np.random.default_rng(0)
    # All exponents but the largest, since they are doubled.
    bits = rng.integers(0, 0x7F000000, 1000, dtype=np.int32)
    values = bits.view(np.float32)
    values = np.append(values, np.float32([0.1, 1e-45, -0.0, math.inf]))
    with fake.connect() as client:
        came = client.predict({"x": values})["y"]
        np.testing.assert_array_equal(came, 2 * values)
        assert math.isnan(client.predict({"x": [math.nan]})["y"][0])


def test_large_replies_are_refused(fake):
    with fake.connect(max_reply_bytes=3000) as client:
        client.predict({"x": [1]})
        with pytest.raises(ServerError) as error:
            client.predict({"x": np.ones(2000)})
    assert error.value.code == "RESOURCE_EXHAUSTED"


def test_a_tensor_of_more_values_than_bytes_is_refused():
    answer = protos.message("PredictResponse")
    answer.outputs["y"].CopyFrom(tensor_protos.filled_proto([2**40], 1.0, 1))
    with fake_servers.fake_grpc() as fake:
        fake.reply = answer.SerializeToString()
        with (
            GrpcClient(fake.address, "m") as client,
            pytest.raises(ServerError, match=r"INTERNAL: .* 1,099,511,627,776"),
        ):
            client.predict({"x": [1]})


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"outputs": [[1], 2]}',
        b'{"outputs": ["a"]}',
        b'{"outputs": [{"b64": "YQ=="}]}',
        b"[" * 100_000,
    ],
)
def test_replies_that_are_none_are_told(reply):
    with fake_servers.fake_rest() as fake:
        fake.reply = reply
        with pytest.raises(ServerError, match="INTERNAL: a reply cannot be"):
            RestClient(fake.address, "m").predict({"x": [1]})


def test_words_of_a_server_do_not_reach_the_terminal_as_commands():
    error = ServerError("INTERNAL", "a\x1b[2Jb\nc" + 10_000 * "x")
    assert str(error).startswith("INTERNAL: a\ufffd[2Jb\nc")
    assert len(str(error)) < 5000


@pytest.mark.parametrize(
    ("inputs", "signature", "words"),
    [
        ({"x": [1]}, "serving_defaul", "Did you mean 'serving_default'"),
        ({"z": [1]}, "serving_default", r"takes \['x'\]. Received: \['z'\]"),
        ({}, "serving_default", r"takes \['x'\]. Received: \[\]"),
        ({"x": ["a"]}, "serving_default", "Wanted: float32"),
    ],
)
def test_what_a_signature_does_not_take_is_not_sent(
    fake, inputs, signature, words
):
    with fake.connect() as client, pytest.raises(ValueError, match=words):
        client.predict(inputs, signature)
    assert fake.requests == []


PROGRAM = """
import sys
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.grpc_client import GrpcClient

make = RestClient if sys.argv[1].startswith("http") else GrpcClient
print(make(sys.argv[1], "m").predict({"x": [1, 2]})["y"].tolist())
"""


def test_neither_keras_nor_tensorflow_is_needed(fake, tmp_path):
    (tmp_path / "asks_a_server.py").write_text(PROGRAM)
    finished = subprocess.run(
        [sys.executable, alone.__file__, "asks_a_server", fake.address],
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout == "[2.0, 4.0]\n", finished.stderr


def test_rest_needs_no_protobuf():
    folder = pathlib.Path(alone.__file__).parent
    program = (
        "import sys, types; package = types.ModuleType('keras_perceiver'); "
        f"package.__path__ = [{str(folder.parent)!r}]; "
        "sys.modules.update({'keras_perceiver': package, 'google': None, "
        "'grpc': None, 'keras': None, 'tensorflow': None}); "
        "from keras_perceiver.serving.client.rest_client import RestClient; "
        "print(sorted(RestClient('http://127.0.0.1:1', 'm').__dict__))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True
    )
    assert b"timeout" in finished.stdout
