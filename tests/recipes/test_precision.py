"""`evaluate --precision`: what a model loses in the numbers of an export."""

import types

import numpy as np
import pytest

from keras_perceiver.convert import save_pretrained
from keras_perceiver.serving.precision import weight_bytes
from recipes import measuring
from recipes.__main__ import main
from recipes.byte_mlm import RECIPE
from recipes.recipe import RecipeData
from tests.random_values import randomize
from tests.tiny_presets import random_inputs
from tests.tiny_presets import tiny_preset


class Data(RecipeData):
    """Inputs, and what the model answered as it was trained."""

    def __init__(self, model):
        self.inputs = random_inputs(model)
        self.expected = np.array(model(self.inputs))

    def check(self):
        pass

    def describe(self):
        return ["made up"]


def measure(model, data):
    away = np.abs(np.array(model(data.inputs)) - data.expected).max()
    return {
        "bytes": weight_bytes(model),
        "away": away / np.abs(data.expected).max(),
    }


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder of weights, and a recipe that knows what they answer."""
    model = tiny_preset("imagenet_fourier", latent_dim=64)
    randomize(model)
    data = Data(model)
    recipe = types.SimpleNamespace(
        open_data=lambda configuration: data,
        measure=measure,
        columns={
            "bytes": lambda row: f"{row['bytes']:.0f}",
            "away": lambda row: f"{row['away']:.1e}",
        },
    )
    folder = tmp_path_factory.mktemp("weights") / "best"
    save_pretrained(model, folder)
    return folder, recipe


@pytest.mark.parametrize(
    ("precision", "bytes_a_number", "least", "most"),
    [
        ("float32", 4, 1e-9, 1e-5),
        ("bfloat16", 2, 1e-3, 0.1),
        ("int8", 1, 1e-4, 0.1),
    ],
)
def test_it_is_the_rounded_model_that_is_measured(
    precision, bytes_a_number, least, most, weights, capsys
):
    folder, recipe = weights
    configuration = RECIPE.configuration("tiny")
    measuring.evaluate_weights(recipe, configuration, folder, precision)
    lines = capsys.readouterr().out.splitlines()
    title, trained, rounded = [line.split()[-2:] for line in lines[-3:]]
    assert lines[-2].startswith("as trained ")
    assert lines[-1].startswith(f"in {precision} ")
    assert title == ["bytes", "away"]
    assert float(trained[1]) == 0
    assert least < float(rounded[1]) < most
    share = float(rounded[0]) / float(trained[0])
    # What is folded has a few arrays less, and int8 keeps its scales.
    assert share == pytest.approx(bytes_a_number / 4, rel=0.35)


@pytest.mark.parametrize("option", ["--run-folder", "--from"])
def test_a_precision_that_is_none_is_told_first(option, tmp_path, capsys):
    words = ["byte_mlm", "evaluate", option, str(tmp_path)]
    assert main([*words, "--precision", "int4"]) == 1
    assert "Unknown precision 'int4'" in capsys.readouterr().err
