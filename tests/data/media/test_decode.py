"""Exact frames, and sound that stays in sync."""

import fractions

import numpy as np
import pytest

from keras_perceiver.data.media import containers
from keras_perceiver.data.media import decode
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files

SMALL = MediaFormat(frames_per_second=25, size=32)
SPF = SMALL.samples_per_frame


def read(path, **options):
    options.setdefault("media_format", SMALL)
    return decode.read_clip(path, **options)


def numbers(path, **options):
    return [video_files.number_of(frame) for frame in read(path, **options)[0]]


def message_of(path, **options):
    with pytest.raises(MediaError) as error:
        read(path, **options)
    return str(error.value)


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


def test_without_sound_the_video_is_silent_and_says_so(tmp_path):
    path = video_files.numbered(tmp_path / "video.mp4", 20)
    _, audio, reader = read(path)
    assert not reader.has_audio
    assert not audio.any()


def test_the_ending_of_the_name_does_not_matter(tmp_path):
    path = video_files.numbered(tmp_path / "a.mp4", 25, rate=25)
    assert numbers(path.rename(tmp_path / "a.avi")) == list(range(25))


def test_what_is_no_video_is_told(tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("This is no video.")
    assert "cannot be opened: Invalid data" in message_of(text)
    assert "No such file" in message_of(tmp_path / "absent.mp4")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "cannot be opened" in message_of(empty)
    sound = video_files.write(
        tmp_path / "sound.mp4", [], audio=video_files.tone(1.0)
    )
    assert message_of(sound) == "has no video track."


def test_a_playlist_opens_no_other_file(tmp_path):
    video_files.numbered(tmp_path / "part.ts", 20)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n"
        "#EXT-X-ENDLIST\n"
    )
    with video_files.av.open(str(playlist)) as container:
        assert container.streams.video
    assert "cannot be opened" in message_of(playlist)


@pytest.mark.parametrize(
    ("ending", "seconds"),
    # The last one is damaged in a way that its decoder does not notice.
    [("mp4", 2), ("mkv", 2), ("ts", 2), ("ts", 3)],
)
def test_what_comes_before_damage_is_kept(tmp_path, ending, seconds):
    whole = video_files.write(
        tmp_path / f"whole.{ending}",
        video_files.noise(25 * seconds),
        rate=25,
        codec="libx264",
    )
    path = video_files.damaged(tmp_path / f"video.{ending}", seconds)
    found, _, reader = read(path)
    assert 8 * seconds <= len(found) < 15 * seconds
    np.testing.assert_array_equal(found, read(whole)[0][: len(found)])
    assert "damaged" in reader.problems[0]


@pytest.mark.parametrize("ending", ["avi", "mkv", "ts"])
def test_a_file_that_was_cut_off_is_told(tmp_path, ending):
    path = video_files.cut_off(tmp_path / f"video.{ending}", seconds=3)
    frames, _, reader = read(path)
    assert 16 < len(frames) < 50
    assert "damaged" in reader.problems[0] or "cut off" in reader.problems[0]


def test_a_file_that_was_cut_off_before_its_index_is_told(tmp_path):
    path = video_files.cut_off(tmp_path / "video.mp4", seconds=3)
    assert "cannot be opened" in message_of(path)


def test_a_video_of_which_no_frame_can_be_decoded_says_why(tmp_path):
    path = video_files.numbered(tmp_path / "video.mp4", 20, codec="libx264")
    content = path.read_bytes()
    first = content.index(b"mdat") + 4
    last = content.index(b"moov")
    assert first < last
    path.write_bytes(content[:first] + bytes(last - first) + content[last:])
    told = message_of(path)
    assert told.startswith("has no frames that can be decoded: Invalid data")


def test_limits_come_before_decoding(tmp_path):
    path = video_files.numbered(tmp_path / "video.mp4", 40, rate=20)
    few = Limits(max_pixels=48 * 64 - 1)
    assert "frames of 64 x 48 pixels" in message_of(path, limits=few)
    short = Limits(max_seconds=1.9)
    assert "is longer than 1.9 s" in message_of(path, limits=short)
    assert numbers(path, end=1.8, limits=short)[-1] == 35
    fitting = Limits(max_pixels=48 * 64, max_seconds=2.0)
    assert len(numbers(path, limits=fitting)) == 50


def test_a_length_that_is_not_told_is_limited_too(tmp_path):
    path = video_files.numbered(tmp_path / "video.mkv", 40, rate=20)
    short = Limits(max_seconds=1.9)
    assert "is longer than 1.9 s" in message_of(path, limits=short)


def test_frames_that_get_large_on_the_way_are_limited_too(tmp_path):
    path = video_files.growing(tmp_path / "video.ts", 10, 480, 640)
    assert len(read(path)[0]) == 20
    few = Limits(max_pixels=48 * 64 * 4)
    assert "frames of 640 x 480 pixels" in message_of(path, limits=few)


def test_a_frame_that_is_shown_for_a_day_is_limited_too(tmp_path):
    times = [0, 1_000, 864_000_000]
    path = video_files.numbered(tmp_path / "video.mkv", 3, times=times)
    short = Limits(max_seconds=10)
    assert "is longer than 10 s" in message_of(path, limits=short)
    assert len(numbers(path, end=4.0, limits=short)) == 100


def test_a_track_that_begins_amid_the_file_ends_what_is_used():
    class Container:
        """As PyAV acts once a packet is of a track that it does not know."""

        def demux(self, stream):
            raise IndexError("list index out of range")
            yield

    found = list(containers.decoded(Container(), None))
    assert found == [(None, containers.NEW_TRACK)]


def test_a_strip_does_not_get_large(tmp_path):
    pixels = np.zeros((16, 2048, 3), np.uint8)
    path = video_files.write(tmp_path / "video.mp4", [pixels] * 5)
    wanted = MediaFormat(size=224)
    limits = Limits(max_pixels=2**20)
    told = message_of(path, media_format=wanted, limits=limits)
    assert "a strip" in told


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
