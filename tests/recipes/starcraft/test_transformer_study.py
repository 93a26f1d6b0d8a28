"""The study's table and what it keeps; one of its trainings, in small."""

import types

import pytest

from keras_perceiver import cost
from recipes import building
from recipes.assignments import assign
from recipes.starcraft import RECIPE
from recipes.starcraft import skirmishes
from recipes.starcraft import transformer_study


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    words = {
        "model.num-entities": 64,
        "training.steps": 2,
        "training.evaluate-every": 2,
        "training.batch-size": 4,
        "training.evaluation-examples": 8,
        "training.jit-compile": "false",
        "optimizer.warmup-steps": 1,
        "data.records": tmp_path_factory.mktemp("study") / "records",
    }
    words = [(key, str(value)) for key, value in words.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skirmishes, "NUM_GAMES", 8)
        configuration = assign(RECIPE.configuration("tiny"), words)
        RECIPE.open_data(configuration).check()
    return configuration


def test_both_models_are_compared_once(configuration, tmp_path, monkeypatch):
    trained = []

    def train(recipe, changed):
        trained.append((changed.model.preset, changed.training.seed))
        # 10%, 20% and 30% wrong.
        error = 0.1 * (1 + changed.training.seed)
        return {
            "loss": 1.0,
            "first_error": error,
            "set_error": 2 * error,
            "seconds_a_step": 0.05,
        }

    monkeypatch.setattr(transformer_study, "_train", train)
    folder = tmp_path / "study"
    lines = transformer_study.compare_with_transformer(
        RECIPE, configuration, folder
    )
    presets = ["starcraft_transformer", "starcraft_entities"]
    assert trained == [(name, seed) for seed in range(3) for name in presets]
    rows = {line.split("  ")[0]: line.split("  ")[1:] for line in lines}
    for name in ("Perceiver IO", "AlphaStar's transformer"):
        cells = [cell.strip() for cell in rows[name] if cell.strip()]
        assert cells[0] == "80.00% ± 10.00"
        assert cells[1] == "60.00% ± 20.00"
        assert cells[3] == "50 ms"
    flops = cost.cost(
        "starcraft_transformer",
        num_entities=64,
        entity_dim=96,
        embedding_dim=64,
        qk_channels=96,
        v_channels=96,
    ).flops
    (cell,) = [one for one in rows["AlphaStar's transformer"] if "M" in one]
    assert cell.strip() == f"{flops / 1e6:,.0f}M"
    assert {"random", "last_type", "before_last"} <= set(rows)
    again = transformer_study.compare_with_transformer(
        RECIPE, configuration, folder
    )
    assert again == lines
    assert len(trained) == 6
    other = assign(configuration, [("training.steps", "4")])
    with pytest.raises(FileExistsError, match="of other settings"):
        transformer_study.compare_with_transformer(RECIPE, other, folder)
    other = assign(configuration, [("model.preset", "starcraft_transformer")])
    with pytest.raises(ValueError, match="begins with the numbers"):
        transformer_study.compare_with_transformer(RECIPE, other, folder)


def test_a_training_is_measured_behind_its_last_step(
    configuration, monkeypatch
):
    small = assign(
        configuration,
        [
            ("model.preset", "starcraft_transformer"),
            ("model.num-self-attends", "1"),
        ],
    )
    built = []
    build = building.build_model

    def build_model(configuration):
        built.append(build(configuration))
        return built[-1]

    monkeypatch.setattr(building, "build_model", build_model)
    numbers = transformer_study._train(RECIPE, small)
    measured = RECIPE.measure(built[0], RECIPE.open_data(small))
    assert {key: numbers[key] for key in measured} == measured
    assert 0 < numbers["seconds_a_step"] < 60


def test_the_time_of_a_step_is_the_median(monkeypatch):
    times = iter([0.0, 9.0, 9.5, 10.1, 10.6])
    monkeypatch.setattr(
        transformer_study,
        "time",
        types.SimpleNamespace(monotonic=lambda: next(times)),
    )
    clock = transformer_study._Clock()
    for step in range(5):
        clock.on_train_batch_end(step)
    assert clock.seconds_a_step() == pytest.approx(0.55)
