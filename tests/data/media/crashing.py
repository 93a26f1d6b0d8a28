"""A decoder that crashes, where another process finds it."""

import os
import signal

from keras_perceiver.data.media import isolated


def crash_on_a(sender, video, *others):
    if video.name == "a.mp4":
        os.kill(os.getpid(), signal.SIGSEGV)
    isolated._run(sender, video, *others)


def crash(sender, *others):
    os.kill(os.getpid(), signal.SIGSEGV)


def babble(sender, *others):
    sender.send_bytes(b"\xff no JSON")
