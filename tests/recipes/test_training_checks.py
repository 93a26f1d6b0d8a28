"""What no run begins with, whatever it trains."""

import dataclasses

import pytest

from recipes import training_checks
from recipes.byte_mlm import RECIPE


def checked(**values):
    training = RECIPE.configuration("tiny").training
    training_checks.check_settings(dataclasses.replace(training, **values))


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    "name",
    [
        "steps",
        "batch_size",
        "evaluate_every",
        "evaluation_examples",
        "checkpoint_every",
        "keep_checkpoints",
        "lora_rank",
    ],
)
def test_numbers_of_examples_and_steps_are_positive(name, value):
    flag = f"--training.{name.replace('_', '-')}"
    with pytest.raises(ValueError, match=f"{flag} takes a positive") as error:
        checked(**{name: value})
    assert f"Received: {value}" in str(error.value)


@pytest.mark.parametrize(
    ("steps", "every", "nearest"),
    [(1000, 300, "900"), (50, 300, "300"), (2_500, 1_000, "2,000")],
)
def test_steps_are_a_multiple_of_the_interval(steps, every, nearest):
    with pytest.raises(ValueError, match="must be a multiple") as error:
        checked(steps=steps, evaluate_every=every)
    assert f"({every:,})" in str(error.value)
    assert f"Did you mean {nearest}?" in str(error.value)
    checked(steps=3 * every, evaluate_every=every)


def test_half_precision_warns(capsys):
    checked(precision="mixed_bfloat16")
    assert capsys.readouterr().out == ""
    checked(precision="mixed_float16")
    warning = capsys.readouterr().out
    assert warning.startswith("warning: ")
    assert "mixed_bfloat16" in warning


def test_attacks_are_refused_where_none_are_known():
    training = RECIPE.configuration("tiny").training
    training = dataclasses.replace(training, adversarial_strength=0.1)
    training_checks.check_adversarial(RECIPE, training)
    with pytest.raises(ValueError, match="byte_mlm knows no attacks"):
        training_checks.check_adversarial(
            dataclasses.replace(RECIPE, robustness=None), training
        )
    with pytest.raises(ValueError, match=r"at most 1: .*Received: 1\.5"):
        training_checks.check_adversarial(
            RECIPE, dataclasses.replace(training, adversarial_strength=1.5)
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resume": True}, "the run's own weights"),
        ({"overwrite": True}, "with it the weights"),
    ],
)
def test_first_weights_that_the_run_holds_or_loses(
    options, message, tmp_path, monkeypatch
):
    weights = tmp_path / "run" / "checkpoints" / "step_4"
    weights.mkdir(parents=True)
    best = tmp_path / "run" / "best"
    best.symlink_to(weights)
    monkeypatch.chdir(tmp_path)
    chosen = {"resume": False, "overwrite": False, **options}
    for path in (best, best.relative_to(tmp_path)):
        with pytest.raises(ValueError, match=message):
            training_checks.check_start(
                tmp_path / "run", start_from=path, **chosen
            )


def test_a_run_is_deleted_for_weights_from_elsewhere(tmp_path):
    training_checks.check_start(
        tmp_path / "run",
        resume=False,
        overwrite=True,
        start_from=tmp_path / "running",
    )
