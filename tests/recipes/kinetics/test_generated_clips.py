import numpy as np
import pytest

from keras_perceiver.data.media import sources
from keras_perceiver.data.media.decode import read_clip
from keras_perceiver.data.media.media_format import MediaFormat
from recipes.kinetics import generated_clips
from tests.recipes.kinetics.few_videos import COUNTS


def test_a_video_depends_on_its_number_alone():
    frames, audio, kind = generated_clips.draw(5)
    again, audio_again, kind_again = generated_clips.draw(5)
    np.testing.assert_array_equal(frames, again)
    np.testing.assert_array_equal(audio, audio_again)
    assert kind == kind_again == 5
    # Of the same class, and yet another.
    other, other_audio, other_kind = generated_clips.draw(13)
    assert other_kind == 5
    assert np.abs(other.astype(int) - frames).mean() > 10
    assert np.abs(other_audio - audio).mean() > 0.1


def phases(frame):
    """Where the middle of what is bright lies, in turns of each side."""
    turns = []
    for axis in (0, 1):
        along = frame.mean(axis=(1 - axis, 2))
        turns.append(-np.angle(np.fft.fft(along)[1]) / (2 * np.pi))
    return np.array(turns)


@pytest.mark.parametrize("kind", range(8))
def test_the_ball_goes_the_way_of_its_class(kind):
    wanted = list(generated_clips._WAYS.values())[kind % 4]
    for number in (kind, kind + 8, kind + 16):
        frames, _, _ = generated_clips.draw(number)
        # A light that shifts all frames alike would hide small steps.
        moving = frames.astype(float) - frames.astype(float).min(axis=0)
        # 10 of 40 frames, and at most one and a half times across in all.
        step = phases(moving[20]) - phases(moving[10])
        step = (step + 0.5) % 1 - 0.5
        assert 0.1 < step @ wanted < 0.4
        assert abs(step @ wanted[::-1]) < 0.01


@pytest.mark.parametrize("kind", range(8))
def test_the_pitch_scatters_around_that_of_the_class(kind):
    expected = 100 * 2 ** (kind / 4)
    octaves = []
    for number in range(kind, 200, 8):
        _, audio, _ = generated_clips.draw(number)
        window = audio * np.hanning(len(audio))
        spectrum = np.abs(np.fft.rfft(window, 8 * len(audio)))
        hertz = spectrum.argmax() * 16_000 / (8 * len(audio))
        octaves.append(np.log2(hertz / expected))
    assert abs(np.mean(octaves)) < 0.04
    assert 0.04 < np.std(octaves) < 0.09
    assert np.abs(audio).max() <= 1


def test_written_videos_are_found_by_class_and_split(videos):
    found = sources.find_videos(videos)
    assert found.class_names == generated_clips.CLASS_NAMES
    assert len(found.class_names) == 8
    splits = [video.split for video in found.videos]
    assert {split: splits.count(split) for split in set(splits)} == COUNTS
    labels = [video.labels for video in found.videos]
    assert {labels.count(label) for label in set(labels)} == {3}


def test_a_written_video_holds_what_was_drawn(videos):
    (path,) = videos.glob("*/*/0003.mp4")
    frames, audio, _ = generated_clips.draw(3)
    seen, heard, _ = read_clip(path, media_format=MediaFormat(25, 64, 16_000))
    assert seen.shape == frames.shape
    assert np.abs(seen.astype(int) - frames).mean() < 3
    assert np.sqrt(np.mean((heard - audio) ** 2)) < 0.02
    assert path.stat().st_mtime == 0
