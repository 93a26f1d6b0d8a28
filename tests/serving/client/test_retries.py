"""What is asked again, how soon, and until when."""

import socket
import threading

import pytest

from keras_perceiver.serving.client import client_base
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.server_error import ServerError
from tests.serving.client.clients import ADDRESSES


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


@pytest.mark.usefixtures("short_waits")
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
