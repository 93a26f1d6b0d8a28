"""Workers that make a part of each batch each make all of it together."""

import keras
import numpy as np
import pytest

from keras_perceiver.training.strategies import Share
from recipes.assignments import assign
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names

BATCH = 6


@pytest.mark.parametrize("name", recipe_names())
def test_shares_are_parts_of_the_whole_batches(name, few_examples):
    recipe = find_recipe(name)
    configuration = assign(
        few_examples(recipe), [("training.batch-size", str(BATCH))]
    )
    data = recipe.open_data(configuration)

    def batches(*share):
        dataset = data.training_dataset(2 * BATCH, *share).take(4)
        return [keras.tree.flatten(one) for one in dataset.as_numpy_iterator()]

    parts = [batches(Share(index, 3)) for index in range(3)]
    for number, whole in enumerate(batches()):
        for leaf, values in enumerate(whole):
            pieces = [part[number][leaf] for part in parts]
            assert {len(piece) for piece in pieces} == {BATCH // 3}
            np.testing.assert_array_equal(np.concatenate(pieces), values)
