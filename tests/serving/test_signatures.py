"""Signatures of tensors beside the raw one."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver.serving import check
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.export import export
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.signatures import signatures_of
from keras_perceiver.tasks import EstimateFlow
from keras_perceiver.tasks import FillMask
from tests.float64_reference import assert_near
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK
from tests.tiny_tasks import tiny_flow

# Those without latents, or whose views take what the whole model takes.
VIEWS = ["serving_default", "tensors", "encode", "decode"]


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(str(exported))


def requests(signature):
    described = protos.message("SignatureDef")
    for spec in signature.specs:
        info = described.inputs[spec.name]
        info.dtype = spec.dtype.as_datatype_enum
        for size in spec.shape:
            info.tensor_shape.dim.add(size=-1 if size is None else size)
    made_up = examples.made_up_request(described)
    return {
        spec.name: tf.constant(made_up[spec.name]) for spec in signature.specs
    }


def test_tensors_answer_as_the_model(task, loaded):
    request = requests(signatures_of(task)["tensors"])
    answer = loaded.signatures["tensors"](**request)
    assert set(answer) == {"logits"}
    model = task.model
    exact = from_preset(
        model.preset_name, **{**model.preset_overrides, "dtype": "float64"}
    )
    exact.set_weights(model.get_weights())
    assert_near(answer["logits"], np.array(exact(request)))


def test_latents_are_decoded_where_one_asks(task, loaded):
    request = requests(signatures_of(task)["tensors"])
    whole = loaded.signatures["tensors"](**request)["logits"]
    latents = loaded.signatures["encode"](**request)["latents"]
    indices = tf.constant([[5, 0, 1], [2, 2, 9]])
    some = loaded.signatures["decode"](latents=latents, token_indices=indices)
    wanted = tf.gather(whole, indices, batch_dims=1)
    # The whole leaves padding unread, the view is told of none.
    valid = tf.gather(request["padding_mask"], indices, batch_dims=1)
    assert_near(some["logits"][valid], np.array(wanted[valid]), 1e-5)


@pytest.mark.parametrize("name", EVERY_TASK)
def test_every_task_has_its_views(name):
    task = EVERY_TASK[name]()
    found = signatures_of(task)
    tasks = list(task.more_functions())
    assert list(found) == [VIEWS[0], *tasks, *VIEWS[1:]]
    for view in VIEWS[1:]:
        for spec in found[view].specs:
            assert spec.shape[0] is None
            assert spec.dtype in (tf.float32, tf.int32, tf.bool)


@pytest.mark.parametrize("view", VIEWS[1:])
def test_no_rows_give_no_rows(view, task, loaded):
    request = requests(signatures_of(task)[view])
    request = {name: tensor[:0] for name, tensor in request.items()}
    for tensor in loaded.signatures[view](**request).values():
        assert tensor.shape[0] == 0


def test_half_precision_comes_and_goes_as_float32():
    task = FillMask(tiny_language(dtype="mixed_bfloat16"))
    for name, signature in signatures_of(task).items():
        answer = signature.function(
            *(
                task.example_request()
                if name == "serving_default"
                else requests(signature)
            ).values()
        )
        for tensor in answer.values():
            assert tensor.dtype not in (tf.bfloat16, tf.float16)


def test_flow_is_called_flow_and_gives_its_features():
    found = signatures_of(EstimateFlow(tiny_flow()))
    request = requests(found["tensors"])
    flow = found["tensors"].function(*request.values())
    assert set(flow) == {"flow"}
    encoded = found["encode"].function(*request.values())
    assert set(encoded) == {"latents", "features"}
    pixels = tf.constant([[0, 30], [7, 7]])
    given = {
        "latents": encoded["latents"],
        "features": tf.gather(encoded["features"], pixels, batch_dims=1),
        "pixel_indices": pixels,
    }
    specs = [spec.name for spec in found["decode"].specs]
    some = found["decode"].function(*(given[name] for name in specs))["flow"]
    rows = tf.reshape(flow["flow"], (2, -1, 2))
    wanted = np.array(tf.gather(rows, pixels, batch_dims=1))
    assert_near(some, wanted, 1e-5)


@pytest.mark.parametrize("view", VIEWS[1:])
def test_an_answer_that_changed_is_found(view, exported, tmp_path):
    copied = shutil.copytree(exported, tmp_path / "1")
    file = copied / "assets.extra/keras_perceiver.json"
    description = json.loads(file.read_text())
    (output,) = description["fingerprints"][view]
    numbers = description["fingerprints"][view][output]
    numbers["mean"] += 1e-3 * numbers["deviation"]
    file.write_text(json.dumps(description))
    said = f"Output '{view}: {output}' differs"
    with pytest.raises(ValueError, match=said):
        list(check.check(copied))


def test_a_task_without_views_has_tensors_alone(tmp_path):
    from tests.tiny_models import LengthTask

    assert list(signatures_of(LengthTask())) == VIEWS[:2]
    path = export(LengthTask(), tmp_path)
    assert "tensors" in tf.saved_model.load(str(path)).signatures
