"""The log of requests that a server warms up with."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.beside_graph import warmup


@pytest.fixture(scope="module")
def requests(exported):
    """Read as a server reads them."""
    file = str(exported / "assets.extra/tf_serving_warmup_requests")
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(file).as_numpy_iterator()
    ]
    assert all(log.HasField("predict_log") for log in logs)
    return [log.predict_log.request for log in logs]


def test_each_signature_is_asked_in_each_size(exported, requests):
    text = (exported / batching.BATCHING_FILE).read_text()
    sizes = batching.batch_sizes(text)
    asked = [
        (
            request.model_spec.signature_name,
            next(iter(request.inputs.values())).tensor_shape.dim[0].size,
        )
        for request in requests
    ]
    names = ["serving_default", "tensors", "encode", "decode"]
    assert sorted(asked) == sorted((n, s) for n in names for s in sizes)
    # The folder of all versions.
    assert {request.model_spec.name for request in requests} == {"it"}


def test_requests_are_what_the_signatures_take(exported, requests):
    loaded = tf.saved_model.load(str(exported))
    for request in requests:
        serve = loaded.signatures[request.model_spec.signature_name]
        tensors = {
            name: tf.constant(tf.make_ndarray(proto))
            for name, proto in request.inputs.items()
        }
        specs = serve.structured_input_signature[1]
        assert set(tensors) == set(specs)
        for name, spec in specs.items():
            assert tensors[name].dtype == spec.dtype
            assert spec.shape.is_compatible_with(tensors[name].shape)
        serve(**tensors)


def test_texts_without_an_answer_warm_nothing(requests):
    texts = {
        text
        for request in requests
        if request.model_spec.signature_name == "serving_default"
        for text in request.inputs["text_bytes"].string_val
    }
    assert b"the [MASK:3] of the [MASK]" in texts
    assert b"this one has no mask" not in texts


def test_numbers_take_no_room(exported, requests):
    assert (exported / warmup.WARMUP_FILE).stat().st_size < 100_000
    (first, *_) = (
        request.inputs["latents"]
        for request in requests
        if "latents" in request.inputs
    )
    assert len(first.float_val) == 1
    latents = tf.make_ndarray(first)
    assert latents.shape[1:] == (4, 256)
    assert np.isfinite(latents).all()
