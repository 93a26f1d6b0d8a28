"""Image classifiers learn."""

import keras
import numpy as np
import pytest

from tests.models.tiny_image_classifiers import fresh
from tests.models.tiny_image_classifiers import images_of
from tests.models.tiny_image_classifiers import tiny


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize(
    "name", ["conv_image_classifier", "fourier_mean_classifier"]
)
def test_bare_compile_and_fit_learn_a_fixed_batch(name):
    model = fresh(name, num_self_attends_per_block=1, num_blocks=1)
    images, labels = images_of(model, 10), np.arange(10) % 5
    model.compile(keras.optimizers.Adam(1e-2), loss(), jit_compile=False)
    history = model.fit(
        np.tile(images, (20, 1, 1, 1)),
        np.tile(labels, 20),
        batch_size=10,
        epochs=4,
        shuffle=False,
        verbose=0,
    )
    # From guessing among 5 classes (1.6 nats) to knowing.
    assert history.history["loss"][0] > 0.3
    assert history.history["loss"][-1] < 0.02


# As `test_xla.py` shows of a step.
@pytest.mark.large
def test_compiled_training_gives_the_same_losses():
    losses = {}
    # One layer and SGD, since tracing and compiling take all of the time.
    for how in ({"run_eagerly": True}, {"jit_compile": True}):
        model = tiny(
            "conv_image_classifier", num_self_attends_per_block=1, num_blocks=1
        )
        model.compile(keras.optimizers.SGD(0.01), loss(), **how)
        images, labels = images_of(model, 5), np.arange(5)
        losses[tuple(how)] = [
            float(model.train_on_batch(images, labels)) for _ in range(3)
        ]
    plain, compiled = losses.values()
    assert model.jit_compile is True
    assert plain[0] > plain[2]
    np.testing.assert_allclose(compiled, plain, rtol=1e-4)
