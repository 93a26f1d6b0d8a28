"""Lines that say how far a file is read."""

import time

from keras_perceiver.training.progress import time_in_words

_SECONDS_BETWEEN_LINES = 10


class ReadingProgress:
    """A line now and then: how far it is, and the time left if it is known.

    Args:
        reader: an `IsolatedReader`.
        verb: what is done, such as "reconstructing".
    """

    def __init__(self, reader, verb):
        self._reader = reader
        self._verb = verb
        self._done = 0
        self._began = self._last_line = time.monotonic()

    def add(self, num_frames):
        """Takes how many frames more are done."""
        self._done += num_frames
        now = time.monotonic()
        if now - self._last_line < _SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        words = f"{self._verb}: {self._done:,} frames"
        claimed = self._reader.claimed_frames
        if claimed is not None and claimed >= self._done:
            seconds = (now - self._began) / self._done
            left = time_in_words(seconds * (claimed - self._done))
            words = f"{self._verb}: {self._done:,} of {claimed:,} frames"
            words += f"  {left} left"
        print(words, flush=True)
