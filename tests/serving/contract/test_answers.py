"""What a server answers to requests that it should answer."""

import numpy as np
import pytest
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import model_service_pb2_grpc

from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph.description import find_saved_model
from tests.serving.contract.requests import STRING
from tests.serving.contract.requests import TEXT
from tests.serving.contract.requests import TEXTS
from tests.serving.contract.requests import arrays_of
from tests.serving.contract.requests import assert_equal
from tests.serving.contract.requests import b64
from tests.serving.contract.requests import http
from tests.serving.contract.requests import request_of


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


def test_only_the_outputs_that_are_asked_for_come(stub):
    request = request_of(outputs=["filled_bytes"], **TEXT)
    assert list(stub.Predict(request, timeout=30).outputs) == ["filled_bytes"]


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
