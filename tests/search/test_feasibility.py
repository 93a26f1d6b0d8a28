import json

import pytest

from keras_perceiver.cost import cost
from keras_perceiver.search import own_template
from keras_perceiver.search import preset_template
from keras_perceiver.search import search
from keras_perceiver.search.budget import parse_budget
from keras_perceiver.search.feasibility import MOST_SLOW
from keras_perceiver.search.feasibility import Feasibility
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


@pytest.mark.parametrize(
    ("tuner", "trials"), [("random", 500), ("hyperband", 100), ("bayesian", 20)]
)
def test_no_infeasible_point_becomes_a_trial(tmp_path, tuner, trials):
    template = preset_template("language_bytes", TINY, batch=16)
    reference = cost("language_bytes", batch=16, **TINY)
    found = search(
        lambda trial: trial.arguments["num_latents"],
        template,
        folder=tmp_path,
        tuner=tuner,
        trials=trials,
        learning_rate=3e-3,
        budget="flops<=0.5x,params>100k,params<1M,memory<30MiB",
    )
    assert len(found.records) == trials
    for record in found.records:
        # Raises for what could not be built.
        told = cost("language_bytes", batch=16, **record["arguments"])
        assert told.flops <= reference.flops / 2
        assert 100_000 < told.parameters < 1_000_000
        memory = (
            told.training_bytes
            + told.weight_bytes
            + told.gradient_bytes
            + told.optimizer_bytes
        )
        assert record["cost"] == {
            "params": told.parameters,
            "flops": told.flops,
            "memory": memory,
            "latency_ms": None,
        }
        assert memory < 30 * 2**20
    rejected = json.loads((tmp_path / "oracle.json").read_text())["rejected"]
    assert sum(rejected.values()) > trials


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
