import os
import signal
import sys

import pytest

from keras_perceiver.search.family import Family
from keras_perceiver.search.family import last_words

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def start(family, program, log):
    command = [sys.executable, "-I", "-S", "-c", program]
    return family.start(command, dict(os.environ), log)


def test_who_does_not_end_when_asked_is_killed(tmp_path):
    log = tmp_path / "log"
    with Family() as family:
        process = start(family, STUBBORN, log)
        while not log.read_text():
            assert process.poll() is None
        family.end(signal.SIGTERM, seconds=0.1)
    assert process.returncode == -signal.SIGKILL


def test_without_its_guard_it_does_not_go_on(tmp_path):
    with Family() as family:
        process = start(
            family, "import time; time.sleep(600)", tmp_path / "log"
        )
        family.check_guard()
        os.kill(family._guard.pid, signal.SIGKILL)
        family._guard.wait()
        with pytest.raises(ChildProcessError, match="was killed itself"):
            family.check_guard()
    assert process.returncode == -signal.SIGTERM


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a line\nerror: no such\nthing\n", "no such\nthing"),
        (
            "Traceback (most recent call last):\n  File x\n    y()\n"
            "ValueError: one\nand two\n\n",
            "ValueError: one\nand two",
        ),
        ("first\nlast\n", "last"),
        ("", "it did not say why"),
    ],
)
def test_the_last_words_are_the_error(tmp_path, text, words):
    log = tmp_path / "log"
    log.write_text("error: of an earlier process\n" + text)
    assert last_words(log, len("error: of an earlier process\n")) == words
