"""The verb `search`, on every recipe."""

import contextlib
import json

import pytest

from keras_perceiver.search.feasibility import Feasibility
from keras_perceiver.search.space import LEARNING_RATE
from keras_perceiver.search.space import draw
from keras_perceiver.search.space import space_around
from keras_perceiver.training.run_lock import RunLock
from recipes import __main__ as command_line
from recipes import latent_search
from recipes import search_command
from recipes.latent_search import SearchOptions
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names
from recipes.settings import resolved


@pytest.fixture(params=recipe_names())
def recipe(request):
    return find_recipe(request.param)


def begun_at(recipe):
    """The configuration, its template, and the choices around it."""
    configuration = recipe.configuration("tiny")
    template = latent_search.template_of(configuration)
    rate = configuration.optimizer.learning_rate
    return configuration, template, space_around(template.arguments, rate)


def test_every_recipe_has_shapes_that_can_be_trained(recipe):
    configuration, template, space = begun_at(recipe)
    assert {"num_latents", "latent_dim", LEARNING_RATE} <= set(space)
    check = latent_search._check_of(recipe, configuration)
    feasible = Feasibility(template, check=check)
    points = [draw(space, str(number)) for number in range(100)]
    found = [point for point in points if feasible(point)]
    assert len(found) > 5
    for point in found[:3]:
        chosen = {k: v for k, v in point.items() if k != LEARNING_RATE}
        record = {
            "choices": point,
            "arguments": {**template.overrides, **chosen},
        }
        # As it comes back from a file.
        record = json.loads(json.dumps(record))
        shaped = latent_search.with_choices(configuration, record)
        assert resolved(shaped.model) == feasible.arguments_of(point)
        assert shaped.optimizer.learning_rate == point[LEARNING_RATE]
        assert shaped.training == configuration.training


def test_the_first_shape_costs_what_the_configuration_does(recipe):
    configuration, template, _ = begun_at(recipe)
    record = {"choices": {}, "arguments": template.overrides}
    assert latent_search.with_choices(configuration, record) == configuration


def test_a_shorter_training_is_shorter_in_all_its_parts():
    configuration = find_recipe("optical_flow").configuration("tiny")
    third = latent_search.with_steps(configuration, 1_000)
    assert third.training.steps == 3 * third.training.evaluate_every == 999
    assert third.optimizer.warmup_steps == 33
    assert third.curriculum.first_steps == 167
    assert third.model == configuration.model
    assert latent_search.with_steps(configuration, 1).training.steps == 1


def test_trials_take_a_third_unless_told():
    training = find_recipe("byte_mlm").configuration("tiny").training
    assert latent_search.trial_steps(training, SearchOptions()) == 1_866
    with pytest.raises(ValueError, match=r"up to --training.steps \(5,600\)"):
        latent_search.trial_steps(training, SearchOptions(trial_steps=5_601))


def test_shapes_that_cannot_begin_locally_are_no_trials():
    recipe = find_recipe("byte_mlm")
    check = latent_search._check_of(recipe, recipe.configuration("tiny"))
    sizes = resolved(recipe.configuration("tiny").model)
    check(sizes)
    with pytest.raises(ValueError, match="latents must be as wide"):
        check({**sizes, "latent_dim": 32})
    recipe = find_recipe("kinetics")
    check = latent_search._check_of(recipe, recipe.configuration("tiny"))
    sizes = resolved(recipe.configuration("tiny").model)
    check(sizes)
    with pytest.raises(ValueError, match="there are 48 latents"):
        check({**sizes, "num_latents": 48})
    with pytest.raises(ValueError, match="88 Fourier features"):
        check({**sizes, "latent_dim": 64})


def test_choices_are_told_apart_from_settings():
    words = ["--space.num-latents", "8,16", "--training.seed", "3"]
    assignments, space = search_command.split_space(words)
    assert assignments == [("training.seed", "3")]
    assert space == {"num_latents": "8,16"}


def run(folder, *words):
    return command_line.main(
        ["imagenet", "search", "--run-folder", str(folder), *words]
    )


def test_the_verb_leaves_a_report_behind(tmp_path, capsys):
    folder = tmp_path / "search"
    words = [
        "--half-flops",
        "--objective",
        "nats",
        "--trial-steps",
        "2",
        "--training.jit-compile",
        "false",
    ]
    assert run(folder, *words, "--trials", "1") == 0
    record = json.loads((folder / "trials.jsonl").read_text())
    assert record["state"] == "completed"
    assert record["curve"][-1][0] == 2
    kept = json.loads((folder / "search.json").read_text())
    assert kept["objective"] == "held-out nats"
    assert record["cost"]["flops"] <= 7_552_512 / 2
    assert "best: trial 0000" in capsys.readouterr().out
    assert "from_preset" in (folder / "preset.py").read_text()
    # Other settings are another search.
    assert run(folder, *words, "--trials", "2", "--training.seed", "1") == 1
    assert "seed was 0, is 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trials", "1", "--by", "x"], "search does not read --by"),
        (["--space", "3"], "Unknown setting --space"),
        (["--search-workers", "0", "--trials", "1"], "Received: 0"),
    ],
)
def test_what_the_verb_cannot_read_is_refused(tmp_path, capsys, words, said):
    assert run(tmp_path / "search", *words) == 1
    assert said in capsys.readouterr().err


def test_overwriting_takes_a_search_and_nothing_else(tmp_path, capsys):
    folder = tmp_path / "search"
    folder.mkdir()
    (folder / "letters.txt").write_text("mine")
    assert run(folder, "--trials", "1", "--overwrite") == 1
    assert "holds no search, so --overwrite leaves" in capsys.readouterr().err
    assert (folder / "letters.txt").read_text() == "mine"
    (folder / "search.json").write_text("{}")
    with contextlib.closing(RunLock(folder / ".lock")) as lock:
        lock.take()
        assert run(folder, "--trials", "1", "--overwrite") == 1
    assert "is in use" in capsys.readouterr().err
    assert (folder / "search.json").exists()
