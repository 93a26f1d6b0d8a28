"""MixUp and CutMix: shares, labels, and how they are drawn."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.image_augmentation.mixing import beta
from keras_perceiver.data.image_augmentation.mixing import mix_pairs

HEIGHT, WIDTH = 12, 20
COUNT = 1200


def pairs(count=COUNT):
    """First images of 0 and second ones of 1, and labels alike."""
    images = np.zeros((2 * count, HEIGHT, WIDTH, 3), "float32")
    images[1::2] = 1
    labels = np.tile(np.eye(2, 3, dtype="float32"), (count, 1))
    return images, labels


in_graph = tf.function(
    mix_pairs,
    input_signature=[
        tf.TensorSpec((None, HEIGHT, WIDTH, 3)),
        tf.TensorSpec((None, 3)),
        tf.TensorSpec((None,), tf.int64),
        tf.TensorSpec((), tf.int64),
    ],
)


@pytest.fixture(scope="module")
def mixed():
    """What is mixed of 0 and 1, and labels, of many examples."""
    images, labels = in_graph(*pairs(), np.arange(COUNT), 3)
    return images.numpy(), labels.numpy()


def test_labels_have_the_shares_of_the_images(mixed):
    images, labels = mixed
    shares = images.astype(float).mean((1, 2, 3))
    np.testing.assert_allclose(labels[:, 1], shares, atol=1e-6)
    np.testing.assert_allclose(labels[:, 0], 1 - shares, atol=1e-6)
    assert not labels[:, 2].any()


def test_even_numbers_are_mixed_evenly(mixed):
    images, _ = mixed
    means = images[::2]
    assert (means == means[:, :1, :1, :1]).all()


def test_odd_numbers_have_a_box(mixed):
    images, _ = mixed
    boxes = images[1::2]
    assert set(np.unique(boxes)) == {0, 1}
    rows, columns = boxes.any((2, 3)), boxes.any((1, 3))
    np.testing.assert_array_equal(
        boxes, (rows[:, :, None] & columns[:, None])[..., None] * np.ones(3)
    )
    for inside in (rows, columns):
        changes = np.diff(inside.astype(int), prepend=0, append=0)
        assert ((changes == 1).sum(1) <= 1).all()


def test_boxes_have_uniform_areas_and_are_anywhere(mixed):
    images, _ = mixed
    boxes = images[1::2, ..., 0]
    tall, wide = boxes.any(2).sum(1), boxes.any(1).sum(1)
    # What was drawn shows where no border cuts it off.
    is_inside = ~(
        boxes[:, 0].any(1)
        | boxes[:, -1].any(1)
        | boxes[:, :, 0].any(1)
        | boxes[:, :, -1].any(1)
    )
    is_seen = is_inside & (tall > 0) & (wide > 0)
    aspects = wide[is_seen] / tall[is_seen]
    # Sides are rounded down to even numbers of pixels.
    assert abs(np.median(aspects) - WIDTH / HEIGHT) < 0.35
    # By hand: uniform area, uniform middle, what is outside cut off.
    rng = np.random.default_rng(0)
    draws = rng.random((3, 200_000))
    expected = 1.0
    for draw, length in ((draws[1], HEIGHT), (draws[2], WIDTH)):
        half = (np.sqrt(draws[0]) * length).astype(int) // 2
        middle = (draw * length).astype(int)
        side = np.minimum(middle + half, length) - np.maximum(middle - half, 0)
        expected = expected * side / length
    found = boxes.mean((1, 2))
    for quantile in (0.1, 0.25, 0.5, 0.75, 0.9):
        wanted = np.quantile(expected, quantile)
        # Four and a half deviations of the binomial of 600.
        below = (found <= wanted).mean()
        at_most = (expected <= wanted).mean()
        bound = 4.5 * np.sqrt(at_most * (1 - at_most) / len(found))
        assert abs(below - at_most) < bound


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_mixup_draws_from_beta(alpha):
    draws = np.array(
        list(
            tf.data.Dataset.range(4000)
            .map(lambda n: beta(tf.stack([tf.constant(0, tf.int64), n]), alpha))
            .as_numpy_iterator()
        )
    )
    assert ((draws >= 0) & (draws <= 1)).all()
    expected = np.random.default_rng(1).beta(alpha, alpha, 1_000_000)
    for place in np.quantile(expected, (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)):
        share = (expected <= place).mean()
        bound = 4.5 * np.sqrt(share * (1 - share) / len(draws))
        assert abs((draws <= place).mean() - share) < bound


def test_the_smallest_alphas_mix_nothing():
    """Their gamma variates are below all floats."""
    draws = np.array([beta([0, n], 1e-6).numpy() for n in range(200)])
    assert set(draws) == {0, 1}
    assert 60 < draws.sum() < 140


def test_real_pixels_are_kept_where_nothing_mixes_them():
    rng = np.random.default_rng(0)
    images = rng.normal(100, 90, (80, 9, 11, 3)).astype("float32")
    labels = rng.dirichlet(np.ones(5), 80).astype("float32")
    numbers = np.arange(1, 80, 2)
    mixed, mixed_labels = mix_pairs(images, labels, numbers, 0)
    is_first = (mixed.numpy() == images[::2]).all(-1)
    is_second = (mixed.numpy() == images[1::2]).all(-1)
    assert (is_first ^ is_second).all()
    shares = is_second.mean((1, 2))[:, None]
    np.testing.assert_allclose(
        mixed_labels,
        labels[::2] * (1 - shares) + labels[1::2] * shares,
        atol=1e-6,
    )
    np.testing.assert_allclose(mixed_labels.numpy().sum(1), 1, atol=1e-6)


def test_an_example_depends_on_its_number_and_not_on_its_batch(mixed):
    images, labels = pairs(40)
    numbers = np.arange(40) * 7 + 3
    found, found_labels = in_graph(images, labels, numbers, 3)
    np.testing.assert_array_equal(found, mixed[0][numbers])
    np.testing.assert_array_equal(found_labels, mixed[1][numbers])
    other, _ = in_graph(images, labels, numbers, 4)
    assert (other.numpy() != found.numpy()).any((1, 2, 3)).mean() > 0.8


def test_there_may_be_no_examples():
    mixed, labels = in_graph(*pairs(0), np.zeros((0,), "int64"), 0)
    assert mixed.shape == (0, HEIGHT, WIDTH, 3)
    assert labels.shape == (0, 3)


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan")])
def test_alpha_is_above_zero(alpha):
    with pytest.raises(ValueError, match=r"alpha above 0\. Received: mixup_al"):
        mix_pairs(*pairs(1), [0], 0, alpha)
