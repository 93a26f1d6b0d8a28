"""Choices by hash: shares, stability and evenness."""

import numpy as np

from keras_perceiver.data.labelled_images import selection

NAMES = [f"n{number % 7}/{number}.png" for number in range(7000)]
LABELS = np.arange(7000) % 7


def test_a_tenth_is_held_out():
    is_heldout = selection.is_heldout(NAMES)
    # Three standard deviations.
    assert abs(is_heldout.sum() - 700) < 76


def test_a_name_stays_on_its_side():
    is_heldout = selection.is_heldout(NAMES)
    np.testing.assert_array_equal(
        selection.is_heldout(NAMES[::-3]), is_heldout[::-3]
    )
    # For good: data would leak if this ever changed.
    few = selection.is_heldout([f"{number}.png" for number in range(60)])
    assert np.flatnonzero(few).tolist() == [6, 7, 17, 23, 29, 46, 50]


def test_classes_keep_shares_that_fall_geometrically():
    kept = selection.is_kept(NAMES, LABELS, 7, 64.0)
    counts = np.bincount(LABELS[kept], minlength=7)
    assert counts[0] == 1000
    for k, count in enumerate(counts):
        share = 2.0**-k
        deviation = np.sqrt(1000 * share * (1 - share))
        assert abs(count - 1000 * share) <= 3 * deviation


def test_without_a_skew_all_is_kept():
    assert selection.is_kept(NAMES, LABELS, 7, 1.0).all()


def test_a_stronger_skew_keeps_fewer_of_the_same():
    weak, strong = (
        selection.is_kept(NAMES, LABELS, 7, skew) for skew in (4.0, 40.0)
    )
    assert strong.sum() < weak.sum()
    assert not (strong & ~weak).any()


def test_a_skew_does_not_follow_the_split():
    kept = selection.is_kept(NAMES, LABELS, 7, 10.0)
    heldout = selection.is_heldout(NAMES)
    share = (kept & heldout).sum() / kept.sum()
    assert abs(share - 0.1) <= 3 * np.sqrt(0.09 / kept.sum())


def test_labels_outside_the_classes_are_kept():
    labels = np.array([0, -1, 7])
    assert selection.is_kept(["a", "b", "c"], labels, 2, 1e9).all()


def test_a_limit_is_spread_evenly():
    labels = np.repeat([0, 1, 2, 5], [50, 40, 3, 1])
    names = [f"{number}" for number in range(94)]
    previous = np.zeros(94, bool)
    for limit in (1, 4, 9, 20, 94):
        chosen = selection.is_chosen(names, labels, limit)
        assert chosen.sum() == limit
        assert not (previous & ~chosen).any()
        previous = chosen
    counts = np.bincount(labels[selection.is_chosen(names, labels, 20)])
    assert counts.tolist() == [8, 8, 3, 0, 0, 1]
