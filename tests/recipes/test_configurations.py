"""What holds for every configuration of every recipe."""

import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from recipes import building
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names
from recipes.training_checks import check_settings
from tests.random_values import without_values

ALL = pytest.mark.parametrize(
    ("recipe", "name"),
    [
        (recipe, name)
        for recipe in map(find_recipe, recipe_names())
        for name in recipe.configurations
    ],
    ids=lambda value: getattr(value, "name", value),
)


@ALL
def test_the_model_can_be_built(recipe, name):
    model = recipe.configurations[name].model
    assert set(model.overrides) <= set(presets()[model.preset].arguments)
    with without_values():
        assert from_preset(model.preset, **model.overrides).count_params() > 0


@ALL
def test_no_override_repeats_the_preset(recipe, name):
    model = recipe.configurations[name].model
    published = presets()[model.preset].arguments
    for argument, value in model.overrides.items():
        assert value != published[argument], argument


@ALL
def test_the_settings_can_be_trained_with(recipe, name, capsys):
    configuration = recipe.configurations[name]
    check_settings(configuration.training)
    assert capsys.readouterr().out == ""
    rate = building.learning_rate(
        configuration.optimizer, configuration.training.steps
    )
    first = configuration.optimizer.warmup_steps
    assert float(rate(first)) == pytest.approx(
        configuration.optimizer.learning_rate
    )
    assert float(rate(configuration.training.steps)) < float(rate(first)) / 99


@pytest.mark.parametrize("recipe_name", recipe_names())
def test_tiny_trains_anywhere_on_data_that_need_no_download(recipe_name):
    tiny = find_recipe(recipe_name).configuration("tiny")
    assert tiny.training.precision == "float32"
    assert tiny.training.strategy == "none"
    assert ":" not in tiny.data.source
    with without_values():
        model = from_preset(tiny.model.preset, **tiny.model.overrides)
    assert model.count_params() < 1_000_000
