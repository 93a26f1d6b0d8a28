"""SpecAugment, against its stripes counted by hand."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data import spec_augment as lib

SPECTROGRAM = np.random.default_rng(0).normal(size=(40, 24)).astype("float32")


def augmented(number, **options):
    return lib.spec_augment(
        tf.constant(SPECTROGRAM), [7, number], **options
    ).numpy()


def test_stripes_begin_and_end_where_they_are_drawn():
    draws = tf.constant([[0.999, 0.5, 0.0], [0.999, 0.0, 0.5]])
    found = lib._stripes(10, 0.4, draws).numpy()
    # 4 places from the last possible begin, 2 from the first, and none.
    expected = [1, 1, 0, 0, 0, 0, 1, 1, 1, 1]
    np.testing.assert_array_equal(found, np.array(expected, bool))


def test_whole_rows_and_columns_are_covered_by_the_mean():
    mean = SPECTROGRAM.mean()
    times, bands = [], []
    for number in range(60):
        found = augmented(number, num_masks=1)
        is_covered = found != SPECTROGRAM
        np.testing.assert_allclose(found[is_covered], mean, atol=1e-6)
        rows, columns = is_covered.all(axis=1), is_covered.all(axis=0)
        expected = rows[:, None] | columns[None]
        np.testing.assert_array_equal(is_covered, expected)
        times.append(rows.sum())
        bands.append(columns.sum())
    # From nothing to a quarter of 40 and of 24.
    assert (min(times), max(times)) == (0, 10)
    assert (min(bands), max(bands)) == (0, 6)


def test_masks_go_by_the_number_alone():
    np.testing.assert_array_equal(augmented(3), augmented(3))
    assert np.any(augmented(3) != augmented(4))
    untouched = augmented(3, longest_time=0.0, widest_band=0.0)
    np.testing.assert_array_equal(untouched, SPECTROGRAM)
