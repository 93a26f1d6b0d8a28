"""Which trials no other beats at its own cost or below."""

from keras_perceiver.search import outcomes
from keras_perceiver.search.outcomes import is_number

# In the order of pictures and tables.
COSTS = {"latency_ms": "latency (ms)", "flops": "FLOPs", "params": "parameters"}


def front(points):
    """Returns the places of the points that no other dominates.

    A point dominates another that it exceeds in neither number, if it is below
    it in one. Of equal points the first stays. A point without two finite
    numbers takes no part.

    Args:
        points: pairs of numbers, both better if less; None and NaN may occur.

    Returns:
        A list of places in `points`, in order of the first number.
    """
    ordered = sorted(
        (first, second, place)
        for place, (first, second) in enumerate(points)
        if is_number(first) and is_number(second)
    )
    kept, lowest = [], float("inf")
    for _, second, place in ordered:
        if second < lowest:
            kept.append(place)
            lowest = second
    return kept


def measured_costs(records):
    """Returns the names in `COSTS` that some comparable trial has."""
    trials = outcomes.full_trials(records)
    return [
        name
        for name in COSTS
        if any(is_number(trial["cost"].get(name)) for trial in trials)
    ]


def front_of(records, cost_name, maximize):
    """Returns the trials on the front of quality against one cost.

    Args:
        records: lines of `trials.jsonl`; `outcomes.full_trials` compete.
        cost_name: a name in `COSTS`.
        maximize: whether a larger value is better.

    Returns:
        A list of records, the cheapest first.
    """
    trials = outcomes.full_trials(records)
    sign = -1 if maximize else 1
    points = [
        (trial["cost"].get(cost_name), sign * trial["value"])
        for trial in trials
    ]
    return [trials[place] for place in front(points)]
