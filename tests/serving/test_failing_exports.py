"""Exports that fail leave nothing behind."""

import shutil
import subprocess
import sys

import pytest

from keras_perceiver import files
from keras_perceiver.serving.export import export
from tests.tiny_models import LengthTask


@pytest.mark.parametrize("exception", [KeyError("bug"), KeyboardInterrupt()])
def test_a_failing_task_leaves_nothing(tmp_path, exception):
    with pytest.raises(type(exception)):
        export(LengthTask(exception), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_at_the_end_leaves_nothing(tmp_path, monkeypatch):
    """All is written then but the description."""

    def fail(path, content):
        (folder,) = tmp_path.glob(".tmp-1-*")
        assert (folder / "saved_model.pb").is_file()
        assert (folder / "assets.extra/tf_serving_warmup_requests").is_file()
        raise OSError("disk full")

    monkeypatch.setattr(files, "write_json", fail)
    with pytest.raises(OSError, match="disk full"):
        export(LengthTask(), tmp_path)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import pathlib, resource, signal, sys
import tensorflow as tf
from keras_perceiver.serving.export import export
from tests.tiny_models import LengthTask

base = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
task = LengthTask()
# The least that some file of an export needs more than.
for limit in (100, 1000, 10_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        export(task, base)
    except (OSError, RuntimeError, tf.errors.OpError) as error:
        print(limit, list(base.iterdir()), type(error).__name__)
"""


def test_a_disk_that_fills_leaves_nothing(tmp_path):
    """Writing fails as on a full disk, in the graph, weights or beside."""
    finished = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "base"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = finished.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["100", "[]"],
        ["1000", "[]"],
        ["10000", "[]"],
    ], finished.stderr


def test_a_disk_without_room_is_told_first(tmp_path, monkeypatch):
    free = shutil.disk_usage(tmp_path)._replace(free=50_000_010)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    task = LengthTask(KeyError("begun"))
    with pytest.raises(OSError, match=r"10 bytes free, .* takes 50,000,016"):
        export(task, tmp_path)
    assert list(tmp_path.iterdir()) == []
