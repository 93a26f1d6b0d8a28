"""Which pair an example is made of, by its number alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from recipes.optical_flow.curriculum import Curriculum

POOL = Curriculum(
    first_pairs=20,
    first_examples=400,
    growth=0.5,
    augmentation=0.8,
    augmentation_examples=200,
    num_pairs=None,
    seed=3,
)


def choices(curriculum, first, count):
    """Pairs, directions and strengths, arrays of so many examples."""
    numbers = tf.data.Dataset.range(first, first + count)
    chosen = numbers.map(curriculum.choose).batch(count)
    return next(chosen.as_numpy_iterator())


def test_pairs_are_fed_forward_and_reversed_at_first():
    pairs, is_reversed, strengths = choices(POOL, 0, 400)
    np.testing.assert_array_equal(pairs[::2], pairs[1::2])
    np.testing.assert_array_equal(is_reversed, np.arange(400) % 2 == 1)
    assert set(pairs) == set(range(20))
    assert not strengths.any()


def test_the_pool_grows_by_the_example():
    pairs, is_reversed, _ = choices(POOL, 400, 2_000)
    assert not is_reversed.any()
    pool = 20 + np.arange(2_000) // 2
    assert (pairs < pool).all()
    # Uniformly out of the pool, whose end is reached.
    shares = (pairs + 0.5) / pool
    assert abs(shares.mean() - 0.5) < 0.03
    assert shares.max() > 0.98
    assert len(set(pairs)) > 400


def test_augmentation_grows_to_its_strength():
    strengths = choices(POOL, 400, 300)[2]
    np.testing.assert_allclose(
        strengths[:200], 0.8 * np.arange(200) / 200, rtol=1e-5
    )
    np.testing.assert_allclose(strengths[200:], 0.8, rtol=1e-6)


def test_a_data_set_has_an_end():
    few = dataclasses.replace(POOL, num_pairs=50)
    pairs = choices(few, 1_000, 500)[0]
    assert set(pairs) == set(range(50))
    every = dataclasses.replace(few, first_pairs=None)
    assert set(choices(every, 0, 600)[0]) == set(range(50))
    endless = dataclasses.replace(POOL, first_pairs=None)
    assert len(set(choices(endless, 400, 100)[0])) == 100


def test_examples_are_the_same_wherever_one_begins():
    whole = choices(POOL, 380, 60)
    for one, other in zip(whole, choices(POOL, 400, 40), strict=True):
        np.testing.assert_array_equal(one[20:], other)
    other_seed = choices(dataclasses.replace(POOL, seed=4), 380, 60)
    assert (other_seed[0] != whole[0]).any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("first_pairs", 0),
        ("first_examples", -1),
        ("growth", float("nan")),
        ("augmentation", 1.5),
        ("num_pairs", 0),
    ],
)
def test_numbers_out_of_range_are_named(name, value):
    with pytest.raises(ValueError, match=f"takes {name} from"):
        dataclasses.replace(POOL, **{name: value})
