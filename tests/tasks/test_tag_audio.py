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


def test_samples_that_are_no_numbers_spoil_no_other_clip():
    mel = TagAudio(
        tiny_mel_tagger(), NAMES, num_audio_samples=60, sample_rate=16_000
    )
    for task in (TagAudio(tiny_tagger(), NAMES), mel):
        clip = AUDIO[: task.num_audio_samples]
        audio = np.stack([clip] * 3)
        audio[1, 7] = -np.inf
        audio[2] = 3e38
        served = task.serve(tf.constant(audio), tf.stack([VIDEO] * 3))
        found = task(clip, VIDEO)
        assert_near(served["probabilities"][0], found.probabilities)
        assert not served["probabilities"].numpy()[1:].any()
        assert (served["label_bytes"].numpy()[1:] == b"").all()
        problems = served["problem_bytes"].numpy()
        assert problems[0] == b""
        said = b"the audio: NaN or infinity in 1 of %d numbers." % len(clip)
        assert problems[1].startswith(said)
        assert problems[2].startswith(b"the numbers are too large: the model's")
        with pytest.raises(ValueError, match=r"^Clip 1 of 1: the audio: NaN"):
            task(audio[1], VIDEO)


def test_the_example_shows_a_problem(task):
    problems = task.serve(**task.example_request())["problem_bytes"].numpy()
    assert [bool(problem) for problem in problems] == [False, False, True]


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="sample_rate is a number from"):
        TagAudio(tiny_tagger(), sample_rate=48)


def test_no_rows_give_no_rows(task):
    served = task.serve(
        tf.zeros((0, 64)), tf.zeros((0, *VIDEO.shape), tf.uint8)
    )
    assert served["label_bytes"].shape == (0, 5)
