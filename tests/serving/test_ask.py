"""Asking an export on this disk."""

import json

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving.ask import ask
from keras_perceiver.serving.export import export
from keras_perceiver.tasks import ClassifyImage
from tests.tiny_models import LengthTask
from tests.tiny_tasks import colour_classifier

# The last is what Python makes of bytes on a command line that are no UTF-8.
TEXTS = ["the [MASK:3] of", "é[MASK]", "\udcff[MASK]"]
RAW = [text.encode(errors="surrogateescape") for text in TEXTS]


def assert_as_task(task, rows):
    for row, filled in zip(rows, task(RAW), strict=True):
        assert row == {
            "filled_bytes": filled.text,
            "mask_positions": filled.mask_positions,
            "top_bytes": [
                [byte.decode(errors="replace") for byte in best]
                for best in filled.top_bytes
            ],
            "top_probabilities": [
                pytest.approx(shares, rel=1e-5)
                for shares in filled.top_probabilities
            ],
        }


def test_the_command_prints_the_answers_of_the_task(task, exported, capsys):
    assert command_line.main(["ask", str(exported), *TEXTS]) == 0
    captured = capsys.readouterr()
    assert_as_task(task, json.loads(captured.out))
    assert captured.err == ""
    # Not padded to the most masks there could be.
    assert len(captured.out.splitlines()) < 120


def test_the_folder_of_all_versions_may_be_named(task, exported):
    assert_as_task(task, json.loads(ask(str(exported.parent), TEXTS)))


def test_a_problem_is_told_and_ends_with_1(exported, capsys):
    assert command_line.main(["ask", str(exported), "[MASK]", "none"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: Text 2 of 2: the text has no mask.")


def test_what_is_no_export_is_told(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "absent"):
        assert command_line.main(["ask", str(path), "[MASK]"]) == 1
        error = capsys.readouterr().err
        assert f"error: {path} is no SavedModel: saved_model.pb is" in error


def test_any_task_on_text_may_be_asked(tmp_path):
    task = LengthTask()
    export(task, tmp_path)
    numbers = task.serve(tf.constant(["abc", "a"]))["numbers"].numpy()
    rows = json.loads(ask(tmp_path, ["abc", "a"]))
    assert [row.keys() for row in rows] == [{"numbers"}] * 2
    np.testing.assert_allclose([r["numbers"] for r in rows], numbers, 1e-6)


class SoundTask(LengthTask):
    input_signature = {
        "sound_bytes": tf.TensorSpec([None], tf.string, "sound_bytes")
    }

    def example_request(self):
        return {"sound_bytes": tf.constant(["a"])}

    def serve(self, sound_bytes):
        return super().serve(sound_bytes)


def test_an_export_that_takes_something_else_is_told(tmp_path):
    export(SoundTask(), tmp_path)
    with pytest.raises(ValueError, match="takes sound_bytes, not text alone"):
        ask(tmp_path, ["a"])


def test_images_are_asked_by_the_names_of_their_files(tmp_path, capsys):
    task = ClassifyImage(colour_classifier(), ["red", "green", "blue"])
    path = str(export(task, tmp_path / "colours"))
    names = []
    for number, colour in enumerate(("red", "blue")):
        image = np.zeros((20, 30, 3), "uint8")
        image[..., 2 * number] = 200
        names.append(str(tmp_path / f"{colour}.png"))
        PIL.Image.fromarray(image).save(names[-1])
    assert command_line.main(["ask", path, *names]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["label_bytes"][0] for row in rows] == ["red", "blue"]
    for row, prediction in zip(rows, task(names), strict=True):
        assert row["label_bytes"] == prediction.labels
        assert row["probabilities"] == pytest.approx(prediction.probabilities)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cut = str(tmp_path / "cut.png")
    assert command_line.main(["ask", path, names[0], cut]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: Image 2 of 2: the image is damaged")
    assert command_line.main(["ask", path, str(tmp_path / "absent.png")]) == 1
    assert "absent.png" in capsys.readouterr().err
