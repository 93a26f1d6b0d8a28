import re
import socket

import pytest

from keras_perceiver.search import chief_address
from keras_perceiver.search.chief_address import ChiefAddress
from keras_perceiver.search.chief_address import choose_address

# By the standard, an address of no machine.
NOBODY = "198.51.100.1"


def test_without_an_address_only_this_machine_is_asked():
    address = choose_address(None)
    assert address.host == "127.0.0.1"
    assert address.is_here
    assert not address.is_shared
    assert not address.answers()
    assert chief_address.warning_about(address) is None
    with socket.create_server((address.host, address.port)):
        assert address.answers()


@pytest.mark.parametrize(
    ("chief", "host"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "[::1]")]
)
def test_the_machine_that_is_named_runs_the_chief(chief, host):
    address = choose_address(f"{chief}:2345")
    assert address == ChiefAddress(host, 2345, is_here=True, is_shared=True)
    assert str(address) == f"{chief}:2345"
    assert chief_address.warning_about(address) is None


def test_another_machine_does_not():
    address = choose_address(f"{NOBODY}:2345")
    assert address == ChiefAddress(NOBODY, 2345, is_here=False, is_shared=True)
    # The machine that listens says it.
    assert chief_address.warning_about(address) is None


def test_a_chief_may_be_elsewhere():
    assert chief_address.is_elsewhere(f"{NOBODY}:2345")
    assert not chief_address.is_elsewhere("127.0.0.1:2345")
    assert not chief_address.is_elsewhere(None)


def test_whoever_listens_to_others_is_warned():
    address = choose_address("0.0.0.0:2345")
    warning = chief_address.warning_about(address)
    assert warning.startswith("warning: KerasTuner's chief listens at 0.0.0.0:")
    assert "without authentication" in warning


@pytest.mark.parametrize("chief", ["alpha", "alpha:0", "alpha:x", ":1"])
def test_what_is_no_address_is_told(chief):
    with pytest.raises(ValueError, match=f"--chief .*{re.escape(chief)}"):
        choose_address(chief)


def test_a_taken_port_is_told():
    with socket.socket() as server:
        # As gRPC would have it, so that two could listen.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(ValueError, match=f"Port {port} of 127.0.0.1 is"):
            choose_address(f"127.0.0.1:{port}")


def test_a_chief_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(chief_address, "WAIT_SECONDS", 0)
    monkeypatch.setattr(chief_address, "SECONDS_BETWEEN_LINES", 0)
    monkeypatch.setattr(ChiefAddress, "answers", lambda self: False)
    address = choose_address(f"{NOBODY}:2345")
    with pytest.raises(TimeoutError, match=f"No chief answers at {NOBODY}:"):
        chief_address.wait_for_chief(address, tmp_path, print)
    said = []
    monkeypatch.setattr(chief_address, "WAIT_SECONDS", 60)
    answers = iter([False, True])
    monkeypatch.setattr(ChiefAddress, "answers", lambda self: next(answers))
    chief_address.announce(address, tmp_path)
    chief_address.wait_for_chief(address, tmp_path, said.append)
    assert said == [f"waiting for the chief at {NOBODY}:2345 ..."]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"address": "b:1"}'])
def test_the_folder_has_to_be_shared(tmp_path, monkeypatch, content):
    monkeypatch.setattr(chief_address, "FOLDER_SECONDS", 0)
    monkeypatch.setattr(ChiefAddress, "answers", lambda self: True)
    address = choose_address(f"{NOBODY}:2345")
    if content:
        (tmp_path / chief_address.FILE).write_text(content)
    with pytest.raises(ValueError, match="is not the folder of the chief at"):
        chief_address.wait_for_chief(address, tmp_path, print)
    chief_address.announce(address, tmp_path)
    chief_address.wait_for_chief(address, tmp_path, print)
