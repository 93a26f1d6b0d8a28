"""What came of trials: which count, in which order, how many of each kind."""

import collections
import math

FINISHED = ("completed", "pruned", "failed")


def is_number(value):
    """Whether it is a finite number, which a broken trial does not give."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def full_trials(records):
    """Returns the trials that may be compared, in order.

    Args:
        records: lines of `trials.jsonl`.

    Returns:
        Those that completed all of a trial's steps with a finite value. What
        Hyperband stopped at a share of them has a value of another kind.
    """
    return [
        record
        for record in records
        if record["state"] == "completed"
        and record["share"] >= 1
        and is_number(record["value"])
    ]


def best_first(records, maximize):
    """Returns the `full_trials`, the best one first.

    Of equal values the cheaper model comes first, then the earlier trial.
    """
    sign = -1 if maximize else 1
    return sorted(
        full_trials(records),
        key=lambda record: (
            sign * record["value"],
            record["cost"]["flops"] or 0,
            record["trial"],
        ),
    )


def kind_of(reason):
    """`"diverged: loss nan at step 3"` becomes `"diverged"`."""
    return (reason or "no reason given").partition(":")[0].strip()


def counts_of(records):
    """Counts trials by state.

    Args:
        records: lines of `trials.jsonl`.

    Returns:
        A dictionary: `running`, `completed`, `shorter` (those of the completed
        that were given a share of the steps) as numbers; `pruned` and
        `failed` as numbers by kind of reason.
    """
    states = collections.Counter(record["state"] for record in records)
    return {
        "running": states["running"],
        "completed": states["completed"],
        "shorter": sum(
            record["state"] == "completed" and record["share"] < 1
            for record in records
        ),
        **{
            state: collections.Counter(
                kind_of(record["reason"])
                for record in records
                if record["state"] == state
            )
            for state in ("pruned", "failed")
        },
    }
