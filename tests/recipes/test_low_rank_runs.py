"""Runs that train low-rank factors beside frozen weights."""

import signal

import numpy as np
import pytest
import safetensors.numpy

from keras_perceiver.convert import save_pretrained
from recipes import building
from tests.recipes import text_runs
from tests.recipes.same_runs import assert_same_run
from tests.recipes.signals import signal_at

pytestmark = pytest.mark.usefixtures("no_graphs")

TWO_STEPS = {
    "training.lora-rank": 2,
    "training.steps": 2,
    "training.evaluate-every": 2,
}


def train(text, path, **options):
    """Trains and returns what was printed."""
    return text_runs.train(text, path, TWO_STEPS, text_runs.QUICK, **options)


def test_low_rank_factors_go_on_as_if_nothing_had_happened(text, tmp_path):
    """And all that was not to be trained is where it was."""
    best = tmp_path / "best"
    configuration = text_runs.configured(text, TWO_STEPS)
    save_pretrained(building.build_model(configuration), best)
    printed = train(text, tmp_path / "one", start_from=best)
    assert "LoRA of rank 2: 1,152 of " in printed
    with pytest.MonkeyPatch.context() as patch:
        signal_at(patch, "on_train_batch_begin", 1, signal.SIGTERM)
        with pytest.raises(SystemExit):
            train(text, tmp_path / "two", start_from=best)
    printed = train(text, tmp_path / "two", start_from=best)
    assert "going on from step 1\n" in printed
    assert_same_run(tmp_path / "two", tmp_path / "one")
    before = safetensors.numpy.load_file(best / "model.safetensors")
    after = safetensors.numpy.load_file(
        tmp_path / "two" / "last" / "model.safetensors"
    )
    factors = after.keys() - before.keys()
    assert len(factors) == 36
    for path in factors:
        assert np.any(after[path])
    for path, array in before.items():
        np.testing.assert_array_equal(after[path], array, path)


def test_random_weights_are_not_frozen(text, tmp_path):
    with pytest.raises(ValueError, match="Name trained ones with --from"):
        train(text, tmp_path / "run")
    assert not (tmp_path / "run" / "configuration.json").exists()
