"""Images that cannot be read, told of while training goes on."""

import keras

UNREADABLE_FILE = "unreadable.csv"


class WatchUnreadable(keras.callbacks.Callback):
    """Lists unreadable images, and ends a run that has too many.

    Args:
        data: the `ImageData`.
        folder: the `RunFolder`, or None where another process writes it.
    """

    def __init__(self, data, folder):
        super().__init__()
        self.data = data
        self.path = folder and folder.path / UNREADABLE_FILE

    def on_train_begin(self, logs=None):
        """Takes over what a run that goes on has listed before."""
        if self.path and self.path.is_file():
            self.data.unreadable.load(self.path)

    def on_epoch_end(self, epoch, logs=None):
        """Lists them anew; raises `ValueError` if they are too many."""
        unreadable = self.data.unreadable
        if not len(unreadable):
            return
        if self.path:
            unreadable.write(self.path)
        steps = int(self.model.optimizer.iterations)
        unreadable.check(self.data.num_seen(steps))
