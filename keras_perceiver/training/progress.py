"""How far training is: steps a second, time left, the last loss."""

import sys
import time

import keras
import rich.console
import rich.progress

# Where the output is a file, one line a while is enough.
SECONDS_BETWEEN_LINES = 30
# The speed is that of the last stretch: the first steps compile.
_SPEED_WINDOW = 20


class Progress(keras.callbacks.Callback):
    """A bar on a terminal, a line now and then elsewhere.

    Args:
        steps: all steps of the run.
        first_step: steps that were taken before, if the run is resumed.
    """

    def __init__(self, steps, first_step=0):
        super().__init__()
        self.steps = steps
        self.step = first_step
        self._times = []
        self._last_speed = None
        self._last_line = time.monotonic()
        self._bar = _bar() if sys.stdout.isatty() else None
        self._task = None

    def on_train_begin(self, logs=None):
        if self._bar:
            self._bar.start()
            # A resumed run may call `fit` twice.
            if self._task is None:
                self._task = self._bar.add_task(
                    "training", total=self.steps, completed=self.step, state=""
                )

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self._times.append(time.monotonic())
        del self._times[:-_SPEED_WINDOW]
        loss = (logs or {}).get("loss", float("nan"))
        if self._bar:
            state = f"loss {loss:.3f}  {self._speed_and_time_left()}"
            self._bar.update(self._task, completed=self.step, state=state)
        elif time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self.say(f"loss {loss:.3f}  {self._speed_and_time_left()}")

    def on_test_begin(self, logs=None):
        # Evaluating in between is no part of a step's time.
        self._last_speed = self.speed()
        self._times.clear()

    def on_train_end(self, logs=None):
        self.close()

    def say(self, text):
        """Prints a line with the step before it."""
        line = f"step {self.step:,} of {self.steps:,}  {text}"
        if self._bar:
            self._bar.console.print(line, highlight=False)
        else:
            print(line, flush=True)
        self._last_line = time.monotonic()

    def close(self):
        """Leaves the terminal as it was; also after an error."""
        if self._bar:
            self._bar.stop()

    def speed(self):
        """Steps a second, or None while there are too few to tell."""
        if len(self._times) < 2:
            return self._last_speed
        elapsed = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / elapsed if elapsed > 0 else None

    def _speed_and_time_left(self):
        speed = self.speed()
        if not speed:
            return "compiling"
        left = time_in_words((self.steps - self.step) / speed)
        return f"{speed:.2f} steps/s  {left} left"


def time_in_words(seconds):
    """`90` becomes `1 min 30 s`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    hours = seconds // 3600
    if hours < 48:
        return f"{hours} h {seconds % 3600 // 60} min"
    return f"{hours // 24} days {hours % 24} h"


def _bar():
    return rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TextColumn("{task.fields[state]}"),
        console=rich.console.Console(),
        transient=True,
    )
