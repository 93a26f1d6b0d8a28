"""Optical flow models learn what moves."""

import keras
import numpy as np
import pytest

from tests.layer_checks import is_key_bias
from tests.models.test_optical_flow import ALL_FORMS
from tests.models.test_optical_flow import BUILDERS
from tests.models.test_optical_flow import FRAMES
from tests.models.test_optical_flow import tiny
from tests.models.training_runs import assert_compiled_gives_the_same_losses
from tests.random_values import random_array
from tests.random_values import weight_values


@ALL_FORMS
def test_is_zero_at_first_and_learns_all_the_same(builder):
    model = builder(**BUILDERS[builder])
    np.testing.assert_array_equal(model(FRAMES), np.zeros((2, 8, 12, 2)))
    model.compile(keras.optimizers.Adam(0.01), "mse", run_eagerly=True)
    before = weight_values(model)
    targets = random_array(2, 8, 12, 2)
    for _ in range(2):
        model.train_on_batch(FRAMES, targets)
    after = weight_values(model)
    unmoved = {
        weight.path
        for weight in model.trainable_weights
        if np.array_equal(after[weight.path], before[weight.path])
    }
    assert not {path for path in unmoved if not is_key_bias(path)}


def moving_texture(repeats=1):
    """One texture that stays, or goes 2 pixels along x or y.

    The first frames are all the same: what is to be known is in the second.
    """
    texture = np.tanh(random_array(8, 12, 3))
    motions = np.array([[0, 0], [2, 0], [-2, 0], [0, 2], [0, -2]], "float32")
    frames = np.stack(
        [
            [texture, np.roll(texture, (int(y), int(x)), axis=(0, 1))]
            for x, y in motions
        ]
    )
    flow = np.broadcast_to(motions[:, None, None], (5, 8, 12, 2))
    return (
        np.tile(frames, (repeats, 1, 1, 1, 1)),
        np.tile(flow, (repeats, 1, 1, 1)),
    )


# What training takes most time for is tracing.
SHALLOW = {"num_self_attends_per_block": 1, "num_blocks": 1}


@ALL_FORMS
def test_bare_compile_and_fit_learn_translations(builder):
    frames, flow = moving_texture(repeats=20)
    model = builder(**{**BUILDERS[builder], **SHALLOW})
    model.compile(keras.optimizers.Adam(1e-2), "mse", jit_compile=False)
    history = model.fit(
        frames, flow, batch_size=5, epochs=6, shuffle=False, verbose=0
    )
    # From zero flow, which has 1.6.
    assert history.history["loss"][0] > 0.5
    assert history.history["loss"][-1] < 0.05


# As `test_xla.py` shows of a step.
@pytest.mark.large
@ALL_FORMS
def test_compiled_training_gives_the_same_losses(builder):
    frames, flow = moving_texture()

    def compiled(**how):
        model = tiny(builder, **SHALLOW)
        model.compile(keras.optimizers.SGD(0.01), "mse", **how)
        return model

    assert_compiled_gives_the_same_losses(compiled, frames, flow, rtol=1e-4)
