"""What is told of files that are damaged, odd or made to harm."""

import numpy as np
import pytest

from keras_perceiver.data.media import containers
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files
from tests.data.media.reading import message_of
from tests.data.media.reading import numbers
from tests.data.media.reading import read


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
