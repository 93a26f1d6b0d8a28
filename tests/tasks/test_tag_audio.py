"""Tagging clips, against the model asked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.audio import log_mel_spectrogram
from keras_perceiver.tasks import TagAudio
from tests.float64_reference import assert_near
from tests.tiny_tasks import tiny_mel_tagger
from tests.tiny_tasks import tiny_tagger

NAMES = ["bark", "meow", "moo", "quack", "tweet"]
AUDIO = np.random.default_rng(0).uniform(-1, 1, 64).astype("float32")
VIDEO = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), dtype="uint8")


@pytest.fixture(scope="module")
def task():
    return TagAudio(tiny_tagger(), NAMES, top_k=5)


def assert_by_hand(model, found, audio, video):
    logits = model({"audio": audio[None], "video": video[None]})
    chances = 1 / (1 + np.exp(-np.array(logits, "float64")[0]))
    best = np.argsort(-chances)
    assert found.labels == [NAMES[number] for number in best]
    assert_near(found.probabilities, chances[best])


def test_tags_are_those_of_the_model(task):
    video = (VIDEO / 255).astype("float32")
    found = task(AUDIO, VIDEO)
    assert_by_hand(task.model, found, AUDIO, video)
    # Each tag is true or not by itself.
    assert abs(sum(found.probabilities) - 1) > 0.01


def test_without_video_the_model_sees_black(task):
    found = task(AUDIO.astype("float64"))
    assert_by_hand(task.model, found, AUDIO, np.zeros_like(VIDEO, "float32"))


def test_spectrograms_are_made_of_waveforms():
    task = TagAudio(
        tiny_mel_tagger(), NAMES, num_audio_samples=60, sample_rate=16_000
    )
    spectrogram = log_mel_spectrogram(AUDIO[None, :60], 5, 8, 16_000)[0].numpy()
    assert_by_hand(
        task.model,
        task(AUDIO[:60], VIDEO),
        spectrogram,
        (VIDEO / 255).astype("float32"),
    )


def test_the_waveform_is_as_long_as_the_model_wants(task):
    assert task.input_signature["audio"].shape == (None, 64)


@pytest.mark.parametrize(
    ("audio", "video", "said"),
    [
        (AUDIO[:-1], VIDEO, r"of 64 samples\. Received: shape \(63,\)"),
        (AUDIO[None], None, r"Received: shape \(1, 64\)"),
        (AUDIO, VIDEO[:1], r"Received: \(1, 8, 8, 3\), uint8"),
        (AUDIO, VIDEO / 255, r"uint8\. Received: \(2, 8, 8, 3\), float64"),
    ],
)
def test_clips_of_another_form_are_told(task, audio, video, said):
    with pytest.raises(ValueError, match=said):
        task(audio, video)


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="sample_rate is a number from"):
        TagAudio(tiny_tagger(), sample_rate=48)


def test_no_rows_give_no_rows(task):
    served = task.serve(
        tf.zeros((0, 64)), tf.zeros((0, *VIDEO.shape), tf.uint8)
    )
    assert served["label_bytes"].shape == (0, 5)
