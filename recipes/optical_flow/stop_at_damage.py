"""Pairs that cannot be read, told of while training goes on."""

import keras


class StopAtDamage(keras.callbacks.Callback):
    """Ends a run at the first pair that cannot be read, by its name.

    Args:
        data: the `FlowData`.
    """

    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_train_batch_end(self, batch, logs=None):
        """Raises `ValueError` if a pair was damaged."""
        self.data.raise_problems()

    def on_test_end(self, logs=None):
        """Raises `ValueError` if a pair was damaged."""
        self.data.raise_problems()
