"""Overlapping clips, against slices of the whole."""

import numpy as np
import pytest

from keras_perceiver.data.media.decode import Piece
from keras_perceiver.data.media.windows import overlapping

SAMPLES = 3


def pieces_of(count, length):
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None]
    audio = np.arange(count * SAMPLES, dtype=np.int16)
    for first in range(0, count, length):
        yield Piece(
            first,
            np.tile(frames[first : first + length], (1, 2, 2, 3)),
            audio[first * SAMPLES : (first + length) * SAMPLES],
        )


@pytest.mark.parametrize(
    ("count", "length", "firsts"),
    [
        (8, 4, [0]),
        (12, 4, [0, 4]),
        (13, 4, [0, 4, 5]),
        (17, 4, [0, 4, 8, 9]),
        (17, 5, [0, 4, 8, 9]),
        (24, 24, [0, 4, 8, 12, 16]),
        (9, 3, [0, 1]),
    ],
)
def test_clips_begin_half_a_clip_apart_and_end_at_the_end(
    count, length, firsts
):
    found = list(overlapping(pieces_of(count, length), 8, SAMPLES))
    assert [int(frames[0, 0, 0, 0]) for frames, _ in found] == firsts
    for (frames, audio), first in zip(found, firsts, strict=True):
        np.testing.assert_array_equal(
            frames[:, 1, 1, 2], np.arange(first, first + 8)
        )
        begin = first * SAMPLES
        np.testing.assert_array_equal(
            audio, np.arange(begin, begin + 8 * SAMPLES)
        )


def test_what_is_shorter_than_a_clip_is_filled_up():
    ((frames, audio),) = overlapping(pieces_of(5, 4), 8, SAMPLES)
    assert frames[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 4, 4, 4]
    np.testing.assert_array_equal(audio[:15], np.arange(15))
    assert audio[15:].tolist() == [0] * 9
    assert list(overlapping(iter(()), 8, SAMPLES)) == []
