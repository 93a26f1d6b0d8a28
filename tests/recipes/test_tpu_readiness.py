"""What a TPU needs of a train step: static shapes, no strings, one program.

Compiled by XLA on the CPU; none of this was run on a TPU.
"""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes import building
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names


@pytest.fixture(scope="module", params=recipe_names())
def compiled(request, few_examples):
    """A recipe's `tiny` model, its train step and a batch for it."""
    recipe = find_recipe(request.param)
    configuration = few_examples(recipe)
    data = recipe.open_data(configuration)
    batches = data.training_dataset(0)
    model = building.build_model(configuration)
    if recipe.prepare_model:
        recipe.prepare_model(model, data)
    model = building.compile_model(recipe, configuration, model)
    # As `fit` does before its first batch.
    model.optimizer.build(model.trainable_variables)
    model.build_metrics(batches.element_spec)
    step = tf.function(model.train_step, jit_compile=True)
    return batches.element_spec, model, step, next(iter(batches))


def test_batches_have_static_shapes_and_no_strings(compiled):
    specs = keras.tree.flatten(compiled[0])
    assert len(specs) > 1
    assert all(spec.shape.is_fully_defined() for spec in specs), specs
    assert all(spec.dtype != tf.string for spec in specs), specs


def test_a_train_step_is_one_program_of_static_shapes(compiled):
    _, _, step, batch = compiled
    outputs = [
        output
        for operation in step.get_concrete_function(
            batch
        ).graph.get_operations()
        for output in operation.outputs
    ]
    assert len(outputs) > 1_000
    assert tf.string not in {output.dtype for output in outputs}
    program = step.experimental_get_compiler_ir(batch)(stage="hlo")
    assert program.startswith("HloModule")
    # A dimension that is known at run time alone is written `<=8`.
    assert not re.findall(r"\[[\d,]*<=", program)
    # Calls of the host, which no TPU can make.
    for call in ("custom-call", "outfeed", "infeed", "send("):
        assert call not in program


def test_the_program_learns(compiled):
    _, model, step, batch = compiled
    before = [weight.numpy() for weight in model.trainable_weights]
    # The second, since a warm-up begins at a rate of zero.
    for _ in range(2):
        assert np.isfinite(float(step(batch)["loss"]))
    moved = [
        np.any(old != new.numpy())
        for old, new in zip(before, model.trainable_weights, strict=True)
    ]
    # The biases of keys have no gradient.
    assert np.mean(moved) > 0.8
