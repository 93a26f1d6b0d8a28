"""Exports on the library of another TensorFlow, such as the oldest.

TENSORFLOW_LIBRARY_FOLDER names the folder that holds it.
"""

import numpy as np
import pytest

from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.messages import tensor_protos
from keras_perceiver.serving.runtime.saved_model import SavedModel
from tests.tiny_tasks import EVERY_TASK

# Answers every request in the files that it is given, beside them.
PROGRAM = """
import pathlib, sys
from keras_perceiver.serving.messages import protos, tensor_protos
from keras_perceiver.serving.runtime import library
from keras_perceiver.serving.runtime.saved_model import SavedModel
for folder in map(pathlib.Path, sys.argv[1:]):
    library.disable_xla()
    model = SavedModel((folder / "path").read_text())
    for file in folder.glob("*.request"):
        log = protos.parse("PredictLog", file.read_bytes())
        signature = model.signatures[file.stem]
        answer = model.run(file.stem, {
            name: tensor_protos.from_proto(proto)
            for name, proto in log.request.inputs.items()
        })
        for name, values in answer.items():
            log.response.outputs[name].CopyFrom(tensor_protos.to_proto(
                values, signature.outputs[name].dtype
            ))
        file.with_suffix(".answer").write_bytes(log.SerializeToString())
print(library.version())
"""


def write_requests(path, model, folder):
    """Writes a request for each signature; returns them all."""
    requests = {
        name: examples.made_up_request(signature)
        for name, signature in model.signatures.items()
        if name != "serving_default"
    }
    request, answer = examples.read_example(path)
    requests["serving_default"] = examples.good_rows(request, answer)
    folder.mkdir()
    (folder / "path").write_text(str(path))
    for name, request in requests.items():
        log = protos.message("PredictLog")
        for key, values in request.items():
            dtype = model.signatures[name].inputs[key].dtype
            proto = tensor_protos.to_proto(values, dtype)
            log.request.inputs[key].CopyFrom(proto)
        (folder / f"{name}.request").write_bytes(log.SerializeToString())
    return requests


@pytest.fixture(scope="module")
def models(exports, exported):
    """Every export on the library of this process, by its path."""
    paths = {name: exports[name] for name in EVERY_TASK}
    paths["FillMask"] = exported
    return {name: (path, SavedModel(path)) for name, path in paths.items()}


@pytest.mark.large
def test_exports_answer_alike_on_another_tensorflow(
    models, other_library, tmp_path, monkeypatch
):
    requests = {
        name: write_requests(path, model, tmp_path / name)
        for name, (path, model) in models.items()
    }
    (tmp_path / "answers.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TENSORFLOW_LIBRARY_FOLDER", str(other_library))
    folders = [tmp_path / name for name in models]
    finished = run_alone("answers", *folders, capture=True)
    assert finished.returncode == 0, finished.stderr
    assert set(models) == {*EVERY_TASK, "FillMask"}
    for task, (_, model) in models.items():
        for name, request in requests[task].items():
            file = tmp_path / task / f"{name}.answer"
            log = protos.parse("PredictLog", file.read_bytes())
            for output, wanted in model.run(name, request).items():
                came = tensor_protos.from_proto(log.response.outputs[output])
                assert came.dtype == wanted.dtype
                assert difference(came, wanted) < 1e-5, (task, name, output)


def difference(came, wanted):
    """The largest one, beside the largest value; 0 for what is equal."""
    assert came.shape == wanted.shape
    if np.array_equal(came, wanted):
        return 0.0
    if wanted.dtype == object:
        came, wanted = map(flow_in, (came, wanted))
    # Masked logits are -1e30, and would hide all others.
    came, wanted = (
        np.where(values < -1e3, 0, values.astype("float64"))
        for values in (came, wanted)
    )
    return np.abs(came - wanted).max() / np.abs(wanted).max()


def flow_in(strings):
    """The numbers in `.flo` files, which alone may be rounded."""
    assert all(content.startswith(b"PIEH") for content in strings)
    return np.concatenate([np.frombuffer(c[12:], "<f4") for c in strings])
