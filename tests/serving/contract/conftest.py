"""What any server of an export answers, by gRPC and by REST.

Asked is `mini_server`. A real server is asked where the environment has
`GRPC=HOST:PORT`, `REST=http://HOST:PORT` and `MODELS=FOLDER`, the folder that
`python -m tests.serving.contract_exports FOLDER` wrote: it serves the models
`text` and `image`, version 1 of each, without labels or batching.
"""

import os
import pathlib

import grpc
import pytest
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_perceiver.serving.ask import OnDisk
from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from tests.serving.running_server import running_server


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def server(folders):
    with running_server(folders) as running:
        yield running
        if running.process is not None:
            assert running.process.poll() is None


@pytest.fixture(scope="session")
def channel(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield channel


@pytest.fixture(scope="session")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="session", params=["rest", "grpc"])
def connect(request, server):
    """Makes a client of a model."""
    if request.param == "rest":
        return lambda model, **options: RestClient(
            server.rest, model, **options
        )
    return lambda model, **options: GrpcClient(
        f"grpc://{server.grpc}", model, **options
    )


@pytest.fixture(scope="session")
def on_disk(folders):
    with OnDisk(folders["text"]) as client:
        yield client
