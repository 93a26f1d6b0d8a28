import math
import sys

import numpy as np
import pytest
import sklearn.ensemble

from keras_perceiver.search import sensitivity
from tests.search.written_records import record

# What is tried of two choices; the third is always the same.
LATENTS = [16, 64, 32, 48, 8, 24, 40, 56, 12, 20]
WIDTHS = [96, None, 128, 96, 64, None, 64, 128, 96, 128]


def records_of(value_of, count=10):
    return [
        record(
            f"{place}",
            value_of(LATENTS[place]),
            choices={
                "num_latents": LATENTS[place],
                "latent_dim": WIDTHS[place],
                "norm": "ab"[place % 2],
            },
        )
        for place in range(count)
    ]


def effects_of(records):
    told = sensitivity.sensitivity_of(records)
    return {effect.choice: effect for effect in told.effects}, told


def test_what_the_value_hangs_on_matters_most():
    effects, told = effects_of(records_of(lambda latents: 1 / latents))
    first = told.effects[0]
    assert first.choice == "num_latents"
    assert first.importance > 4 * effects["latent_dim"].importance
    assert first.correlation == pytest.approx(-1)
    assert first.is_clear
    assert told.trials == 10
    assert told.foretold > 0.3
    # One value alone was tried.
    rate = effects["learning_rate"]
    assert (rate.values, rate.importance, rate.correlation) == (1, None, None)
    # Words have no order, and a forest sees them all the same.
    assert effects["norm"].correlation is None
    assert effects["norm"].importance is not None
    # None counts as a value of its own, and has no rank.
    width = effects["latent_dim"]
    assert (width.values, width.trials) == (4, 8)


def test_the_rank_correlation_is_spearmans():
    values = [3.0, 1.0, 5.0, 2.0, 4.0, 7.0]
    trials = [
        record(f"{place}", value, choices={"num_latents": latents})
        for place, (value, latents) in enumerate(
            zip(values, LATENTS, strict=False)
        )
    ]
    effects, told = effects_of(trials)
    differences = np.argsort(np.argsort(values)) - np.argsort(
        np.argsort(LATENTS[:6])
    )
    expected = 1 - 6 * (differences**2).sum() / (6 * 35)
    assert effects["num_latents"].correlation == pytest.approx(expected)
    assert effects["num_latents"].importance is None
    assert told.foretold is None


def test_importance_is_the_error_over_all_shuffles():
    numbers = np.random.default_rng(0)
    table = numbers.uniform(size=(12, 2))
    values = table[:, 0] + 0.1 * numbers.normal(size=12)
    forest = sklearn.ensemble.RandomForestRegressor(
        sensitivity.NUM_TREES, oob_score=True, random_state=0
    ).fit(table, values)
    mean, spread, foretold = sensitivity.forest_importances(table, values)
    before = abs(forest.predict(table) - values).mean()
    for column in range(2):
        # A shuffle puts each value in each row equally often.
        errors = []
        for other in range(12):
            mixed = table.copy()
            mixed[:, column] = table[other, column]
            errors.append(abs(forest.predict(mixed) - values).mean())
        expected = np.mean(errors) - before
        assert abs(mean[column] - expected) < 3 * spread[column] / math.sqrt(20)
    left_out = ((forest.oob_prediction_ - values) ** 2).sum()
    variance = ((values - values.mean()) ** 2).sum()
    assert foretold == pytest.approx(1 - left_out / variance)


def test_few_trials_tell_nothing():
    for count in range(6):
        effects, told = effects_of(records_of(float, count))
        assert told.trials == count
        assert told.foretold is None
        assert not any(effect.is_clear for effect in effects.values())
        assert all(effect.importance is None for effect in effects.values())
    # The first five were in perfect order.
    assert effects["num_latents"].correlation == pytest.approx(1)


def test_equal_values_tell_nothing():
    effects, told = effects_of(records_of(lambda latents: 0.5))
    assert told.foretold is None
    assert all(effect.correlation is None for effect in effects.values())


def test_shorter_and_broken_trials_do_not_count():
    others = [
        record("a", 9.0, share=1 / 3),
        record("b", math.nan),
        record("c", None, state="pruned", reason="diverged"),
    ]
    whole = records_of(float, 6)
    assert sensitivity.sensitivity_of([*whole, *others]) == (
        sensitivity.sensitivity_of(whole)
    )


def test_the_bound_is_that_of_chance():
    """Of unrelated choices, about one in twenty exceeds it."""
    numbers = np.random.default_rng(0)
    exceeds = 0
    for _ in range(4000):
        ranks = numbers.permutation(10)
        correlation = np.corrcoef(ranks, np.arange(10))[0, 1]
        effect = sensitivity.Effect("a", 10, None, None, correlation, 10)
        exceeds += effect.is_clear
    assert 0.03 < exceeds / 4000 < 0.07


@pytest.mark.parametrize(
    ("module", "count"), [("sklearn.ensemble", 8), ("scipy.stats", 7)]
)
def test_what_is_missing_is_named(module, count, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"keras-perceiver\[search\]"):
        sensitivity.sensitivity_of(records_of(float, count))
