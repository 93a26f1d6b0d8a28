"""Damage to inputs, at random."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data import corruptions

COUNT = 200


def seeds(first=0, count=COUNT):
    numbers = tf.range(first, first + count)
    return tf.stack([tf.fill([count], 3), numbers], axis=1)


def test_noise_has_the_deviation_that_is_asked_for():
    images = tf.ones((COUNT, 4, 5, 3))
    deviation = np.array([1.0, 2.0, 0.5], "float32")
    noise = corruptions.add_noise(images, seeds(), deviation=deviation) - 1
    measured = np.std(noise, axis=(0, 1, 2))
    # A deviation of 4,000 draws is right to about a ninetieth.
    np.testing.assert_allclose(measured, deviation, rtol=0.05)
    assert np.abs(np.mean(noise, axis=(0, 1, 2))).max() < 0.1


def test_an_example_is_changed_alike_in_any_batch():
    images = tf.random.stateless_uniform((COUNT, 4, 5, 3), [0, 1])
    whole = corruptions.add_noise(images, seeds(), deviation=1.0)
    part = corruptions.add_noise(images[7:9], seeds(7, 2), deviation=1.0)
    np.testing.assert_array_equal(whole[7:9], part)


def test_covered_parts_are_everywhere_and_as_large_as_asked():
    images = tf.ones((COUNT, 8, 12, 3))
    covered = corruptions.occlude(images, seeds(), share=0.25, value=0.0)
    hidden = covered.numpy()[..., 0] == 0
    assert set(hidden.sum(axis=(1, 2))) == {4 * 6}
    assert set(hidden.any(axis=2).sum(axis=1)) == {4}
    times = hidden.sum(axis=0)
    assert times.min() > 0
    # Of 5 * 7 places, each corner is covered by one.
    assert times[0, 0] < 0.1 * COUNT < times[4, 6]


def test_typos_replace_what_may_be_replaced_and_never_by_itself():
    rng = np.random.default_rng(0)
    token_ids = rng.integers(0, 9, (COUNT, 40)).astype("int32")
    replaceable = np.array([2, 3, 7], "int32")
    typed = corruptions.replace_tokens(
        tf.constant(token_ids), seeds(), share=0.2, replaceable=replaceable
    ).numpy()
    may_change = np.isin(token_ids, replaceable)
    is_changed = typed != token_ids
    assert not is_changed[~may_change].any()
    assert abs(is_changed[may_change].mean() - 0.2) < 0.03
    assert set(typed[is_changed]) == set(replaceable)
    others = typed[is_changed & (token_ids == 3)]
    assert 0.4 < (others == 2).mean() < 0.6
