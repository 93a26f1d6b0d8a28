"""Augmented pairs: what a pixel shows still stands where its flow ends."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow_pairs.augmentation import Augmentation
from keras_perceiver.data.flow_pairs.augmentation import augment
from keras_perceiver.data.flow_pairs.augmentation import cut
from keras_perceiver.data.flow_pairs.augmentation import filled
from tests.data.flow_pairs.lookup import differences

SIZE = (40, 48)
# What moves pixels alone, always, and what changes colours alone.
MOVES = Augmentation(
    colour=0.0,
    hue=0.0,
    erased_share=0.0,
    scaled_share=1.0,
    stretched_share=1.0,
    flipped_share=0.5,
)
COLOURS = dataclasses.replace(
    Augmentation(),
    erased_share=0.0,
    scaled_share=0.0,
    stretched_share=0.0,
    mirrored_share=0.0,
    flipped_share=0.0,
)


def waves(height, width, across=0.0, down=0.0):
    """A smooth picture, moved; float64 `(H, W, 3)`."""
    y, x = np.mgrid[:height, :width].astype("float64")
    x, y = x - across, y - down
    return np.stack(
        [
            128 + 100 * np.sin(x / 5) * np.cos(y / 7),
            128 + 100 * np.sin(y / 6 + 1),
            128 + 100 * np.cos(x / 8 + y / 9),
        ],
        axis=-1,
    )


def moved_pair(across=3.0, down=-2.0, height=60, width=72):
    frames = np.stack(
        [waves(height, width), waves(height, width, across, down)]
    )
    shape = (height, width)
    return {
        "frames": tf.constant(np.round(frames).astype("uint8")),
        "flow": tf.ones((*shape, 1)) * tf.constant([across, down]),
        "valid": tf.ones(shape, tf.bool),
        "visible": tf.ones(shape, tf.bool),
    }


@pytest.fixture(scope="module")
def augmented():
    def run(pair, seed, strength, augmentation):
        key = tf.constant([seed, 7], tf.int64)
        return augment(pair, SIZE, key, strength, augmentation)

    return run


def mismatch(pair):
    """Mean levels between pixels and what stands where their flow ends."""
    found, inside = differences(pair["frames"], pair["flow"].numpy())
    return found[inside].mean()


@pytest.mark.parametrize("seed", range(6))
def test_flow_moves_with_the_frames(augmented, seed):
    pair = augmented(moved_pair(), seed, 1.0, MOVES)
    assert pair["frames"].shape == (2, *SIZE, 3)
    assert pair["flow"].shape == (*SIZE, 2)
    still = {**pair, "flow": tf.zeros_like(pair["flow"])}
    assert mismatch(pair) < 3
    assert mismatch(still) > 20
    # Signs tell that mirrors turn flow round, lengths that it is scaled.
    assert not np.allclose(np.abs(pair["flow"][0, 0]), [3, 2], rtol=1e-3)


def test_at_no_strength_a_pair_is_cut_alone(augmented):
    whole = moved_pair()
    pair = augmented(whole, 1, 0.0, Augmentation())
    frames = whole["frames"].numpy()
    found = [
        (row, column)
        for row in range(60 - SIZE[0] + 1)
        for column in range(72 - SIZE[1] + 1)
        if np.array_equal(
            frames[:, row : row + SIZE[0], column : column + SIZE[1]],
            pair["frames"],
        )
    ]
    assert len(found) == 1
    np.testing.assert_array_equal(pair["flow"][0, 0], [3, -2])


def test_both_frames_change_alike_or_each_for_itself(augmented):
    def change(share):
        settings = dataclasses.replace(COLOURS, asymmetric_share=share)
        pair = moved_pair(0.0, 0.0)
        frames = augmented(pair, 3, 1.0, settings)["frames"].numpy()
        return frames, pair

    alike, pair = change(0.0)
    np.testing.assert_array_equal(alike[0], alike[1])
    before = pair["frames"].numpy()[0].mean()
    assert abs(alike[0].mean() - before) > 2
    apart, _ = change(1.0)
    assert np.abs(apart[0] - apart[1]).mean() > 2


def test_boxes_are_wiped_out_in_the_second_frame(augmented):
    settings = dataclasses.replace(
        COLOURS, colour=0.0, hue=0.0, erased_share=1.0, erased=(10, 20)
    )
    frames = augmented(moved_pair(0.0, 0.0), 2, 1.0, settings)["frames"].numpy()
    differs = np.abs(frames[0] - frames[1]).max(axis=-1) > 1
    assert 20 < differs.sum() < differs.size / 2
    colours = frames[1][differs]
    assert np.ptp(colours, axis=0).max() < 1e-3


def test_unknown_flow_does_not_spoil_what_is_beside_it(augmented):
    pair = moved_pair()
    valid = np.zeros((60, 72), bool)
    valid[::3] = True
    flow = np.where(valid[..., None], pair["flow"], 0).astype("float32")
    sparse = {**pair, "flow": tf.constant(flow), "valid": tf.constant(valid)}
    whole = augmented(pair, 4, 1.0, MOVES)
    part = augmented(sparse, 4, 1.0, MOVES)
    known = part["valid"].numpy()
    assert 0.1 < known.mean() < 0.6
    np.testing.assert_allclose(
        part["flow"].numpy()[known], whole["flow"].numpy()[known], rtol=1e-4
    )


def test_an_example_is_changed_the_same_way_again(augmented):
    pairs = [
        augmented(moved_pair(), seed, 0.7, Augmentation()) for seed in (5, 5, 6)
    ]
    for name in pairs[0]:
        np.testing.assert_array_equal(pairs[0][name], pairs[1][name])
    assert np.abs(pairs[0]["frames"] - pairs[2]["frames"]).max() > 5


def test_small_pairs_are_filled_with_what_is_not_known():
    pair = filled(moved_pair(height=30, width=72), SIZE)
    assert pair["frames"].shape == (2, 40, 72, 3)
    assert pair["valid"].numpy().sum() == 30 * 72
    np.testing.assert_array_equal(pair["frames"][:, 39], pair["frames"][:, 29])
    bottom = cut(pair, SIZE, tf.constant([1.0, 1.0]))
    np.testing.assert_array_equal(bottom["frames"], pair["frames"][:, :, 24:])
