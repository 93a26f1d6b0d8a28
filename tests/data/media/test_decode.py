"""Exact frames, and sound that stays in sync."""

import fractions

import numpy as np
import pytest

from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files
from tests.data.media.reading import SMALL
from tests.data.media.reading import message_of
from tests.data.media.reading import numbers
from tests.data.media.reading import read

SPF = SMALL.samples_per_frame


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize("rate", ["30", "20", "24000/1001", "25"])
def test_the_frame_shown_at_each_time_is_taken(tmp_path, rate, codec, ending):
    # The second of them stores frames in another order than they are shown.
    path = video_files.numbered(
        tmp_path / f"video.{ending}",
        40,
        rate=fractions.Fraction(rate),
        codec=codec,
    )
    interval = 1 / fractions.Fraction(rate)
    count = -(-40 * interval * 25 // 1)  # Times before the last frame's end.
    expected = [int(fractions.Fraction(k, 25) / interval) for k in range(count)]
    assert numbers(path) == expected


def test_frames_of_a_variable_rate_are_shown_until_the_next(tmp_path):
    # In ticks of 1/10000 s: 0, 100, 110, 500, 540 ms.
    times = [0, 1_000, 1_100, 5_000, 5_400]
    path = video_files.numbered(tmp_path / "video.mp4", 5, times=times)
    found = numbers(path)
    # 0, 40, 80 ms; 120 ... 480 ms; 520 ms; 560 ms and on.
    assert found[:15] == [0] * 3 + [2] * 10 + [3] + [4]


def test_more_frames_a_second_than_the_video_has_repeat_its_own(tmp_path):
    path = video_files.numbered(tmp_path / "video.mp4", 10, rate=10)
    wanted = MediaFormat(frames_per_second=30, size=32)
    assert numbers(path, media_format=wanted) == [k // 3 for k in range(30)]


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi"])
def test_a_part_has_the_frames_of_its_own_time(tmp_path, ending, codec):
    path = video_files.numbered(
        tmp_path / f"video.{ending}", 50, rate=25, codec=codec
    )
    assert numbers(path, start=0.8, end=1.2) == list(range(20, 30))
    assert numbers(path, start=1.6) == list(range(40, 50))
    assert "has no frames from 5 s on" in message_of(path, start=5.0)


def test_a_clock_that_does_not_start_at_zero_changes_nothing(tmp_path):
    times = [100_000 + 400 * number for number in range(20)]
    path = video_files.numbered(tmp_path / "video.ts", 20, times=times)
    assert numbers(path) == list(range(20))


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_flash_and_click_stay_together(tmp_path, ending, delay):
    path = video_files.write(
        tmp_path / f"video.{ending}",
        video_files.flash(2, at=1.0),
        audio=video_files.click(2 - delay, at=1.0 - delay),
        audio_start=delay,
    )
    frames, audio, reader = read(path)
    flash = int(np.argmax(frames.mean(axis=(1, 2, 3)) > 128))
    click = int(np.argmax(np.abs(audio) > 0.3)) / SPF
    assert flash == 25
    assert abs(flash - click) <= 1
    assert reader.has_audio
    assert len(audio) == len(frames) * SPF


def test_sound_stays_beside_frames_of_a_variable_rate(tmp_path):
    # Black for a second in three frames, then white in twenty.
    black, white = video_files.flash(1, at=0.5)[0], np.full((48, 64, 3), 255)
    times = [0, 1_000, 7_000, *range(10_000, 20_000, 500)]
    path = video_files.write(
        tmp_path / "video.mp4",
        [black] * 3 + [white.astype(np.uint8)] * 20,
        times=times,
        audio=video_files.click(2, at=1.0),
    )
    frames, audio, _ = read(path)
    flash = int(np.argmax(frames.mean(axis=(1, 2, 3)) > 128))
    click = int(np.argmax(np.abs(audio) > 0.3)) / SPF
    assert flash == 25
    assert abs(flash - click) <= 1


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_sound_before_the_first_frame_is_cut(tmp_path, ending):
    frames = video_files.flash(2, at=1.0)
    path = video_files.write(
        tmp_path / f"video.{ending}",
        frames,
        times=[5_000 + 500 * number for number in range(len(frames))],
        audio=video_files.click(2.5, at=1.5),
    )
    found, audio, _ = read(path)
    flash = int(np.argmax(found.mean(axis=(1, 2, 3)) > 128))
    click = int(np.argmax(np.abs(audio) > 0.3)) / SPF
    assert flash == 25
    assert abs(flash - click) <= 1


def test_a_click_is_where_it_was_to_a_sample(tmp_path):
    path = video_files.write(
        tmp_path / "video.mkv",
        video_files.flash(2, at=1.0),
        audio=video_files.click(2, at=1.0),
        audio_codec="pcm_s16le",
    )
    audio = read(path)[1]
    assert abs(int(np.argmax(np.abs(audio) > 0.45)) - 48_000) <= 2


def test_a_later_part_has_its_own_sound(tmp_path):
    path = video_files.write(
        tmp_path / "video.mp4",
        video_files.flash(3, at=2.0),
        audio=video_files.click(3, at=2.0),
    )
    frames, audio, _ = read(path, start=1.5, end=2.5)
    flash = int(np.argmax(frames.mean(axis=(1, 2, 3)) > 128))
    click = int(np.argmax(np.abs(audio) > 0.3)) / SPF
    assert abs(flash - 12.5) <= 0.5
    assert abs(flash - click) <= 1


def test_after_a_gap_sound_is_where_its_times_say(tmp_path):
    parts = [
        (0.0, video_files.tone(0.5)),
        (1.0, video_files.click(1.0, at=0.5)),
    ]
    path = video_files.write(
        tmp_path / "video.mkv",
        video_files.flash(2, at=1.5),
        audio=parts,
        audio_codec="pcm_s16le",
    )
    audio = read(path)[1]
    assert np.abs(audio[24_500:47_500]).max() == 0
    assert np.abs(audio[:24_000]).max() > 0.25
    loud = np.flatnonzero(np.abs(audio) > 0.45)
    assert abs(int(loud[0]) - 72_000) <= 2


def test_sound_keeps_its_pitch_and_strength(tmp_path):
    path = video_files.write(
        tmp_path / "video.mkv",
        video_files.flash(1, at=0.5),
        audio=video_files.tone(1.0, channels=2),
        layout="stereo",
        audio_codec="pcm_s16le",
    )
    audio = read(path)[1]
    time = np.arange(len(audio)) / 48_000
    wave = 0.3 * np.sin(2 * np.pi * 440 * time)
    # Where the resampler has samples on both sides.
    np.testing.assert_allclose(audio[500:-500], wave[500:-500], atol=2e-3)


def test_eight_channels_are_mixed_without_clipping(tmp_path):
    path = video_files.write(
        tmp_path / "video.mp4",
        video_files.flash(1, at=0.5),
        audio=np.full((8, 16_000), 0.5, "float32"),
        layout="7.1",
    )
    audio = read(path)[1]
    assert abs(float(np.median(audio)) - 0.5) < 0.02


def test_the_centre_is_cut_out_and_resized(tmp_path):
    pixels = np.zeros((48, 96, 3), np.uint8)
    pixels[:, :24], pixels[:, -24:] = 255, 255
    path = video_files.write(tmp_path / "video.mp4", [pixels] * 5, rate=25)
    frames = read(path)[0]
    assert frames.shape == (5, 32, 32, 3)
    assert frames.dtype == np.uint8
    # What lies outside the centre is white.
    assert frames[:, :, 2:-2].mean() < 20


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_camera_held_upright_is_turned_back(tmp_path, turns):
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:24] = 255
    path = video_files.write(tmp_path / "video.mp4", [pixels] * 5, rate=25)
    stored = read(path)[0][0]
    video_files.turn_clockwise(path, turns)
    shown = read(path)[0][0]
    np.testing.assert_array_equal(shown, np.rot90(stored, -turns))
    assert shown.std() > 100


@pytest.mark.parametrize(
    "options",
    [
        {"frames_per_second": 0},
        {"frames_per_second": "fast"},
        {"frames_per_second": 7, "sample_rate": 48_000},
        {"size": 0},
    ],
)
def test_formats_that_do_not_fit_are_refused(options):
    with pytest.raises(
        ValueError, match=r"Received: .*(?:frames/s|MediaFormat)"
    ):
        MediaFormat(**options)
