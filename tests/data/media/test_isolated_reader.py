"""The same pieces as in our own process, and no crash of ours."""

import os

import numpy as np
import pytest

from keras_perceiver.data.media import isolated_reader
from keras_perceiver.data.media.decode import VideoReader
from keras_perceiver.data.media.isolated_reader import IsolatedReader
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import crashing
from tests.data.media import video_files

SMALL = MediaFormat(frames_per_second=25, size=32)


def message_of(path, **limits):
    reader = IsolatedReader(path, SMALL, Limits(**limits))
    with pytest.raises(MediaError) as error:
        list(reader.pieces(10))
    return str(error.value)


def test_pieces_are_those_of_our_own_process(tmp_path):
    path = video_files.damaged(
        tmp_path / "a.mkv", seconds=2, audio=video_files.tone(2.0)
    )
    reader = IsolatedReader(os.path.relpath(path), SMALL)
    expected = VideoReader(path, media_format=SMALL)
    count = 0
    for piece, other in zip(reader.pieces(7), expected.pieces(7), strict=True):
        assert piece.first_frame == other.first_frame == count
        np.testing.assert_array_equal(piece.frames, other.frames)
        np.testing.assert_array_equal(piece.audio, other.audio)
        count += len(piece.frames)
        assert reader.has_audio
        assert reader.claimed_frames == expected.claimed_frames
    assert count > 14
    assert count % 7
    assert "damaged" in reader.problems[0]
    assert reader.problems == expected.problems


def test_a_length_is_claimed_where_a_file_says_it(tmp_path):
    for name, claimed in (("a.mp4", 50), ("a.ts", 50), ("a.flv", None)):
        path = video_files.numbered(
            tmp_path / name, 40, codec="flv1" if claimed is None else "mpeg4"
        )
        reader = IsolatedReader(path, SMALL)
        pieces = reader.pieces(10)
        next(pieces)
        assert reader.claimed_frames == claimed, name
        # The process ends with it.
        pieces.close()


def test_faults_are_told(tmp_path):
    path = video_files.numbered(tmp_path / "a.mp4", 40)
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    assert "cannot be opened" in message_of(text)
    assert "is longer than 1 s" in message_of(path, max_seconds=1)
    assert "within 0.001 s" in message_of(path, max_waiting_seconds=1e-3)
    assert "16 MiB of memory" in message_of(
        video_files.write(
            tmp_path / "large.mp4", [np.zeros((2048, 2048, 3), np.uint8)] * 8
        ),
        max_memory_bytes=2**24,
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (crashing.crash, "crash .exit code -11"),
        (crashing.babble, "made the decoder crash"),
    ],
)
def test_a_crash_is_not_ours(tmp_path, monkeypatch, target, said):
    path = video_files.numbered(tmp_path / "a.mp4", 10)
    monkeypatch.setattr(isolated_reader, "_send_pieces", target)
    with pytest.raises(MediaError, match=said):
        list(IsolatedReader(path, SMALL).pieces(10))
