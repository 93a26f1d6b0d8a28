import contextlib
import errno
import os
import platform

import pytest

from keras_perceiver.training import run_lock
from keras_perceiver.training.run_lock import RunLock


def test_the_second_is_told_who_is_first(tmp_path):
    path = tmp_path / ".lock"
    with contextlib.closing(RunLock(path)) as lock:
        lock.take()
        lock.take()
        with pytest.raises(BlockingIOError) as error:
            RunLock(path).take()
        who = f"process {os.getpid()} on {platform.node()} trains in it"
        assert f"{tmp_path} is in use: {who}" in str(error.value)
        assert "--run-folder" in str(error.value)
    # What others had said stays no longer than they do.
    assert path.read_bytes() == b""
    with contextlib.closing(RunLock(path)) as lock:
        lock.take()


def test_a_holder_that_says_nothing_is_a_process(tmp_path):
    path = tmp_path / ".lock"
    with contextlib.closing(RunLock(path)) as lock:
        lock.take()
        path.write_text("")
        with pytest.raises(BlockingIOError, match="another process trains"):
            RunLock(path).take()


def test_what_is_not_taken_is_not_given_back(tmp_path):
    path = tmp_path / ".lock"
    RunLock(path).close()
    assert not path.exists()


def test_without_locks_there_is_a_warning(tmp_path, monkeypatch, capsys):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(run_lock.fcntl, "flock", refuse)
    with contextlib.closing(RunLock(tmp_path / ".lock")) as lock:
        lock.take()
        lock.take()
    printed = capsys.readouterr().out
    assert printed.count("warning: ") == 1
    assert "No locks available" in printed
