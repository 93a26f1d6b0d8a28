"""Every task as a SavedModel, with a tiny model of its own kind."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow import encode_flo
from keras_perceiver.serving import check
from keras_perceiver.serving.export import export
from tests.tiny_tasks import EVERY_TASK

SIGNATURES = {
    "AutoencodeClip": (
        {
            "video": "uint8 (None, 2, 8, 8, 3)",
            "audio": "float32 (None, 48)",
            "label": "int32 (None,)",
        },
        {"video": "uint8", "audio": "float32", "label": "float32"},
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
        {"label_bytes": "string", "probabilities": "float32"},
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
        {"label_bytes": "string", "probabilities": "float32"},
    ),
    "TagAudio_mel": (
        {"audio": "float32 (None, 60)", "video": "uint8 (None, 2, 8, 8, 3)"},
        {"label_bytes": "string", "probabilities": "float32"},
    ),
}


@pytest.fixture(scope="module")
def every_task():
    return {name: make() for name, make in EVERY_TASK.items()}


@pytest.fixture(scope="module")
def exports(every_task, tmp_path_factory):
    base = tmp_path_factory.mktemp("exports")
    return {
        name: export(task, base / name) for name, task in every_task.items()
    }


@pytest.fixture(scope="module")
def signatures(exports):
    """What a server calls."""
    # The whole is kept, or its variables would go.
    loaded = {
        name: tf.saved_model.load(str(path)) for name, path in exports.items()
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


PROGRAM = """
import runpy, sys
check = runpy.run_path(sys.argv[1])
check["load_tensorflow_alone"]()
for path in sys.argv[2:]:
    print(path)
    if check["main"]([path]):
        sys.exit(1)
"""


def test_checks_pass_without_keras(exports, no_keras):
    """All in one process, whose start takes longest."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, check.__file__, *exports.values()],
        capture_output=True,
        text=True,
        check=False,
        env=no_keras,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    lines = finished.stdout.splitlines()
    assert sum(line.startswith("ok  ") for line in lines) == 7 * len(exports)


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


FLOW = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
PICTURE = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype="uint8")


def flo(flow):
    return encode_flo(tf.constant(flow)).numpy()


def png(picture):
    return tf.io.encode_png(picture).numpy()


def compare(came, wanted):
    """As a check does it, in the second of two rows."""
    came, wanted = (tf.constant([b"same", value]) for value in (came, wanted))
    check._compare(tf, "some_bytes", came, wanted)


def test_files_are_compared_as_what_they_hold():
    """Rounding may differ between the graph and what wrote the example."""
    compare(flo(FLOW), flo(FLOW))
    compare(flo(FLOW * (1 + 2e-5)), flo(FLOW))
    compare(flo(-0.0 * FLOW), flo(0.0 * FLOW))
    compare(png(PICTURE), png(PICTURE))
    compare(png(PICTURE - (PICTURE == 7)), png(PICTURE))
    compare(b"cat", b"cat")


@pytest.mark.parametrize(
    ("came", "wanted"),
    [
        (flo(FLOW * 1.001), flo(FLOW)),
        (flo(FLOW * np.nan), flo(FLOW)),
        (flo(FLOW.transpose(1, 0, 2)), flo(FLOW)),
        (flo(FLOW)[:-1], flo(FLOW)),
        (b"", flo(FLOW)),
        (flo(FLOW), b""),
        (png(PICTURE ^ 1), png(PICTURE)),
        (png(PICTURE[:3]), png(PICTURE)),
        (png(PICTURE), flo(FLOW)),
        (b"cat", b"cut"),
    ],
)
def test_files_of_other_numbers_fail(came, wanted):
    with pytest.raises((ValueError, tf.errors.OpError)):
        compare(came, wanted)


def test_long_answers_are_shown_in_part():
    came, wanted = tf.constant([b"a" * 10_000]), tf.constant([b"b" * 10])
    with pytest.raises(ValueError, match="Output 'x' differs") as error:
        check._compare(tf, "x", came, wanted)
    assert len(str(error.value)) < 3000
    assert "aaa ... aaa" in str(error.value)
    assert "[b'bbbbbbbbbb']" in str(error.value)


def test_pixels_may_be_rounded():
    pixels = tf.constant([[0, 9, 200, 255]], tf.uint8)
    check._compare(
        tf, "video", pixels, tf.constant([[0, 9, 201, 255]], tf.uint8)
    )
    for other in ([[0, 9, 255, 0]], [[1, 8, 201, 254]]):
        with pytest.raises(ValueError, match="Output 'video' differs"):
            check._compare(tf, "video", pixels, tf.constant(other, tf.uint8))
    with pytest.raises(ValueError, match="Output 'video' differs"):
        check._compare(tf, "video", pixels[:, :3], pixels)
