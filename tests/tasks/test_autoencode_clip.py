"""Autoencoding clips, against the whole model asked by hand."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks import AutoencodeClip
from tests.float64_reference import assert_near
from tests.tiny_tasks import tiny_autoencoder

VIDEO = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), dtype="uint8")
AUDIO = np.random.default_rng(0).uniform(-1, 1, 48).astype("float32")


@pytest.fixture(scope="module")
def model():
    model = tiny_autoencoder()
    # Into the range of pixels and of sound, and somewhat beyond.
    model.get_layer("video_output").bias.assign([0.5] * 3)
    for name in ("video_output", "audio_output"):
        kernel = model.get_layer(name).kernel
        kernel.assign(0.3 * kernel)
    return model


@pytest.fixture(scope="module")
def task(model):
    """128 pixels and 12 patches in chunks: neither number is even."""
    return AutoencodeClip(model, pixels_at_once=50)


def assert_by_hand(model, clip, label):
    outputs = model(
        {
            "video": (VIDEO / 255).astype("float32")[None],
            "audio": AUDIO[None],
            "label": np.array([label], "float32"),
            "video_indices": np.arange(128)[None],
            "audio_indices": np.arange(12)[None],
        }
    )
    pixels = 255 * np.clip(np.array(outputs["video"], "float64")[0], 0, 1)
    assert len(np.unique(np.rint(pixels))) > 20
    difference = clip.video.reshape(128, 3) - pixels
    assert np.abs(difference).max() < 0.51
    samples = np.clip(outputs["audio"], -1, 1).reshape(48)
    assert_near(clip.audio, samples)
    logits = np.array(outputs["label"], "float64")[0]
    shares = np.exp(logits - logits.max())
    assert_near(clip.label, shares / shares.sum())


def serve(task, video, audio, label):
    return task.serve(
        tf.constant(video), tf.constant(audio), tf.constant(label, tf.int32)
    )


def test_clips_are_those_of_the_whole_model(model, task):
    clip = task(VIDEO, AUDIO)
    assert clip.video.shape == (2, 8, 8, 3)
    assert clip.video.dtype == np.uint8
    assert clip.audio.shape == (48,)
    assert clip.label.shape == (5,)
    assert_by_hand(model, clip, [np.nan] * 5)
    assert_by_hand(model, task(VIDEO, AUDIO, 3), [0, 0, 0, 1, 0])


def test_a_label_is_told_from_none_and_from_another(task):
    labels = [task(VIDEO, AUDIO, label).label for label in (None, 0, 3)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(labels[one] - labels[other]).max() > 1e-4


@pytest.mark.parametrize("pixels_at_once", [1, 64, 127, 128, 10_000])
def test_chunks_do_not_show(model, task, pixels_at_once):
    expected = task(VIDEO, AUDIO)
    found = AutoencodeClip(model, pixels_at_once)(VIDEO, AUDIO)
    difference = found.video.astype(int) - expected.video
    assert np.abs(difference).max() <= 1
    assert_near(found.audio, expected.audio)
    assert_near(found.label, expected.label)


def test_the_encoder_runs_once(model, task, monkeypatch):
    calls = []

    def encode(inputs, encode=model.encode):
        calls.append(inputs)
        return encode(inputs)

    watched = types.SimpleNamespace(
        encode=encode, decode=model.decode, output=model.output
    )
    monkeypatch.setattr(task, "model", watched)
    serve(task, VIDEO[None], AUDIO[None], [-1])
    assert len(calls) == 1


def test_rows_answer_alone_as_in_a_batch(task):
    video = np.stack([VIDEO, VIDEO[::-1], VIDEO])
    audio = np.stack([AUDIO, AUDIO, -AUDIO])
    label = np.array([-1, 2, 4])
    together = serve(task, video, audio, label)
    for row in range(3):
        rows = slice(row, row + 1)
        alone = serve(task, video[rows], audio[rows], label[rows])
        for name in ("video", "audio", "label"):
            expected = together[name][row].numpy().astype("float64")
            assert_near(alone[name][0], expected, 0.01)
        assert together["problem_bytes"][row] == b""
    nothing = serve(task, video[:0], audio[:0], label[:0])
    assert nothing["video"].shape == (0, 2, 8, 8, 3)


def test_a_number_that_is_no_class_is_no_label(task):
    served = [
        serve(task, VIDEO[None], AUDIO[None], [label])["label"]
        for label in (-1, -7, 5)
    ]
    assert_near(served[1], served[0])
    assert_near(served[2], served[0])


@pytest.mark.parametrize(
    ("video", "audio", "label", "said"),
    [
        (VIDEO[:1], AUDIO, None, r"Received: \(1, 8, 8, 3\), uint8"),
        (VIDEO / 255, AUDIO, None, "float64"),
        (VIDEO, AUDIO[1:], None, r"48 samples\. Received: shape \(47,\)"),
        (VIDEO, AUDIO, 5, "label is a number from -1 to 4. Received: 5"),
    ],
)
def test_clips_of_another_form_are_told(task, video, audio, label, said):
    with pytest.raises(ValueError, match=said):
        task(video, audio, label)


def test_samples_that_are_no_numbers_spoil_no_other_clip(task):
    audio = np.stack([AUDIO, AUDIO, AUDIO])
    audio[1, 3:5] = np.nan
    # Finite, and beyond what the model's numbers reach.
    audio[2] *= np.float32(3e38)
    served = serve(task, np.stack([VIDEO] * 3), audio, [2, 2, 2])
    alone = serve(task, VIDEO[None], AUDIO[None], [2])
    for name in ("video", "audio", "label"):
        expected = alone[name][0].numpy().astype("float64")
        assert_near(served[name][0], expected, 0.01)
        assert not served[name].numpy()[1:].any()
    problems = served["problem_bytes"].numpy()
    assert problems[0] == b""
    assert problems[1].startswith(b"the audio: NaN or infinity in 2 of 48 ")
    assert problems[2].startswith(b"the numbers are too large: the model's")
    with pytest.raises(ValueError, match=r"^Clip 1 of 1: the audio: NaN or"):
        task(VIDEO, audio[1])


def test_the_example_shows_a_problem(task):
    problems = task.serve(**task.example_request())["problem_bytes"].numpy()
    assert [bool(problem) for problem in problems] == [False, False, True]


def test_a_model_without_views_is_refused(model):
    bare = keras.Model(model.input, model.output, name="bare")
    with pytest.raises(ValueError, match="'bare' lacks its views"):
        AutoencodeClip(bare)
