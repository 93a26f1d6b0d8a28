"""How a trained model does where its inputs are not what they should be.

At random, as noise and typos are; and as bad as they can be within a bound,
which is looked for along the model's own gradients.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from keras_perceiver import files
from recipes import building
from recipes import row_tables
from recipes.measuring import measure_of
from recipes.results import as_numbers

# Every model is asked the same, whatever its own seed.
_SEED = 20_221_126
_UNHARMED = "as it is"


@dataclasses.dataclass(frozen=True)
class Robustness:
    """What a recipe's inputs are to withstand.

    Attributes:
        corruptions: from a configuration to `{words: function}`; a function
            takes inputs and seeds `(B, 2)` and returns inputs.
        attack: from a model, its loss, a configuration, a strength and a
            number of steps to a function of inputs, targets and weights that
            returns inputs.
        strengths: that evaluation attacks with.
        largest_strength: that there is.
        unit: what a strength is, in words.
        training_steps: of an attack on a batch of training.
        evaluation_steps: of an attack on held-out examples.
    """

    corruptions: Callable
    attack: Callable
    strengths: tuple[float, ...]
    largest_strength: float
    unit: str
    training_steps: int
    evaluation_steps: int


class ChangedData:
    """A recipe's data, held-out inputs changed.

    Args:
        data: the `RecipeData`.
        change: from the number of a batch's first example, inputs, targets
            and weights to inputs.
    """

    def __init__(self, data, change):
        self._data = data
        self._change = change

    def __getattr__(self, name):
        return getattr(self._data, name)

    def evaluation_dataset(self):
        """Returns the held-out batches, changed."""
        batches = self._data.evaluation_dataset()

        def changed():
            first = 0
            for inputs, *others in batches:
                yield self._change(first, inputs, *others), *others
                first += len(others[0])

        dataset = tf.data.Dataset.from_generator(
            changed, output_signature=batches.element_spec
        )
        count = batches.cardinality()
        return dataset.apply(tf.data.experimental.assert_cardinality(count))


def withstood(folder, recipe, configuration, model, data):
    """Measures a model under each change, and returns lines for people.

    Args:
        folder: the `RunFolder`; `robustness.json` goes there.
        recipe: the `Recipe`.
        configuration: of the run.
        model: its best model.
        data: its data.
    """
    measure = measure_of(recipe, configuration, model)
    rows = {_UNHARMED: as_numbers(measure(data))}
    for words, change in _changes(recipe, configuration, model).items():
        print(f"{words} ...", flush=True)
        rows[words] = as_numbers(measure(ChangedData(data, change)))
    path = folder.path / "robustness.json"
    files.write_json(path, rows)
    return [
        "",
        *row_tables.lines_of_metrics("held out", recipe.columns, rows),
        f"attacks: {recipe.robustness.unit}",
        f"numbers: {path}",
    ]


def _changes(recipe, configuration, model):
    """What is done to inputs, by words."""
    robustness = recipe.robustness
    corruptions = robustness.corruptions(configuration)
    changes = {
        words: _seeded(corruption) for words, corruption in corruptions.items()
    }
    compiled = building.compile_model(recipe, configuration, model)
    loss = recipe.compile_arguments(configuration)["loss"]
    for strength in robustness.strengths:
        attack = robustness.attack(
            compiled,
            loss,
            configuration,
            strength,
            robustness.evaluation_steps,
        )
        changes[f"attack of {strength:g}"] = _unseeded(attack)
    return changes


def _seeded(corruption):
    @tf.function(reduce_retracing=True)
    def change(first, inputs, targets, weights):
        count = tf.shape(targets)[0]
        numbers = first + tf.range(count)
        seeds = tf.stack([tf.fill([count], _SEED), numbers], axis=1)
        return corruption(inputs, seeds)

    return lambda first, *batch: change(tf.constant(first), *batch)


def _unseeded(attack):
    compiled = tf.function(attack, reduce_retracing=True)
    return lambda first, *batch: compiled(*batch)
