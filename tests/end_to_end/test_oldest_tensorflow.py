"""The oldest TensorFlow that is promised, in an environment of its own."""

import pytest

from tests import own_environment

# What stands on TensorFlow's own Python: layers, models, steps, strategies.
PARTS = ("layers", "models", "data", "training", "recipes")


@pytest.mark.large
@own_environment.needs_the_oldest
def test_layers_training_and_recipes_pass_on_it(tmp_path):
    # Without TensorFlow Datasets, which needs a newer protobuf than it takes.
    python = own_environment.make(tmp_path)
    own_environment.assert_tests_pass(
        python,
        "--numprocesses=2",
        "--dist=loadgroup",
        *(f"tests/{part}" for part in PARTS),
    )
