"""Signals that reach a run amid its training."""

import signal

from keras_perceiver.training.progress import Progress


def signal_at(monkeypatch, event, number, which):
    """Sends this process a signal as an event happens for the nth time."""
    left = [number]

    def send(progress, batch, logs=None):
        left[0] -= 1
        if left[0] == 0:
            signal.raise_signal(which)

    monkeypatch.setattr(Progress, event, send, raising=False)
