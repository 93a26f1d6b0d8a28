import pytest

from keras_perceiver.cost import cost
from keras_perceiver.search import own_template
from keras_perceiver.search import preset_template
from keras_perceiver.search import search
from keras_perceiver.search.budget import parse_budget
from keras_perceiver.search.encoding import decoded
from keras_perceiver.search.feasibility import MOST_SLOW
from keras_perceiver.search.feasibility import Feasibility
from keras_perceiver.search.oracles import make_oracle
from keras_perceiver.search.space import LEARNING_RATE
from keras_perceiver.search.space import reference
from keras_perceiver.search.space import space_around
from tests.search import searches

TINY = {
    "max_length": 128,
    "embedding_dim": 64,
    "num_latents": 64,
    "latent_dim": 128,
    "num_self_attends_per_block": 2,
    "num_cross_attention_heads": 4,
    "qk_channels": 128,
    "v_channels": 128,
}


BUDGET = "flops<=0.5x,params>100k,params<1M,memory<30MiB"


def assert_within_budget(arguments):
    # Raises for what could not be built.
    told = cost("language_bytes", batch=16, **arguments)
    reference = cost("language_bytes", batch=16, **TINY)
    assert told.flops <= reference.flops / 2
    assert 100_000 < told.parameters < 1_000_000
    assert told.peak_training_bytes < 30 * 2**20


@pytest.mark.parametrize(
    ("tuner", "count"), [("random", 500), ("hyperband", 80), ("bayesian", 10)]
)
def test_no_point_that_is_proposed_is_infeasible(tuner, count, monkeypatch):
    template = preset_template("language_bytes", TINY, batch=16)
    feasible = Feasibility(template, parse_budget(BUDGET))
    space = space_around(template.arguments, 3e-3)
    oracle = make_oracle(
        tuner,
        space,
        feasible,
        reference=reference(space, template.arguments),
        seed=0,
        trials=None,
        seconds=None,
        maximize=False,
    )
    # Writing each time what was proposed is not what is tested.
    monkeypatch.setattr(oracle, "save", lambda: None)
    for number in range(count):
        # None has ended, so that all are drawn and none is promoted.
        trial = oracle.create_trial(f"tuner {number}")
        assert trial.status == "RUNNING"
        choices = decoded(trial.hyperparameters.values, space)
        assert_within_budget(
            {k: v for k, v in choices.items() if k != LEARNING_RATE}
            | {"max_length": 128, "embedding_dim": 64}
        )
    assert len(oracle.trials) == count
    assert sum(feasible.rejected.values()) > count


def test_bayesian_points_are_within_the_budget(tmp_path):
    found = search(
        lambda trial: trial.arguments["num_latents"],
        preset_template("language_bytes", TINY, batch=16),
        folder=tmp_path,
        trials=7,
        learning_rate=3e-3,
        budget=BUDGET,
    )
    for record in found.records:
        assert_within_budget(record["arguments"])
        told = cost("language_bytes", batch=16, **record["arguments"])
        assert record["cost"] == {
            "params": told.parameters,
            "flops": told.flops,
            "memory": told.peak_training_bytes,
            "latency_ms": None,
        }


def test_what_can_be_built_and_not_trained_is_turned_away():
    def check(arguments):
        if arguments["num_latents"] == 8:
            raise ValueError("too few")

    feasible = Feasibility(searches.TEMPLATE, check=check)
    assert feasible({"num_latents": 8}) is None
    assert feasible({"num_latents": 4})["params"] == 64
    assert feasible.rejected == {"cannot be built": 1}


def test_latency_is_asked_last():
    asked = []

    def latency(arguments):
        asked.append(arguments["num_latents"])
        return float(arguments["num_latents"])

    feasible = Feasibility(
        searches.TEMPLATE,
        parse_budget("latency_ms<20,params<400"),
        latency=latency,
    )
    assert feasible({"num_latents": 8})["latency_ms"] == 8.0
    assert feasible({"num_latents": 24}) is None
    assert feasible({"num_latents": 30}) is None
    assert asked == [8, 24]
    assert feasible.rejected == {"latency_ms<20": 1, "params<400": 1}
    assert feasible.by_arithmetic({"num_latents": 24})["latency_ms"] is None


def test_a_latency_relative_to_the_first_shape():
    feasible = Feasibility(
        searches.TEMPLATE,
        parse_budget("latency_ms<0.5x"),
        latency=lambda arguments: float(arguments["num_latents"]),
    )
    assert str(*feasible.limits) == "latency_ms<8"


def test_a_latency_that_no_shape_has_ends_the_search():
    feasible = Feasibility(
        searches.TEMPLATE, parse_budget("latency_ms<1"), latency=lambda _: 2.0
    )
    for _ in range(MOST_SLOW - 1):
        assert feasible({}) is None
    with pytest.raises(ValueError, match="each missed latency_ms<1"):
        feasible({})


def test_costs_that_nothing_tells_cannot_be_limited():
    template = own_template(searches.no_model, {"num_latents": 4})
    with pytest.raises(ValueError, match="nothing tells the flops of model"):
        Feasibility(template, parse_budget("flops<3"))
