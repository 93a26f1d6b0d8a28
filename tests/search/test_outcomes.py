import math

import pytest

from keras_perceiver.search import outcomes
from keras_perceiver.search import words
from tests.search.written_records import record

RECORDS = [
    record("0", 0.5, flops=200),
    record("1", 0.5, flops=100),
    record("2", 0.4),
    record("3", 0.1, share=1 / 9),
    record("4", None, state="pruned", reason="diverged: nan at step 3"),
    record("5", None, state="pruned", reason="diverged: inf at step 9"),
    record("6", None, state="pruned", reason="out of memory: 3 GiB"),
    record("7", None, state="failed", reason="ValueError: no"),
    record("8", None, state="running"),
    record("9", math.nan),
]


def names(records):
    return [one["trial"] for one in records]


def test_the_best_is_one_that_took_all_steps():
    assert names(outcomes.best_first(RECORDS, False)) == ["2", "1", "0"]
    assert names(outcomes.best_first(RECORDS, True)) == ["1", "0", "2"]
    assert outcomes.best_first(RECORDS[3:], False) == []


def test_costs_may_be_unknown():
    trials = [record("0", 0.5, flops=None), record("1", 0.5, flops=7)]
    assert names(outcomes.best_first(trials, False)) == ["0", "1"]


def test_trials_are_counted_by_state_and_reason():
    counts = outcomes.counts_of(RECORDS)
    assert counts == {
        "running": 1,
        "completed": 5,
        "shorter": 1,
        "pruned": {"diverged": 2, "out of memory": 1},
        "failed": {"ValueError": 1},
    }
    line = words.counts_in_words(counts, {"params<1M": 3, "flops<9G": 40})
    assert line == (
        "5 completed (1 with a share of the steps), "
        "3 pruned (2 diverged, 1 out of memory), 1 failed (1 ValueError), "
        "1 running, 43 infeasible (40 flops<9G, 3 params<1M)"
    )
    assert words.counts_in_words(outcomes.counts_of([]), {}) == (
        "0 completed, 0 pruned, 0 failed, 0 running, 0 infeasible"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00K"),
        (120_053, "120K"),
        (12_005, "12.0K"),
        (999_999, "1.00M"),
        (7_552_512, "7.55M"),
        (407e9, "407B"),
        (6.85e12, "6.85T"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_large_numbers_in_short(number, text):
    assert words.in_short(number) == text


def test_choices_in_short():
    choices = {
        "num_latents": 32,
        "num_self_attends_per_block": 3,
        "qk_channels": None,
        "learning_rate": 0.00213456,
        "my_own\n": "a\x1b[2J",
    }
    short = words.choices_in_short(choices)
    assert short == ("N=32 layers=3 qk=null lr=0.00213 my_own\\n=a\\x1b[2J")
    assert words.milliseconds(3.2191) == "3.22 ms"
    assert words.milliseconds(None) == "-"
    assert words.objective(0.123456) == "0.1235"
