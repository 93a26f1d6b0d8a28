"""The multimodal autoencoder learns."""

import keras
import numpy as np

from keras_perceiver.models import autoencoder
from tests.float64_autoencoder import NUM_PATCHES
from tests.float64_autoencoder import NUM_PIXELS
from tests.float64_autoencoder import TINY
from tests.models.training_runs import assert_compiled_gives_the_same_losses
from tests.random_values import randomize


def clips(number, repeats=1):
    """Clips of one colour and one loudness each; half without a label."""
    rng = np.random.default_rng(0)
    colours = rng.random((number, 3)).astype("float32")
    loudness = rng.uniform(-1, 1, (number, 1)).astype("float32")
    labels = np.arange(number) % 7
    inputs = {
        "video": np.tile(colours[:, None, None, None], (1, 2, 4, 6, 1)),
        "audio": np.tile(loudness, (1, 12)),
        "label": np.eye(7, dtype="float32")[labels],
        "video_indices": rng.integers(0, NUM_PIXELS, (number, 5)),
        "audio_indices": rng.integers(0, NUM_PATCHES, (number, 2)),
    }
    inputs["label"][::2] = np.nan
    targets = {
        "video": np.tile(colours[:, None], (1, 5, 1)),
        "audio": np.tile(loudness[:, None], (1, 2, 4)),
        "label": labels,
    }
    return tuple(
        {
            name: np.concatenate([array] * repeats)
            for name, array in arrays.items()
        }
        for arrays in (inputs, targets)
    )


def losses():
    return {
        "video": "mean_absolute_error",
        "audio": "mean_absolute_error",
        "label": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    }


def test_bare_compile_and_fit_learn_a_fixed_batch():
    inputs, targets = clips(8, repeats=20)
    model = autoencoder(**TINY)
    model.compile(keras.optimizers.Adam(5e-3), losses(), jit_compile=False)
    history = model.fit(
        inputs, targets, batch_size=8, epochs=10, shuffle=False, verbose=0
    ).history
    # Guessing costs 0.25 and 0.5 of a range, and 1.9 nats.
    assert history["loss"][0] > 1.5
    assert history["video_loss"][-1] < 0.1
    assert history["audio_loss"][-1] < 0.1
    assert history["label_loss"][-1] < 0.1


def test_compiled_training_gives_the_same_losses():
    inputs, targets = clips(4)

    # One layer and SGD, since tracing and compiling take all of the time.
    def compiled(**how):
        model = autoencoder(**{**TINY, "num_self_attends_per_block": 1})
        randomize(model)
        model.compile(keras.optimizers.SGD(0.01), losses(), **how)
        return model

    model = assert_compiled_gives_the_same_losses(
        compiled, inputs, targets, rtol=1e-5
    )
    # In spite of the labels that are not given.
    for weight in model.trainable_variables:
        assert np.isfinite(keras.ops.convert_to_numpy(weight)).all()
