"""Comparing answers."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow import encode_flo
from keras_perceiver.serving.checks import comparisons

FLOW = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
PICTURE = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype="uint8")


def flo(flow):
    return encode_flo(tf.constant(flow)).numpy()


def png(picture):
    return tf.io.encode_png(picture).numpy()


def compare(came, wanted):
    """As a check does it, in the second of two rows."""
    came, wanted = (
        np.array([b"same", value], object) for value in (came, wanted)
    )
    comparisons.compare("some_bytes", came, wanted)


def test_files_are_compared_as_what_they_hold():
    """Rounding may differ between the graph and what wrote the example."""
    compare(flo(FLOW), flo(FLOW))
    compare(flo(FLOW * (1 + 2e-5)), flo(FLOW))
    compare(flo(-0.0 * FLOW), flo(0.0 * FLOW))
    compare(png(PICTURE), png(PICTURE))
    compare(png(PICTURE - (PICTURE == 7)), png(PICTURE))
    compare(b"cat", b"cat")


@pytest.mark.parametrize(
    ("came", "wanted"),
    [
        (flo(FLOW * 1.001), flo(FLOW)),
        (flo(FLOW * np.nan), flo(FLOW)),
        (flo(FLOW.transpose(1, 0, 2)), flo(FLOW)),
        (flo(FLOW)[:-1], flo(FLOW)),
        (b"", flo(FLOW)),
        (flo(FLOW), b""),
        (png(PICTURE ^ 1), png(PICTURE)),
        (png(PICTURE[:3]), png(PICTURE)),
        (png(PICTURE), flo(FLOW)),
        (b"cat", b"cut"),
    ],
)
def test_files_of_other_numbers_fail(came, wanted):
    with pytest.raises(ValueError, match="Output 'some_bytes' differs"):
        compare(came, wanted)


def test_long_answers_are_shown_in_part():
    came, wanted = (
        np.array([value], object) for value in (b"a" * 10_000, b"b" * 10)
    )
    with pytest.raises(ValueError, match="Output 'x' differs") as error:
        comparisons.compare("x", came, wanted)
    assert len(str(error.value)) < 3000
    assert "aaa ... aaa" in str(error.value)
    assert "[b'bbbbbbbbbb']" in str(error.value)


def test_pixels_may_be_rounded():
    pixels = np.array([[0, 9, 200, 255]], np.uint8)

    def compare(*rows):
        comparisons.compare("video", pixels, np.array(rows, np.uint8))

    compare([0, 9, 201, 255])
    for other in ([0, 9, 255, 0], [1, 8, 201, 254], [0, 9, 200]):
        with pytest.raises(ValueError, match="Output 'video' differs"):
            compare(other)


def test_no_rows_are_equal():
    for kind in (np.float32, np.uint8, np.int32, object):
        comparisons.compare("x", np.empty((0, 2), kind), np.empty((0, 2), kind))


def test_whole_numbers_are_equal_or_not():
    comparisons.compare("x", np.array([1, -1]), np.array([1, -1]))
    with pytest.raises(ValueError, match="Output 'x' differs"):
        comparisons.compare("x", np.array([1, -1]), np.array([1, 1]))


def test_fingerprints_are_compared_by_the_deviation():
    wanted = {"mean": 10.0, "deviation": 0.1}
    comparisons.compare_fingerprints("x", {**wanted, "mean": 10.000009}, wanted)
    for other in ({"mean": 10.00002}, {"deviation": 0.11}, {"mean": np.nan}):
        with pytest.raises(ValueError, match="Output 'x' differs"):
            comparisons.compare_fingerprints("x", {**wanted, **other}, wanted)
