"""A server under load."""

import concurrent.futures

import grpc
import numpy as np
import pytest

from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from tests.serving.contract.requests import assert_equal
from tests.serving.contract.requests import request_of


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
