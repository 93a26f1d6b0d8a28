"""Sound without video, and sound that is no good."""

import struct

import numpy as np
import pytest

from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.clips import PreparedClips
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files
from tests.data.media.reading import message_of
from tests.data.media.reading import read

RATE = 8_000
SMALL = MediaFormat(frames_per_second=25, size=16, sample_rate=RATE)


def write_wav(path, samples):
    """Writes float32 `(n, channels)` as they are, NaN too."""
    content = np.asarray(samples, "<f4")
    channels = content.shape[1]
    data = content.tobytes()
    kind = struct.pack(
        "<IHHIIHH", 16, 3, channels, RATE, 4 * channels * RATE, 4 * channels, 32
    )
    path.write_bytes(
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + kind
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
    return path


def wave(channels=1, seconds=1.0):
    return video_files.tone(seconds, RATE, channels).T


def test_sound_alone_has_black_frames_and_every_sample(tmp_path):
    path = write_wav(tmp_path / "a.wav", wave(seconds=1.01))
    frames, audio, reader = read(path, media_format=SMALL, sound_alone=True)
    # A part of a frame is one, and silent behind.
    assert frames.shape == (26, 16, 16, 3)
    assert not frames.any()
    assert reader.has_audio
    assert reader.problems == []
    np.testing.assert_allclose(audio[:8_080], wave(1, 1.01)[:, 0], atol=1e-4)
    assert not audio[8_080:].any()
    part, heard, _ = read(
        path, media_format=SMALL, sound_alone=True, start=0.2, end=0.6
    )
    assert len(part) == 10
    np.testing.assert_array_equal(heard, audio[1_600:4_800])


def test_sound_alone_is_refused_where_it_is_not_asked_for(tmp_path):
    path = write_wav(tmp_path / "a.wav", wave())
    assert "has no video track" in message_of(path)
    limits = Limits(max_seconds=0.5)
    assert "longer than 0.5 s" in message_of(
        path, media_format=SMALL, sound_alone=True, limits=limits
    )
    (tmp_path / "no.wav").write_text("no sound")
    assert "cannot be opened" in message_of(
        tmp_path / "no.wav", sound_alone=True
    )


@pytest.mark.parametrize("channels", [1, 6])
def test_samples_that_are_no_numbers_are_silent_and_counted(tmp_path, channels):
    samples = wave(channels)
    clean = write_wav(tmp_path / "clean.wav", samples)
    samples = samples.copy()
    samples[100:120, 0] = np.nan
    samples[130, 0] = np.inf
    path = write_wav(tmp_path / "a.wav", samples)
    _, audio, reader = read(path, media_format=SMALL, sound_alone=True)
    assert reader.problems == [
        "has sound with NaN or infinity in 21 samples. It is silent there."
    ]
    _, whole, _ = read(clean, media_format=SMALL, sound_alone=True)
    expected = whole.copy()
    if channels == 1:
        expected[[*range(100, 120), 130]] = 0
        np.testing.assert_array_equal(audio, expected)
    else:
        # One of six channels is gone there, and nothing else.
        assert (
            np.abs(audio - whole)[[*range(0, 100), *range(140, 8_000)]].max()
            == 0
        )
        assert np.any(audio[100:120] != whole[100:120])
    # Several channels of the same are one of them.
    assert np.corrcoef(whole, wave()[:, 0])[0, 1] > 0.999


def test_records_tell_of_silence_and_clipping_and_keep_all_labels(tmp_path):
    write_wav(tmp_path / "a.wav", 0 * wave())
    write_wav(tmp_path / "b.wav", np.clip(9 * wave(), -1, 1))
    write_wav(tmp_path / "c.wav", wave())
    video_files.numbered(tmp_path / "d.mp4", 20)
    labels = {"a.wav": ("x", "z"), "b.wav": ("y",), "c.wav": ("z",)}
    videos = [
        sources.Video(str(tmp_path / name), name, labels=labels.get(name, ()))
        for name in ("a.wav", "b.wav", "c.wav", "d.mp4")
    ]
    plan = records.Plan(SMALL, min_frames=10, sound_alone=True)
    summary = records.prepare(
        sources.Videos("made", videos, ["x", "y", "z"]),
        tmp_path / "records",
        plan,
    )
    assert (summary["used_as_they_are"], summary["silent"]) == (2, 1)
    assert summary["videos_of_class"] == {"x": 1, "y": 1, "z": 2}
    told = (tmp_path / "records" / "problems.csv").read_text()
    assert "a.wav,has sound that is silent.,used as it is" in told
    assert "b.wav,has clipped sound: " in told
    assert "c.wav" not in told
    prepared = PreparedClips(tmp_path / "records")
    found = {
        clip["name"].numpy().decode(): (clip["labels"].numpy(), clip["label"])
        for clip in prepared.heldout_clips("train", 10)
    }
    np.testing.assert_array_equal(found["a.wav"][0], [True, False, True])
    np.testing.assert_array_equal(found["b.wav"][0], [False, True, False])
    assert not found["d.mp4"][0].any()
    assert [int(found[name][1]) for name in ("a.wav", "d.mp4")] == [0, -1]
    # What has no label is never drawn, and each class as often.
    drawn = prepared.training_clips(0, 0, 10, balanced=True).take(600)
    names = [clip["name"].numpy().decode() for _, clip in drawn]
    shares = {name: names.count(name) / 600 for name in labels}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["a.wav"] == pytest.approx(0.5, abs=0.08)
    assert shares["c.wav"] == pytest.approx(1 / 6, abs=0.06)
