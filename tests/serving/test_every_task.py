"""Every task as a SavedModel, with a tiny model of its own kind."""

import json

import pytest
import tensorflow as tf

from keras_perceiver.serving import check
from tests.tiny_tasks import EVERY_TASK

SIGNATURES = {
    "AutoencodeClip": (
        {
            "video": "uint8 (None, 2, 8, 8, 3)",
            "audio": "float32 (None, 48)",
            "label": "int32 (None,)",
        },
        {
            "video": "uint8",
            "audio": "float32",
            "label": "float32",
            "problem_bytes": "string",
        },
    ),
    "ClassifyImage": (
        {"image_bytes": "string (None,)"},
        {
            "label_bytes": "string",
            "probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
    "ClassifyPoints": (
        {"points": "float32 (None, None, 3)"},
        {
            "label_bytes": "string",
            "probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
    "ClassifyText": (
        {
            "text_bytes": "string (None,)",
            "second_text_bytes": "string (None,)",
        },
        {
            "label_bytes": "string",
            "probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
    "ClassifyText_score": (
        {
            "text_bytes": "string (None,)",
            "second_text_bytes": "string (None,)",
        },
        {"score": "float32", "problem_bytes": "string"},
    ),
    "EncodeEntities": (
        {
            "entities": "float32 (None, 6, 5)",
            "entity_mask": "bool (None, 6)",
        },
        {
            "entity_embeddings": "float32",
            "summary": "float32",
            "selection_probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
    "EstimateFlow": (
        {
            "first_image_bytes": "string (None,)",
            "second_image_bytes": "string (None,)",
        },
        {
            "flow_bytes": "string",
            "picture_bytes": "string",
            "problem_bytes": "string",
        },
    ),
    "TagAudio": (
        {"audio": "float32 (None, 64)", "video": "uint8 (None, 2, 8, 8, 3)"},
        {
            "label_bytes": "string",
            "probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
    "TagAudio_mel": (
        {"audio": "float32 (None, 60)", "video": "uint8 (None, 2, 8, 8, 3)"},
        {
            "label_bytes": "string",
            "probabilities": "float32",
            "problem_bytes": "string",
        },
    ),
}


@pytest.fixture(scope="module")
def signatures(exports):
    """What a server calls."""
    # The whole is kept, or its variables would go.
    loaded = {
        name: tf.saved_model.load(str(exports[name])) for name in EVERY_TASK
    }
    yield {
        name: whole.signatures["serving_default"]
        for name, whole in loaded.items()
    }
    del loaded


@pytest.mark.parametrize("name", EVERY_TASK)
def test_what_goes_in_and_comes_out_is_raw(name, signatures):
    serve = signatures[name]
    inputs, outputs = SIGNATURES[name]
    assert {
        key: f"{spec.dtype.name} {tuple(spec.shape)}"
        for key, spec in serve.structured_input_signature[1].items()
    } == inputs
    assert {
        key: spec.dtype.name for key, spec in serve.structured_outputs.items()
    } == outputs


@pytest.mark.parametrize("name", EVERY_TASK)
def test_checks_pass(name, every_task, exports, capsys):
    assert check.main([exports[name]]) == 0
    wanted = 10 + len(every_task[name].more_functions())
    assert capsys.readouterr().out.count("ok  ") == wanted


@pytest.mark.parametrize("name", EVERY_TASK)
def test_the_folder_names_its_task(name, exports):
    file = exports[name] / "assets.extra/keras_perceiver.json"
    description = json.loads(file.read_text())
    assert description["task"] == name.partition("_")[0]


@pytest.mark.parametrize("name", EVERY_TASK)
def test_no_rows_give_no_rows(name, every_task, signatures):
    """As a server may ask."""
    request = every_task[name].example_request()
    request = {key: tensor[:0] for key, tensor in request.items()}
    for tensor in signatures[name](**request).values():
        assert tensor.shape[0] == 0
