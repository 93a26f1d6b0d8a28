import numpy as np
import pytest

from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.whole_frames import WholeFrames
from tests.data.media import video_files


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    frames = [video_files.grey(number) for number in range(9)]
    video_files.write(path, frames, rate=20)
    return path


def test_frames_come_whole_and_in_order(video):
    with WholeFrames(video) as frames:
        found = list(frames)
    assert frames.frame_rate == 20
    assert frames.claimed_frames == 9
    assert frames.problem == ""
    shape = (video_files.HEIGHT, video_files.WIDTH, 3)
    assert all(frame.shape == shape for frame in found)
    assert all(frame.dtype == np.uint8 for frame in found)
    assert [video_files.number_of(frame) for frame in found] == [*range(9)]


def test_what_comes_before_a_damage_is_used(tmp_path):
    path = video_files.damaged(tmp_path / "a.mkv", seconds=2)
    with WholeFrames(path) as frames:
        found = list(frames)
    assert 16 <= len(found) < 30
    assert "is damaged" in frames.problem


def test_limits_are_kept(video):
    with (
        pytest.raises(MediaError, match=r"longer than 0\.2 s"),
        WholeFrames(video, Limits(max_seconds=0.2)) as frames,
    ):
        list(frames)
    with pytest.raises(MediaError, match="frames of 64 x 48 pixels"):
        WholeFrames(video, Limits(max_pixels=100))


def test_what_is_no_video_is_told(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError, match="cannot be opened"):
        WholeFrames(tmp_path / "a.mp4")
