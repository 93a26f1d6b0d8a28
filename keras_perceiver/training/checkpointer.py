"""Checkpoints between two evaluations: now and then, and when told to stop."""

import sys

import keras


class Checkpointer(keras.callbacks.Callback):
    """Saves amid an epoch, so that the run goes on at that very step.

    An epoch is the stretch between two evaluations. To stand behind the
    `Recorder`, which saves at the end of each.

    Args:
        saver: the `Saver`.
        recorder: the `Recorder`, which knows the best value so far.
        stop: the `StopRequest`, or an `AgreedStop`.
        steps_per_epoch: steps between two evaluations.
        first_step: steps that were taken before, if the run is resumed.
        every: steps between two checkpoints besides those at evaluations, or
            None for none.
    """

    def __init__(
        self, saver, recorder, stop, *, steps_per_epoch, first_step, every=None
    ):
        super().__init__()
        self.saver = saver
        self.recorder = recorder
        self.stop = stop
        self.steps_per_epoch = steps_per_epoch
        self.step = first_step
        self.every = every
        self._metrics = None

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        is_due = self.every is not None and self.step % self.every == 0
        if self.stop.is_asked():
            self._end()
        elif is_due and self.step % self.steps_per_epoch:
            self._save()

    def on_test_begin(self, logs=None):
        # Evaluating resets the metrics, and may be interrupted.
        self._metrics = self.model.metric_state()

    def on_test_batch_end(self, batch, logs=None):
        if self.stop.is_asked():
            self._end()

    def on_epoch_end(self, epoch, logs=None):
        self._metrics = None
        if self.stop.is_asked():
            # The recorder has saved this step.
            self._leave()

    def _end(self):
        self._save()
        self._leave()

    def _leave(self):
        self.saver.wait()
        print(
            f"stopped at step {self.step:,}; the same command goes on there",
            file=sys.stderr,
        )
        self.stop.raise_again()

    def _save(self):
        metrics = self._metrics or self.model.metric_state()
        progress = {"step": self.step, "best": self.recorder.best}
        self.saver.save(progress, metrics=metrics)
