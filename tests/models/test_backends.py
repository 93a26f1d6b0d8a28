"""Whole models, TensorFlow against JAX.

Run as a program, this file is the JAX side: it loads what the TensorFlow
side has saved to a folder, and answers the same inputs.
"""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_perceiver import presets
from keras_perceiver.convert import save_pretrained
from keras_perceiver.convert.pretrained import WEIGHTS_FILE
from keras_perceiver.convert.pretrained import load_weights
from tests.random_values import randomize
from tests.random_values import without_values
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import assert_outputs_near
from tests.tiny_presets import named_outputs
from tests.tiny_presets import random_inputs
from tests.tiny_presets import tiny_preset

ANSWER_FILE = "answer.npz"


def test_every_builder_has_a_tiny_preset():
    builders = {preset.builder for preset in presets().values()}
    tiny = [presets()[name].builder for name in TINY_PRESETS]
    assert set(tiny) == builders
    assert len(tiny) == len(builders)


def answer_on_jax(folder):
    """Writes what each tiny preset gives for its inputs."""
    # Here, since the TensorFlow side runs without it.
    import jax

    assert keras.backend.backend() == "jax"
    assert "tensorflow" not in sys.modules
    for name in TINY_PRESETS:
        # JAX compiles an initialiser for every shape: seconds, for nothing.
        with without_values():
            model = tiny_preset(name)
        load_weights(model, folder / name / WEIGHTS_FILE)
        outputs, _ = jax.jit(model.stateless_call)(
            [weight.value for weight in model.trainable_variables],
            [weight.value for weight in model.non_trainable_variables],
            random_inputs(model),
        )
        np.savez(folder / name / ANSWER_FILE, **named_outputs(outputs))


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """A folder with all models, and with what JAX says of them."""
    pytest.importorskip("jax", reason="the JAX backend needs jax")
    folder = tmp_path_factory.mktemp("models")
    for name in TINY_PRESETS:
        model = tiny_preset(name)
        randomize(model)
        save_pretrained(model, folder / name)
    root = pathlib.Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, __file__, folder],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "PYTHONPATH": str(root),
            # Compiling takes nearly all of the time.
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        },
        check=True,
    )
    return folder


@pytest.mark.parametrize("name", TINY_PRESETS)
def test_jax_answers_as_tensorflow_does(name, answers):
    model = tiny_preset(name)
    load_weights(model, answers / name / WEIGHTS_FILE)
    expected = named_outputs(model(random_inputs(model)))
    with np.load(answers / name / ANSWER_FILE) as actual:
        assert_outputs_near(dict(actual), expected)


if __name__ == "__main__":
    answer_on_jax(pathlib.Path(sys.argv[1]))
