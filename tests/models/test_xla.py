"""Every model compiles with XLA, and gives the same numbers as without."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.float64_reference import relative_error
from tests.layer_checks import is_key_bias
from tests.random_values import randomize
from tests.random_values import weight_values
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import assert_outputs_near
from tests.tiny_presets import named_outputs
from tests.tiny_presets import random_inputs
from tests.tiny_presets import tiny_preset

# The mean heads have no layer that the original Perceiver has not, and one
# token for all tasks none that one for each has not.
MODELS = [
    name
    for name in TINY_PRESETS
    if not name.endswith(("_mean_head", "_shared_token"))
]
# What stands in for data that is there.
UNUSED = {"video_mask/token", "audio_mask/token"}


def bounded(target, output):
    """A loss with a slope everywhere, though masked logits are -1e30."""
    return ops.mean(ops.tanh(0.1 * output) * target, axis=-1)


def random_like(output):
    """Of the output's signs: a loss of terms that cancel has no digits."""
    rng = np.random.default_rng(5)
    sizes = np.abs(rng.normal(size=output.shape))
    return (np.sign(output) * sizes).astype("float32")


@pytest.mark.parametrize("name", MODELS)
def test_inference_and_training_are_the_same_compiled(name):
    model = tiny_preset(name)
    randomize(model)
    inputs = random_inputs(model)
    targets = keras.tree.map_structure(random_like, model(inputs))
    losses = keras.tree.map_structure(lambda target: bounded, targets)
    model.compile(keras.optimizers.SGD(1.0), losses, jit_compile=True)
    model.optimizer.build(model.trainable_variables)
    start, before = model.get_weights(), weight_values(model)

    def both():
        return model(inputs), model.train_step((inputs, targets))

    def answer(both):
        model.set_weights(start)
        model.reset_metrics()
        outputs, logs = both()
        changes = {
            path: after - before[path]
            for path, after in weight_values(model).items()
        }
        return named_outputs(outputs), float(logs["loss"]), changes

    # One function of both, since compiling takes all of the time.
    compiled = answer(tf.function(both, jit_compile=True))
    outputs, loss, changes = answer(both)
    assert_outputs_near(compiled[0], outputs)
    assert compiled[1] == pytest.approx(loss, rel=1e-5)
    for path, change in changes.items():
        if path in UNUSED:
            assert not change.any(), path
            assert not compiled[2][path].any(), path
        elif not is_key_bias(path):
            assert relative_error(compiled[2][path], change) < 1e-3, path
