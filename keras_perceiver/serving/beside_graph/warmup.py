"""The requests that a server answers before it offers a model.

The first request of each shape takes long, and a server that has a log of
requests pays for it while it loads. A log that cannot be answered stops the
load, so `check` replays it.
"""

from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import records
from keras_perceiver.serving.messages import tensor_protos
from keras_perceiver.serving.names import RAW

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
# More are an error to a server.
MAX_RECORDS = 1000


def write_warmup(path, name, signatures, raw, batch_sizes):
    """Writes a request for each signature and batch size.

    Numbers are the same everywhere, so that the log stays small; strings are
    those of the example. Of several that take raw requests only
    `serving_default` is asked for every size, or a server with many would
    load for long.

    Args:
        path: of the SavedModel, with its examples.
        name: of the model.
        signatures: `SignatureDef`s by name.
        raw: names of those that take raw requests.
        batch_sizes: how many rows the requests have.
    """
    logs = []
    for key, signature in signatures.items():
        if key in raw:
            example = examples.read_example(path, key)
            good = examples.good_rows(*example)
            sizes = batch_sizes if key == RAW else list(batch_sizes)[:1]
            requests = [examples.of_size(good, size) for size in sizes]
        else:
            requests = [
                examples.made_up_request(signature, size)
                for size in batch_sizes
            ]
        logs += [_log(name, key, signature, rows) for rows in requests]
    records.write_records(path / WARMUP_FILE, logs)


def _log(name, signature_name, signature, rows):
    log = protos.message("PredictionLog")
    request = log.predict_log.request
    request.model_spec.name = name
    request.model_spec.signature_name = signature_name
    for key, values in rows.items():
        dtype = signature.inputs[key].dtype
        if dtype == tensor_protos.STRING:
            proto = tensor_protos.to_proto(values, dtype)
        else:
            value = values.ravel()[0].item()
            proto = tensor_protos.filled_proto(values.shape, value, dtype)
        request.inputs[key].CopyFrom(proto)
    return log.SerializeToString()


def replay(path, model):
    """Answers every request of a log, as a server does.

    Args:
        path: of the SavedModel.
        model: a `runtime.SavedModel` of it.

    Returns:
        How many there were.

    Raises:
        ValueError: if a record is none that a server takes, or too many.
        TensorFlowError: if a request cannot be answered.
    """
    count = 0
    for count, record in enumerate(
        records.read_records(path / WARMUP_FILE), start=1
    ):
        if count > MAX_RECORDS:
            raise ValueError(
                f"{path / WARMUP_FILE} has more than {MAX_RECORDS} requests, "
                "which servers refuse."
            )
        log = protos.parse("PredictionLog", record)
        if not log.HasField("predict_log"):
            raise ValueError(f"Warm-up request {count} is no prediction.")
        request = log.predict_log.request
        model.run(
            request.model_spec.signature_name or "serving_default",
            {
                name: tensor_protos.from_proto(proto)
                for name, proto in request.inputs.items()
            },
        )
    return count
