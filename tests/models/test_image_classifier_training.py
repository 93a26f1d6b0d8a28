"""Image classifiers learn."""

import keras
import numpy as np
import pytest

from tests.models.tiny_image_classifiers import fresh
from tests.models.tiny_image_classifiers import images_of
from tests.models.tiny_image_classifiers import tiny
from tests.models.training_runs import assert_classes_are_learned
from tests.models.training_runs import assert_compiled_gives_the_same_losses


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize(
    "name", ["conv_image_classifier", "fourier_mean_classifier"]
)
def test_bare_compile_and_fit_learn_a_fixed_batch(name):
    model = fresh(name, num_self_attends_per_block=1, num_blocks=1)
    images, labels = images_of(model, 10), np.arange(10) % 5
    assert_classes_are_learned(model, loss(), images, labels, epochs=4)


# As `test_xla.py` shows of a step.
@pytest.mark.large
def test_compiled_training_gives_the_same_losses():
    # One layer and SGD, since tracing and compiling take all of the time.
    def compiled(**how):
        model = tiny(
            "conv_image_classifier", num_self_attends_per_block=1, num_blocks=1
        )
        model.compile(keras.optimizers.SGD(0.01), loss(), **how)
        return model

    assert_compiled_gives_the_same_losses(
        compiled,
        images_of(tiny("conv_image_classifier"), 5),
        np.arange(5),
        rtol=1e-4,
    )
