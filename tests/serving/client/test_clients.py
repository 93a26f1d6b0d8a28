"""The two clients, asked alike, against servers that do what they are told."""

import math
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from keras_perceiver.serving import alone
from keras_perceiver.serving.client import client_base
from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from tests.serving import fake_servers

CLIENTS = {
    "rest": (RestClient, fake_servers.fake_rest),
    "grpc": (GrpcClient, fake_servers.fake_grpc),
}
ADDRESSES = {RestClient: "http", GrpcClient: "grpc"}


@pytest.fixture(params=CLIENTS)
def fake(request):
    make, serve = CLIENTS[request.param]
    with serve() as fake:
        fake.connect = lambda **options: make(fake.address, "m", **options)
        yield fake


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(client_base, "_FIRST_WAIT_SECONDS", 0.001)


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


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_what_is_unavailable_is_asked_again(fake, failures):
    fake.failures = ["UNAVAILABLE"] * failures
    with fake.connect(retries=3) as client:
        assert client.predict({"x": [1]})["y"].tolist() == [2]
    assert len(fake.requests) == failures + 1


def test_what_stays_unavailable_is_told(fake):
    fake.failures = ["UNAVAILABLE"] * 9
    with fake.connect(retries=2) as client, pytest.raises(ServerError) as error:
        client.predict({"x": [1]})
    assert str(error.value) == "UNAVAILABLE: fails as UNAVAILABLE"
    assert len(fake.requests) == 3


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "DEADLINE_EXCEEDED"])
def test_nothing_else_is_asked_again(fake, code):
    fake.failures = [code] * 9
    with fake.connect() as client, pytest.raises(ServerError) as error:
        client.predict({"x": [1]})
    assert error.value.code == code
    assert len(fake.requests) == 1


def test_waits_grow_and_differ(monkeypatch):
    monkeypatch.setattr(client_base, "_FIRST_WAIT_SECONDS", 1.0)
    for number in range(5):
        waits = {client_base._wait_after(number) for _ in range(20)}
        assert len(waits) == 20
        assert 2**number / 2 <= min(waits) < max(waits) <= 2**number


def test_no_wait_is_longer_than_the_deadline(fake, monkeypatch):
    monkeypatch.setattr(client_base, "_FIRST_WAIT_SECONDS", 1000.0)
    fake.failures = ["UNAVAILABLE"] * 9
    with fake.connect(timeout=100) as client, pytest.raises(ServerError):
        client.predict({"x": [1]})
    assert len(fake.requests) == 1


def test_a_deadline_is_kept_and_not_tried_again(fake):
    fake.waits = threading.Event()
    with fake.connect(timeout=0.5) as client:
        client.signatures()
        with pytest.raises(ServerError) as error:
            client.predict({"x": [1]})
        fake.waits.set()
    assert error.value.code == "DEADLINE_EXCEEDED"
    assert len(fake.requests) == 1


def test_a_deadline_counts_all_tries(fake):
    """Each try alone would be in time."""
    fake.failures = ["UNAVAILABLE"] * 1000
    with fake.connect(timeout=1.0, retries=1000) as client:
        client.signatures()
        with pytest.raises(ServerError):
            client.predict({"x": [1]})
    assert 2 <= len(fake.requests) < 50


@pytest.mark.parametrize("make", ADDRESSES)
def test_nobody_there_is_unavailable(make, monkeypatch):
    tries = []
    monkeypatch.setattr(
        client_base, "_wait_after", lambda number: tries.append(number) or 0
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{ADDRESSES[make]}://127.0.0.1:{free.getsockname()[1]}"
        with (
            make(address, "m", retries=2) as client,
            pytest.raises(ServerError) as error,
        ):
            client.status()
    assert error.value.code == "UNAVAILABLE"
    assert tries == [0, 1, 2]


def test_a_reply_that_drips_ends_at_the_deadline():
    """Every byte comes in time, and all of them never do."""
    stop = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ServerError) as error:
            RestClient(address, "m", timeout=0.5).status()
        stop.set()
        thread.join()
    assert error.value.code == "DEADLINE_EXCEEDED"


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


def test_what_is_no_http_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up():
            for _ in range(2):
                connection, _ = listener.accept()
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ServerError) as error:
            RestClient(address, "m", retries=1).status()
        thread.join()
    assert error.value.code == "UNAVAILABLE"


def test_words_of_a_server_do_not_reach_the_terminal_as_commands():
    error = ServerError("INTERNAL", "a\x1b[2Jb\nc" + 10_000 * "x")
    assert str(error).startswith("INTERNAL: a\ufffd[2Jb\nc")
    assert len(str(error)) < 5000


@pytest.mark.parametrize("make", ADDRESSES)
@pytest.mark.parametrize(
    "rest", ["user:secret@host", "host?a=secret", "host#secret", ":1", "h:x"]
)
def test_addresses_that_are_none_are_refused(make, rest):
    with pytest.raises(ValueError, match=r"[Aa]n? address") as error:
        make(f"{ADDRESSES[make]}://{rest}", "m")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("make", "address"),
    [
        (RestClient, "ftp://host"),
        (RestClient, "file:///etc/passwd"),
        (RestClient, "host:8501"),
        (RestClient, "grpc://host"),
        (GrpcClient, "http://host"),
        (GrpcClient, "host:8500"),
    ],
)
def test_other_schemes_are_refused(make, address):
    with pytest.raises(ValueError, match="Wanted: an address such as"):
        make(address, "m")


@pytest.mark.parametrize("make", ADDRESSES)
def test_options_out_of_range_are_refused(make):
    address = f"{ADDRESSES[make]}://host"
    for options in ({"timeout": 0}, {"timeout": math.nan}, {"retries": -1}):
        with pytest.raises(ValueError, match="timeout in seconds above 0"):
            make(address, "m", **options)
    with pytest.raises(ValueError, match="by a version or by a label"):
        make(address, "m", version=1, label="stable")
    with pytest.raises(ValueError, match="begins with"):
        make(address, "m", ca_file="some.pem")


def test_names_are_quoted():
    client = RestClient("http://host/behind/", "a/b c", label="\N{SNOWMAN}")
    wanted = "/behind/v1/models/a%2Fb%20c/labels/%E2%98%83"
    assert client._path == wanted


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


@pytest.fixture
def certificate(tmp_path):
    """The files of a certificate for 127.0.0.1 and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes a certificate: install openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        capture_output=True,
        check=True,
    )
    return certificate, key


@pytest.mark.parametrize("name", CLIENTS)
def test_a_certificate_is_checked(name, certificate):
    make, serve = CLIENTS[name]
    with serve(certificate) as fake:
        assert fake.address.startswith(("https://", "grpcs://"))
        with make(fake.address, "m", ca_file=certificate[0]) as client:
            assert client.predict({"x": [1]})["y"].tolist() == [2]
        with (
            make(fake.address, "m", retries=0) as client,
            pytest.raises(ServerError) as error,
        ):
            client.predict({"x": [1]})
    assert error.value.code == "UNAVAILABLE"
    assert len(fake.requests) == 1
