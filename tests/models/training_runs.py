"""What training has to do with every model."""

import keras
import numpy as np


def assert_compiled_gives_the_same_losses(compiled, *batch, rtol):
    """Trains for three steps without and with XLA.

    Args:
        compiled: from arguments of `compile` to a compiled model, each time
            with the same weights.
        *batch: as `train_on_batch` takes it.
        rtol: how far losses may be apart.

    Returns:
        The model that XLA compiled.
    """
    losses = []
    for how in ({"run_eagerly": True}, {"jit_compile": True}):
        model = compiled(**how)
        # The loss comes first where there are metrics.
        steps = [model.train_on_batch(*batch) for _ in range(3)]
        losses.append([float(np.ravel(step)[0]) for step in steps])
    plain, in_xla = losses
    assert model.jit_compile is True
    assert plain[0] > plain[2]
    np.testing.assert_allclose(in_xla, plain, rtol=rtol)
    return model


def assert_classes_are_learned(model, loss, inputs, labels, epochs):
    """Fits five classes of one batch of ten, twenty times in each epoch."""
    model.compile(keras.optimizers.Adam(1e-2), loss, jit_compile=False)
    history = model.fit(
        np.concatenate([inputs] * 20),
        np.tile(labels, 20),
        batch_size=10,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    # From guessing among 5 classes (1.6 nats) to knowing.
    assert history.history["loss"][0] > 0.3
    assert history.history["loss"][-1] < 0.02
