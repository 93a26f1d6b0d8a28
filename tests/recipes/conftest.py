"""What tests of all recipes have in common."""

import pytest

from recipes import building
from recipes import runner
from recipes.assignments import assign
from recipes.audioset import generated_clips as generated_sounds
from recipes.kinetics import generated_clips
from recipes.modelnet40 import generated_shapes
from recipes.starcraft import skirmishes
from tests.recipes.command_lines import SENTENCE
from tests.recipes.command_lines import run


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A file of one sentence, many times."""
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(SENTENCE * 60)
    return path


@pytest.fixture(scope="module")
def no_graphs():
    """Models that are not compiled, which would take longer than all steps.

    They are not evaluated either when their training has ended.
    """
    compiled = building.TrainingModel.compile

    def without_a_graph(model, **options):
        compiled(model, **options, run_eagerly=True)

    def evaluate(recipe, path):
        (path / "results.json").write_text("{}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building.TrainingModel, "compile", without_a_graph)
        patch.setattr(runner, "evaluate", evaluate)
        yield


@pytest.fixture
def answer(capsys):
    """A function from a command line to its code, output and errors."""

    def answer(*words):
        code = run(*words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return answer


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Nothing is written to the folder that tests are started from."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def few_examples(tmp_path_factory):
    """From a recipe to its `tiny`, whose data are ready and soon prepared."""

    def configured(recipe):
        configuration = recipe.configuration("tiny")
        if hasattr(configuration.data, "records"):
            records = str(tmp_path_factory.mktemp(recipe.name))
            configuration = assign(configuration, [("data.records", records)])
        if recipe.complete:
            configuration = recipe.complete(configuration)
        return configuration

    with pytest.MonkeyPatch.context() as patch:
        counts = dict.fromkeys(generated_clips.COUNTS, 8)
        patch.setattr(generated_clips, "COUNTS", counts)
        patch.setattr(generated_sounds, "COUNTS", counts)
        patch.setattr(skirmishes, "NUM_GAMES", 8)
        counts = dict.fromkeys(generated_shapes.COUNTS, 4)
        patch.setattr(generated_shapes, "COUNTS", counts)
        yield configured
