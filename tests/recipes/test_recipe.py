import dataclasses
import inspect
import pathlib
import subprocess
import sys

import pytest

from recipes.recipe import Recipe
from recipes.recipe import RecipeData
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names
from recipes.settings import as_dict
from recipes.settings import from_dict


def test_every_package_is_a_recipe():
    names = recipe_names()
    assert "byte_mlm" in names
    # Modules beside them are the runner's own.
    assert "runner" not in names
    assert names == sorted(names)


def test_an_unknown_recipe_is_told_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'byte_mlm'") as error:
        find_recipe("byte_lm")
    assert "Unknown recipe 'byte_lm'" in str(error.value)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_complete(name):
    recipe = find_recipe(name)
    assert isinstance(recipe, Recipe)
    assert recipe.name == name
    assert list(recipe.configurations)[:3] == ["tiny", "base", "paper"]
    assert list(recipe.expectations) == list(recipe.configurations)
    assert recipe.summary
    for text in (recipe.summary, *recipe.expectations.values()):
        assert "\n" not in text
    kinds = {type(value) for value in recipe.configurations.values()}
    assert len(kinds) == 1


@pytest.mark.parametrize("name", recipe_names())
def test_what_baselines_are_beaten_in_is_a_column_of_the_table(name):
    recipe = find_recipe(name)
    for metric in (recipe.metric, *recipe.other_metrics):
        assert recipe.column_of.get(metric, metric) in recipe.columns
    assert {recipe.metric, *recipe.other_metrics} >= {*recipe.column_of}


@pytest.mark.parametrize("name", recipe_names())
def test_every_configuration_survives_its_record(name):
    for configuration in find_recipe(name).configurations.values():
        record = as_dict(configuration)
        assert from_dict(type(configuration), record) == configuration


def test_an_unknown_configuration_is_told_the_nearest():
    recipe = find_recipe("byte_mlm")
    assert recipe.configuration("base") is recipe.configurations["base"]
    with pytest.raises(ValueError, match="Did you mean 'tiny'") as error:
        recipe.configuration("tyni")
    assert "configuration of byte_mlm" in str(error.value)


def test_a_recipe_cannot_be_changed_by_accident():
    recipe = find_recipe("byte_mlm")
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.metric = "accuracy"


METHODS = [
    (name, method)
    for name, method in inspect.getmembers(RecipeData, inspect.isfunction)
    if name != "callbacks"  # Most data need none.
]


@pytest.mark.parametrize(("name", "method"), METHODS)
def test_a_recipe_must_say_what_its_data_do(name, method):
    arguments = [0] * (len(inspect.signature(method).parameters) - 1)
    with pytest.raises(NotImplementedError):
        getattr(RecipeData(), name)(*arguments)


@pytest.mark.parametrize("recipe_name", recipe_names())
def test_a_recipe_fills_in_all_that_is_asked_of_its_data(recipe_name):
    data_class = find_recipe(recipe_name).open_data
    assert len(METHODS) >= 6
    for name, method in METHODS:
        own = getattr(data_class, name)
        assert own is not method
        assert inspect.signature(own) == inspect.signature(method)


WITHOUT_EXTRAS = """
import importlib.abc
import sys

EXTRAS = sys.argv[1:]

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in EXTRAS:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Nothing())
from recipes.__main__ import main
sys.exit(main([]))
"""


def test_all_recipes_are_listed_without_any_extra():
    """Keras looks for SciPy itself, and does without."""
    extras = [
        *("sklearn", "skimage", "tensorflow_datasets", "keras_tuner"),
        *("sentencepiece", "tensorflow_text", "sc2reader", "av", "scipy"),
    ]
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, *extras],
        cwd=pathlib.Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    for name in recipe_names():
        assert f"\n{name}: " in result.stdout
