"""A model is scored only on data that number classes as it does."""

import types

import pytest

from recipes import building
from recipes import start_weights
from recipes.class_agreement import check_same_classes
from recipes.recipe import RecipeData


def check(of_model, of_data):
    model = types.SimpleNamespace(preprocessing={"class_names": of_model})
    check_same_classes(model, types.SimpleNamespace(class_names=of_data))


@pytest.mark.parametrize(
    ("of_model", "of_data", "different"),
    [
        (["cat", "dog"], ["dog", "cat"], "their .* 0 is 'cat' .* 'dog' in"),
        (["cat", "dog"], ["cat", "eel"], "their .* 1 is 'dog' .* 'eel' in"),
        (["cat", "dog"], ["cat"], "their .* 1 is 'dog' .* nothing in"),
        (
            {"one": ["no", "yes"], "two": ["no", "yes"]},
            {"two": ["yes", "no"], "one": ["no", "yes"]},
            "two classes .* 0 is 'no' .* 'yes' in",
        ),
        # Not the numbers in their order.
        (["10", "9"], ["9", "10"], "their .* 0 is '10' .* '9' in"),
    ],
)
def test_other_numbers_are_refused(of_model, of_data, different):
    with pytest.raises(ValueError, match=f"{different} .*--data.*train --from"):
        check(of_model, of_data)


@pytest.mark.parametrize(
    ("of_model", "of_data"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        ({"one": ["no", "yes"]}, {"one": ["no", "yes"]}),
        # Unknown to the model, to the data, and where nothing is classified.
        (None, ["cat", "dog"]),
        (["cat", "dog"], None),
        (["0", "1"], ["cat", "dog"]),
        (["cat", "dog"], ["1", "2"]),
    ],
)
def test_the_same_and_the_unknown_are_not(of_model, of_data):
    check(of_model, of_data)


def test_weights_and_data_without_names_are_not_compared():
    check_same_classes(types.SimpleNamespace(), RecipeData())


@pytest.mark.parametrize(("anew", "told"), [([], True), (["logits"], False)])
def test_fine_tuning_says_that_classes_are_others(
    anew, told, monkeypatch, capsys
):
    """Unless the layer that answers begins anew in any case."""
    names = {"class_names": ["cat", "eel"]}
    source = types.SimpleNamespace(preprocessing=names)
    monkeypatch.setattr(start_weights, "open_start", lambda *_: source)
    monkeypatch.setattr(start_weights, "load_start", lambda *_: anew)
    recipe = types.SimpleNamespace(check_start=None, prepare_head=None)
    data = types.SimpleNamespace(class_names=["eel", "cat"])
    building.load_start(recipe, None, data, "elsewhere")
    said = capsys.readouterr().out
    assert ("number 0 is 'cat' to the model and 'eel'" in said) == told
