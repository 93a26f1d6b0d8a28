import math

import numpy as np

from keras_perceiver.search import pareto
from tests.search.written_records import record

# Few, so that many are equal; the last are no numbers.
VALUES = (*range(8), None, math.nan, math.inf)


def dominates(one, other):
    return (
        one[0] <= other[0]
        and one[1] <= other[1]
        and (one[0] < other[0] or one[1] < other[1])
    )


def brute_force(points):
    """The definition: the places of what is neither beaten nor a repeat."""
    whole = {
        place: point
        for place, point in enumerate(points)
        if all(number not in (None, math.inf) for number in point)
        and not any(map(math.isnan, point))
    }
    return {
        place
        for place, point in whole.items()
        if not any(dominates(other, point) for other in whole.values())
        and not any(
            other == point and earlier < place
            for earlier, other in whole.items()
        )
    }


def test_the_front_is_what_its_definition_says():
    numbers = np.random.default_rng(0)
    sizes = set()
    for _ in range(300):
        points = [
            tuple(VALUES[place] for place in numbers.integers(11, size=2))
            for _ in range(numbers.integers(12))
        ]
        found = pareto.front(points)
        assert set(found) == brute_force(points)
        assert [points[place] for place in found] == sorted(
            points[place] for place in found
        )
        sizes.add(len(found))
    assert sizes >= {0, 1, 2, 3, 4}


def test_a_front_worked_by_hand():
    points = [(3, 1), (1, 3), (2, 2), (2, 3), (3, 1), (1, 4), (None, 0)]
    assert pareto.front(points) == [1, 2, 0]


RECORDS = [
    record("0", 0.5, flops=100),
    record("1", 0.4, flops=300),
    record("2", 0.6, flops=200),
    record("3", 0.1, flops=50, share=1 / 3),
    record("4", None, flops=10, state="pruned", reason="diverged"),
    record("5", math.nan, flops=10),
    record("6", 0.2, flops=10, state="running"),
    record("7", 0.9, flops=None, latency_ms=2.0),
]


def names(records):
    return [one["trial"] for one in records]


def test_only_whole_trials_compete():
    assert names(pareto.front_of(RECORDS, "flops", False)) == ["0", "1"]
    assert names(pareto.front_of(RECORDS, "latency_ms", False)) == ["7"]


def test_more_may_be_better():
    assert names(pareto.front_of(RECORDS, "flops", True)) == ["0", "2"]


def test_latency_is_a_cost_only_if_it_was_measured():
    assert pareto.measured_costs(RECORDS[:7]) == ["flops", "params"]
    assert pareto.measured_costs(RECORDS) == ["latency_ms", "flops", "params"]
    assert pareto.measured_costs([]) == []
