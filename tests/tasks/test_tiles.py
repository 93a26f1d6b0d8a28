"""Cutting images into tiles, and putting answers together."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks import tiles
from tests.float64_reference import assert_near


def starts(size, tile):
    return tiles.tile_starts(tf.constant(size), tile).numpy().tolist()


@pytest.mark.parametrize(
    ("size", "tile", "expected"),
    [
        # Sintel and KITTI, as published.
        (436, 368, [0, 68]),
        (1024, 496, [0, 476, 528]),
        (375, 368, [0, 7]),
        (1242, 496, [0, 476, 746]),
        # Full HD: no start but the last is moved.
        (1080, 368, [0, 348, 696, 712]),
        (1920, 496, [0, 476, 952, 1424]),
        # One tile, and just not.
        (368, 368, [0]),
        (369, 368, [0, 1]),
        (100, 368, [0]),
        (1, 368, [0]),
        # Small tiles share a quarter.
        (20, 8, [0, 6, 12]),
        (21, 8, [0, 6, 12, 13]),
        (3, 1, [0, 1, 2]),
        (5, 3, [0, 2]),
    ],
)
def test_tiles_begin_where_published(size, tile, expected):
    assert starts(size, tile) == expected


def test_tiles_cover_all_and_overlap():
    for tile in (1, 2, 5, 16, 81, 100):
        overlap = min(20, tile // 4)
        for size in range(1, 300, 7):
            begins = starts(size, tile)
            assert begins[0] == 0
            assert max(begins[-1] + tile, size) == max(size, tile)
            steps = np.diff(begins)
            assert (steps > 0).all()
            assert (steps <= tile - overlap).all()
            # No more than are needed.
            fewest = max(-(-(size - overlap) // (tile - overlap)), 1)
            assert len(begins) == fewest


def test_weights_are_distances_to_the_nearest_edge():
    weights = tiles.edge_distances(368, 496)
    assert weights.dtype == np.float32
    for i, j in [(0, 0), (0, 495), (367, 200), (5, 300), (184, 40), (99, 480)]:
        expected = min(i + 1, 368 - i, j + 1, 496 - j)
        assert weights[i, j] == expected
    assert weights.min() == 1
    assert weights.max() == 184
    assert tiles.edge_distances(3, 5).tolist() == [
        [1, 1, 1, 1, 1],
        [1, 2, 2, 2, 1],
        [1, 1, 1, 1, 1],
    ]


def field(height, width):
    """Where each pixel stands, as an image of two channels."""
    return np.stack(np.indices((height, width)), axis=-1).astype("float32")


@pytest.fixture(scope="module")
def stitch():
    """Cuts and puts together what is in the images; tiles of 16 x 20."""

    def map_tiles(images):
        return tiles.map_tiles(lambda tile: tile[0], images, 16, 20, 2)

    return tf.function(
        map_tiles,
        input_signature=[tf.TensorSpec((None, None, None, 2), tf.float32)],
    )


@pytest.mark.parametrize(
    "size",
    [(16, 20), (17, 20), (16, 53), (40, 61), (5, 7), (5, 50), (50, 5), (1, 1)],
)
def test_a_field_is_put_together_as_it_was(stitch, size):
    images = field(*size)[None]
    found = stitch(images)
    assert found.shape == (*size, 2)
    np.testing.assert_allclose(found, images[0], rtol=1e-6, atol=1e-5)


def test_what_tiles_disagree_on_is_weighted():
    """Against the sums, done by hand in float64."""
    answers = np.random.default_rng(0).normal(size=(6, 16, 20, 2))
    asked = []

    def answer(tile):
        asked.append(np.asarray(tile[0, 0, 0]).tolist())
        return tf.constant(answers[len(asked) - 1], tf.float32)

    found = tiles.map_tiles(answer, tf.constant(field(20, 46)[None]), 16, 20, 2)
    corners = [(0, 0), (0, 15), (0, 26), (4, 0), (4, 15), (4, 26)]
    assert asked == [list(corner) for corner in corners]
    total, weights = np.zeros((20, 46, 2)), np.zeros((20, 46, 1))
    for (row, column), flow in zip(corners, answers, strict=True):
        for i, j in np.ndindex(16, 20):
            weight = min(i + 1, 16 - i, j + 1, 20 - j)
            total[row + i, column + j] += weight * flow[i, j]
            weights[row + i, column + j] += weight
    assert_near(found, total / weights)


def test_beyond_small_images_stands_their_last_row_and_column():
    seen = []

    def see(tile):
        seen.append(np.asarray(tile))
        return tile[0]

    images = np.stack([field(3, 4), 10 + field(3, 4)])
    tiles.map_tiles(see, tf.constant(images), 5, 6, 2)
    expected = np.pad(images, [(0, 0), (0, 2), (0, 2), (0, 0)], mode="edge")
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], expected)


def test_other_widths_than_two_are_put_together():
    images = tf.constant(field(9, 30)[None])
    found = tiles.map_tiles(lambda tile: tile[0, :, :, 1:], images, 8, 8, 1)
    assert_near(found, field(9, 30)[..., 1:])
