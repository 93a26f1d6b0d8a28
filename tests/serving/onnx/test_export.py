"""Models as ONNX files, asked by onnxruntime."""

import sys

import keras
import numpy as np
import pytest
from keras import ops

from keras_perceiver import layers
from keras_perceiver.serving.onnx import export as onnx_export
from keras_perceiver.serving.onnx.export import export_onnx
from keras_perceiver.tasks.task import call
from tests.random_values import randomize
from tests.tiny_models import tiny_language
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import assert_outputs_near
from tests.tiny_presets import named_outputs
from tests.tiny_presets import random_inputs
from tests.tiny_presets import tiny_preset

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")


def opened(path):
    return onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )


def axes(tensors):
    return {tensor.name: tensor.shape for tensor in tensors}


def inputs_for(model, batch):
    inputs = random_inputs(model, batch)
    return (
        inputs if isinstance(inputs, dict) else {model.inputs[0].name: inputs}
    )


def assert_answers_as(model, session):
    """For batches of all sizes, and inputs that no export was checked with."""
    for batch in (2, 3, 5):
        inputs = inputs_for(model, batch)
        names = [output.name for output in session.get_outputs()]
        came = dict(zip(names, session.run(names, inputs), strict=True))
        wanted = named_outputs(call(model, inputs))
        if len(names) == 1:
            came, wanted = (
                {"output": next(iter(x.values()))} for x in (came, wanted)
            )
        else:
            came = {name.removesuffix("_output"): came[name] for name in came}
        assert_outputs_near(came, wanted)


@pytest.fixture(scope="module")
def language():
    return tiny_language()


@pytest.fixture(scope="module")
def session(language, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "new" / "language.onnx"
    assert export_onnx(language, str(path), output_name="logits") == path
    return opened(path)


def test_tensors_are_named_and_have_any_number_of_rows(session):
    assert axes(session.get_inputs()) == {
        "token_ids": ["batch", 32],
        "padding_mask": ["batch", 32],
    }
    assert axes(session.get_outputs()) == {"logits": ["batch", 32, 262]}


def test_the_whole_answers_as_in_keras(language, session):
    assert_answers_as(language, session)


def test_views_work_together(language, session, tmp_path):
    inputs = inputs_for(language, 2)
    indices = np.array([[5, 0, 1, 31], [2, 2, 9, 7]], "int32")
    encode = opened(export_onnx(language.encode, tmp_path / "encode.onnx"))
    decode = opened(export_onnx(language.decode, tmp_path / "decode.onnx"))
    assert axes(encode.get_outputs()) == {"latents": ["batch", 4, 24]}
    assert axes(decode.get_inputs()) == {
        "latents": ["batch", 4, 24],
        "token_indices": ["batch", "token_indices_1"],
    }
    assert axes(decode.get_outputs()) == {"output": ["batch", "output_1", 262]}
    (latents,) = encode.run(None, inputs)
    (some,) = decode.run(None, {"latents": latents, "token_indices": indices})
    (whole,) = session.run(None, inputs)
    valid = np.take_along_axis(inputs["padding_mask"], indices, 1)
    wanted = np.take_along_axis(whole, indices[..., None], 1)
    assert_outputs_near({"o": some[valid]}, {"o": wanted[valid]})


def test_what_is_missing_stays_missing(tmp_path):
    """A NaN must not come through, where the model has learned a token."""
    model = tiny_preset("kinetics_autoencoder")
    randomize(model)
    session = opened(export_onnx(model.encode, tmp_path / "encode.onnx"))
    inputs = inputs_for(model.encode, 2)
    assert np.isnan(inputs["label"][-1]).all()
    assert_answers_as(model.encode, session)


def test_outputs_are_not_called_like_inputs(tmp_path):
    inputs = keras.Input((2,), name="audio")
    model = keras.Model(inputs, {"audio": keras.layers.Dense(3)(inputs)})
    session = opened(export_onnx(model, tmp_path / "audio.onnx"))
    assert axes(session.get_outputs()) == {"audio_output": ["batch", 3]}
    assert_answers_as(model, session)


def test_attention_is_never_in_chunks(tmp_path):
    """The last of 32 queries would be lost, where 3 are taken at a time."""
    model = tiny_language()
    with layers.attention_memory(3 * 4 * 2 * 4):
        path = export_onnx(model.decode, tmp_path / "decode.onnx")
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert kinds.isdisjoint({"Loop", "Scan", "If"})
    assert_answers_as(model.decode, opened(path))


@keras.saving.register_keras_serializable(package="tests")
class RoundedUp(keras.layers.Layer):
    """Halves of whole numbers, which the conversion rounds down."""

    def call(self, x):
        return ops.cast(-(-x // 2), "float32")


@keras.saving.register_keras_serializable(package="tests")
class Cholesky(keras.layers.Layer):
    """What ONNX has no operation for."""

    def call(self, x):
        return ops.cholesky(x)


def test_an_answer_that_differs_leaves_no_file(tmp_path):
    inputs = keras.Input((4,), dtype="int32", name="numbers")
    outputs = {"same": ops.cast(inputs, "float32"), "up": RoundedUp()(inputs)}
    model = keras.Model(inputs, outputs, name="rounding")
    said = r"Output 'up' of 'rounding' differs .*is \d\.\de[+-]\d\d for a batch"
    with pytest.raises(ValueError, match=said):
        export_onnx(model, tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


def test_what_onnxruntime_cannot_run_leaves_no_file(tmp_path):
    inputs = keras.Input((2, 2))
    model = keras.Model(inputs, Cholesky()(inputs))
    with pytest.raises(ValueError, match="onnxruntime cannot run"):
        export_onnx(model, tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("came", "wanted", "difference"),
    [
        ([1, 2], [1, 4], 0.5),
        ([1, 2, -1e30], [1, 4, -1e30], 0.5),
        ([1, 4, 3], [1, 4, -1e30], np.inf),
        ([1, np.nan], [1, 4], np.nan),
        ([1, 4, 4], [1, 4], np.inf),
        ([0, 3], [0, 0], 3),
    ],
)
def test_difference_is_that_of_unmasked_numbers(came, wanted, difference):
    came, wanted = np.array(came, "float32"), np.array(wanted, "float32")
    found = onnx_export._difference(came, wanted)
    np.testing.assert_equal(float(found), difference)


def test_files_are_not_overwritten(language, tmp_path):
    path = tmp_path / "it.onnx"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already"):
        export_onnx(language, path)
    assert path.read_text() == "mine"


def test_a_missing_package_is_named(language, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"keras-perceiver\[onnx\]"):
        export_onnx(language, tmp_path / "new" / "it.onnx")
    assert not list(tmp_path.iterdir())


def test_models_in_half_precision_are_refused(tmp_path):
    model = tiny_language(dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match=r'in bfloat16.*dtype="float32"'):
        export_onnx(model, tmp_path / "it.onnx")


def test_models_without_a_graph_are_refused(tmp_path):
    class Subclassed(keras.Model):
        pass

    with pytest.raises(ValueError, match=r"model\.decode. Received: <Sub"):
        export_onnx(Subclassed(), tmp_path / "it.onnx")


def test_models_over_the_limit_are_refused(language, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "MAXIMUM_BYTES", 4 * 1000)
    num_bytes = f"{4 * language.count_params():,}"
    said = f"4,000 bytes. Received: 'language' with {num_bytes} bytes"
    with pytest.raises(ValueError, match=said):
        export_onnx(language, tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


def test_models_over_the_free_memory_are_refused(
    language, tmp_path, monkeypatch
):
    monkeypatch.setattr(onnx_export, "host_memory", lambda: (99_999, 12_345))
    needed = f"{25 * 4 * language.count_params():,}"
    said = f"about {needed} bytes of memory.*Received: 12,345 bytes free"
    with pytest.raises(ValueError, match=said):
        export_onnx(language, tmp_path / "it.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.large
@pytest.mark.parametrize("view", ["model", "encode", "decode"])
@pytest.mark.parametrize("name", TINY_PRESETS)
def test_every_model_answers_as_in_keras(name, view, tmp_path):
    model = tiny_preset(name)
    randomize(model)
    model = model if view == "model" else getattr(model, view, None)
    if model is None:
        pytest.skip(f"{name} has no latents")
    assert_answers_as(model, opened(export_onnx(model, tmp_path / "it.onnx")))
