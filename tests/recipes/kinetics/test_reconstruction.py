"""Whole files through stand-ins and through a real, tiny model."""

import math
import types

import numpy as np
import pytest

from keras_perceiver.data.media import decode
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.tasks import AutoencodeClip
from recipes import reading_progress
from recipes.kinetics import reconstruction
from tests.data.media import video_files
from tests.tiny_presets import tiny_preset

FORMAT = MediaFormat(frames_per_second=20, size=32, sample_rate=8_000)
# Of 8 frames each, with 400 samples.
LENGTH, SAMPLES = 8, 3_200
# Four whole clips and three frames.
NUM_FRAMES = 35


class StandIn:
    """Gives back what it gets, or what is said, and remembers it."""

    video_shape, num_audio_samples, num_classes = (
        (LENGTH, 32, 32, 3),
        SAMPLES,
        7,
    )

    def __init__(self, video=None, audio=None):
        self.video, self.audio, self.seen = video, audio, []

    def __call__(self, video, audio, label=None):
        assert label is None
        self.seen.append((video, audio))
        probabilities = np.full(7, 0.05, "float32")
        probabilities[len(self.seen) % 2] = 0.7
        return types.SimpleNamespace(
            video=video if self.video is None else self.video,
            audio=audio if self.audio is None else self.audio,
            label=probabilities,
        )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Grey frames, each lighter than the one before, and a tone."""
    return video_files.numbered(
        tmp_path_factory.mktemp("video") / "a.mkv",
        NUM_FRAMES,
        audio=video_files.tone(NUM_FRAMES / 20, rate=8_000),
        audio_rate=8_000,
        audio_codec="pcm_s16le",
    )


def reconstruct(task, path, destination, **options):
    return reconstruction.reconstruct_file(
        task, path, destination, FORMAT, **options
    )


def sides(path):
    """The frames of what was written, the left ones and the right ones."""
    with video_files.av.open(str(path)) as container:
        shown = np.stack(
            [
                frame.to_ndarray(format="rgb24")
                for frame in container.decode(video=0)
            ]
        )
    # Enlarged by a whole number, whatever the model's frames.
    assert shown.shape[1:] == (256, 516, 3)
    assert shown[:, :, 257:259].min() > 235
    return shown[:, :, :256], shown[:, :, 260:]


def test_what_is_given_back_has_no_error(path, tmp_path):
    task = StandIn()
    found = reconstruct(task, path, tmp_path / "b.mp4")
    assert found.num_frames == NUM_FRAMES
    assert found.video_psnr is None
    assert found.audio_psnr is None
    assert found.has_audio
    assert found.problems == []
    frames, audio, _ = decode.read_clip(path, media_format=FORMAT)
    for side in sides(tmp_path / "b.mp4"):
        assert len(side) == NUM_FRAMES
        small = side[:, 4::8, 4::8].astype(int)
        assert np.abs(small - frames).max() <= 4
    written = decode.read_clip(tmp_path / "b.mp4", media_format=FORMAT)[1]
    assert len(written) == NUM_FRAMES * 400
    settled = slice(2_000, -2_000)
    np.testing.assert_allclose(written[settled], audio[settled], atol=0.01)


def test_the_last_clip_rests_and_is_silent(path, tmp_path):
    task = StandIn()
    reconstruct(task, path, tmp_path / "b.mp4")
    frames, audio, _ = decode.read_clip(path, media_format=FORMAT)
    assert len(task.seen) == 5
    for number, (video, sound) in enumerate(task.seen[:4]):
        begin = number * LENGTH
        np.testing.assert_array_equal(video, frames[begin : begin + LENGTH])
        begin *= 400
        np.testing.assert_array_equal(sound, audio[begin : begin + SAMPLES])
    video, sound = task.seen[4]
    np.testing.assert_array_equal(video[:3], frames[32:])
    np.testing.assert_array_equal(video[3:], frames[[-1] * 5])
    np.testing.assert_array_equal(sound[:1_200], audio[12_800:])
    assert not sound[1_200:].any()


def test_ratios_are_of_the_whole_file(path, tmp_path):
    video = np.full((LENGTH, 32, 32, 3), 90, np.uint8)
    task = StandIn(video, np.full(SAMPLES, 0.1, "float32"))
    found = reconstruct(task, path, tmp_path / "b.mp4")
    frames, audio, _ = decode.read_clip(path, media_format=FORMAT)
    frames, audio = frames / 255, audio.astype("float64")
    for ratio, error in (
        (found.video_psnr, frames - 90 / 255),
        (found.mean_frame_psnr, frames - frames.mean(axis=0)),
        (found.audio_psnr, audio - np.float32(0.1)),
        (found.silence_psnr, audio),
    ):
        assert ratio == pytest.approx(-10 * np.log10(np.mean(error**2)))
    assert found.mean_frame_psnr > found.video_psnr
    left, right = sides(tmp_path / "b.mp4")
    assert np.ptp(left[:, 100, 100, 0].astype(int)) > 100
    assert np.abs(right.astype(int) - 90).max() <= 4
    written = decode.read_clip(tmp_path / "b.mp4", media_format=FORMAT)[1]
    assert np.median(written) == pytest.approx(0.1, abs=0.005)


def test_labels_are_the_mean_over_clips(path, tmp_path):
    names = list("abcdefg")
    found = reconstruct(
        StandIn(), path, tmp_path / "b.mp4", class_names=names
    ).labels
    # Three clips of five are class 1, two class 0.
    assert [name for name, _ in found] == list("bacde")
    shares = [(3 * 0.7 + 2 * 0.05) / 5, (2 * 0.7 + 3 * 0.05) / 5, *[0.05] * 3]
    assert [share for _, share in found] == pytest.approx(shares)
    numbered = reconstruct(StandIn(), path, tmp_path / "b.mp4").labels
    assert [name for name, _ in numbered] == list("10234")


def test_lines_tell_how_far_it_is(path, tmp_path, monkeypatch, capsys):
    reconstruct(StandIn(), path, tmp_path / "b.mp4")
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(reading_progress, "_SECONDS_BETWEEN_LINES", 0)
    reconstruct(StandIn(), path, tmp_path / "b.mp4")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("reconstructing: 8 of 35 frames  ")
    assert lines[-1] == "reconstructing: 35 of 35 frames  0 s left"


def test_a_silent_and_resting_file_has_no_infinite_ratios(tmp_path):
    path = video_files.write(
        tmp_path / "a.mp4", [video_files.grey(7)] * 3, rate=20
    )
    found = reconstruct(StandIn(), path, tmp_path / "b.mp4")
    assert found.num_frames == 3
    assert not found.has_audio
    assert found.silence_psnr is None
    assert found.mean_frame_psnr is None


def test_what_was_lost_is_told(tmp_path):
    path = video_files.damaged(tmp_path / "a.mkv", seconds=2)
    found = reconstruct(StandIn(), path, tmp_path / "b.mp4")
    assert 8 < found.num_frames < 35
    assert "damaged" in found.problems[0]


def test_a_file_that_cannot_be_read_leaves_the_destination(path, tmp_path):
    destination = tmp_path / "b.mp4"
    destination.write_bytes(b"before")
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    task = StandIn()
    for source, limits, said in (
        (text, None, "cannot be opened"),
        (tmp_path / "absent.mp4", None, "No such file"),
        (path, Limits(max_seconds=1), "is longer than 1 s"),
    ):
        with pytest.raises(MediaError, match=said):
            reconstruct(task, source, destination, limits=limits)
    assert task.seen == []
    assert destination.read_bytes() == b"before"
    assert sorted(tmp_path.iterdir()) == [destination, text]


def test_what_does_not_fit_is_told_before_anything_is_read(path, tmp_path):
    task, absent = StandIn(), tmp_path / "absent.mp4"
    for destination, error, said in (
        (tmp_path / "b.avi", ValueError, "as .mp4"),
        (tmp_path / "no" / "b.mp4", FileNotFoundError, "there is no folder"),
    ):
        with pytest.raises(error, match=said):
            reconstruct(task, absent, destination)
    copy = tmp_path / "a.mp4"
    copy.write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match="is the video itself"):
        reconstruct(task, copy, tmp_path / "." / "a.mp4")
    with pytest.raises(ValueError, match=r"7 classes\. Received: 2 names"):
        reconstruct(task, absent, tmp_path / "b.mp4", class_names=["a", "b"])
    for media_format, said in (
        (MediaFormat(20, 48, 8_000), "frames of 32 x 32 pixels"),
        (MediaFormat(20, 32, 16_000), "3200 samples for 8 frames.*6400"),
    ):
        with pytest.raises(ValueError, match=said):
            reconstruction.reconstruct_file(
                task, absent, tmp_path / "b.mp4", media_format
            )


def test_a_real_model_reconstructs_a_file(path, tmp_path):
    model = tiny_preset("kinetics_autoencoder", video_shape=(2, 8, 8, 3))
    task = AutoencodeClip(model)
    media_format = MediaFormat(frames_per_second=5, size=8, sample_rate=50)
    found = reconstruction.reconstruct_file(
        task, path, tmp_path / "b.mp4", media_format
    )
    frames, audio, _ = decode.read_clip(path, media_format=media_format)
    # An odd number, of which the last has a clip for itself.
    assert found.num_frames == len(frames) == 9
    videos, sounds = [], []
    for begin in range(0, 9, 2):
        video = np.resize(frames[begin : begin + 2], (2, 8, 8, 3))
        sound = np.zeros(20, "float32")
        heard = audio[10 * begin :][:20]
        sound[: len(heard)] = heard
        clip = task(video, sound)
        videos.append(clip.video)
        sounds.append(clip.audio)
    ours = np.concatenate(videos)[:9] / 255
    our_sound = np.concatenate(sounds)[:90].astype("float64")
    for ratio, error in (
        (found.video_psnr, frames / 255 - ours),
        (found.audio_psnr, audio - our_sound),
    ):
        assert ratio == pytest.approx(-10 * math.log10(np.mean(error**2)))
    assert len(found.labels) == 5
    _, right = sides(tmp_path / "b.mp4")
    # Each pixel is a square of 32 x 32.
    assert np.abs(right[:, 16::32, 16::32] / 255 - ours).max() < 0.05
