"""Which example comes next."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.glue.mixture import TaskMixture


def places(mixture, sizes, count, seed=0, first=0):
    place_of = mixture.places(sizes)
    numbers = tf.data.Dataset.range(first, first + count)
    found = numbers.map(lambda number: place_of(number, seed))
    return np.array(list(found.as_numpy_iterator()))


def test_shares_as_sizes_give_each_example_once_an_epoch():
    sizes = [7, 20, 3]
    for epoch in range(3):
        found = places(TaskMixture(1.0), sizes, 30, first=30 * epoch)
        assert sorted(found) == list(range(30))
    assert list(places(TaskMixture(1.0), sizes, 30)) != list(range(30))


def test_equal_shares_repeat_the_small_and_take_all_of_the_large():
    sizes = [4, 36]
    counts = TaskMixture(0.0).counts(sizes)
    assert list(counts) == [20, 20]
    first = places(TaskMixture(0.0), sizes, 40)
    assert np.bincount(first, minlength=40)[:4].tolist() == [5, 5, 5, 5]
    both = places(TaskMixture(0.0), sizes, 80)
    assert set(both[both >= 4]) == set(range(4, 40))


def test_between_the_two_shares_go_by_a_power():
    counts = TaskMixture(0.5).counts([100, 400, 1_600])
    np.testing.assert_array_equal(counts, [300, 600, 1_200])


def test_examples_depend_on_seed_and_number_alone():
    mixture, sizes = TaskMixture(0.5), [10, 40]
    whole = places(mixture, sizes, 120, seed=3)
    np.testing.assert_array_equal(
        places(mixture, sizes, 50, seed=3, first=70), whole[70:]
    )
    assert (places(mixture, sizes, 120, seed=4) != whole).any()


@pytest.mark.parametrize("exponent", [-0.1, 1.1])
def test_other_powers_are_refused(exponent):
    with pytest.raises(ValueError, match=r"--data\.size-exponent takes"):
        TaskMixture(exponent)
