"""Saving while training goes on."""

import concurrent.futures
import time

from keras_perceiver import files
from keras_perceiver.convert import pretrained
from keras_perceiver.training import checkpoints as checkpoint_files
from keras_perceiver.training.progress import time_in_words


class Saver:
    """Saves checkpoints of a model in a thread of its own.

    What is saved is copied to the memory of the host at once. There is one
    at a time: the next waits for the one before, and raises its error. A
    context manager, which waits for the last one.

    Args:
        checkpoints: the run's `Checkpoints`.
        model: the compiled `TrainingModel`.
        preset_model: the preset that shares its weights.
        keep: how many of the newest checkpoints are kept.
        describe: writes what people read about a checkpoint into its folder;
            called with the folder and the step.

    Attributes:
        count: checkpoints that were saved.
        blocked: seconds in which training waited for saving.
        last_step: the step of the newest, or None.
    """

    def __init__(
        self, checkpoints, model, preset_model, *, keep, describe=None
    ):
        self.checkpoints = checkpoints
        self.model = model
        self.preset_model = preset_model
        self.keep = keep
        self.describe = describe
        self.count = 0
        self.blocked = 0.0
        self.last_step = None
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self._pending = None

    def save(self, progress, *, value=None, metrics=None):
        """Begins to save the model as it is now.

        Args:
            progress: JSON-ready dictionary with the `step`, which
                `TrainingModel.load_training_state` returns.
            value: what the evaluation at this step gave, if there was one.
            metrics: as `TrainingModel.training_state` takes them.

        Raises:
            OSError: if the checkpoint before this one could not be written.
        """
        began = time.monotonic()
        self._wait()
        weights = pretrained.contents_of(self.preset_model)
        state = self.model.training_state(progress, metrics)

        def write(folder):
            pretrained.write_contents(folder, *weights)
            files.write_tensors(folder / checkpoint_files.STATE_FILE, *state)
            if self.describe is not None:
                self.describe(folder, progress["step"])

        self._pending = self._thread.submit(
            self.checkpoints.save,
            progress["step"],
            write,
            keep=self.keep,
            value=value,
        )
        self.count += 1
        self.last_step = progress["step"]
        self.blocked += time.monotonic() - began

    def wait(self):
        """Returns when all is saved.

        Raises:
            OSError: if the last checkpoint could not be written.
        """
        began = time.monotonic()
        self._wait()
        self.blocked += time.monotonic() - began

    def summary(self, seconds):
        """Says what saving cost, in one line.

        Args:
            seconds: that training took in all.
        """
        return (
            f"checkpoints: {self.count:,}, one every "
            f"{time_in_words(seconds / self.count)}; training waited "
            f"{self.blocked:.2f} s for them ({self.blocked / seconds:.1%})"
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if error is None:
                self.wait()
        finally:
            # Waits too, and lets an error that ends the run be the one told.
            self._thread.shutdown()

    def _wait(self):
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()


class NoSaver:
    """In place of a `Saver` where another worker, the chief, saves."""

    last_step = None

    def save(self, progress, *, value=None, metrics=None):
        """Notes the step alone."""
        self.last_step = progress["step"]

    def wait(self):
        """Nothing is under way."""
