"""Servers that do what they are told, and the clients that ask them."""

import pytest

from keras_perceiver.serving.client import client_base
from tests.serving.client.clients import CLIENTS


@pytest.fixture
def short_waits(monkeypatch):
    """What is asked again is asked again at once."""
    monkeypatch.setattr(client_base, "_FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture(params=CLIENTS)
def fake(request, short_waits):
    """A server, which `connect` makes a client of."""
    make, serve = CLIENTS[request.param]
    with serve() as fake:
        fake.connect = lambda **options: make(fake.address, "m", **options)
        yield fake
