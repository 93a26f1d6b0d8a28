import os
import shutil
import types

import pytest

from keras_perceiver import host_memory
from keras_perceiver.doctor import machine

GB = 10**9


def test_memory_is_what_linux_says_and_a_container_leaves(
    tmp_path, monkeypatch
):
    information = tmp_path / "meminfo"
    information.write_text(
        "MemTotal:       8000000 kB\nMemFree: 1 kB\n"
        "MemAvailable:   4000000 kB\nHugePages_Total:       0\n"
    )
    monkeypatch.setattr(host_memory, "_INFORMATION", information)
    assert host_memory.host_memory() == (8_192_000_000, 4_096_000_000)
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "_CGROUP_LIMITS", (limit, tmp_path / "none"))
    limit.write_text("max\n")
    [found] = machine.memory()
    assert (found.state, found.value) == ("ok", "4.1 GB free of 8.2 GB")
    limit.write_text("1000000000\n")
    [found] = machine.memory()
    assert (found.state, found.value) == ("note", "1.0 GB free of 1.0 GB")
    assert "--training.batch-size" in found.cure
    monkeypatch.setattr(host_memory, "_INFORMATION", tmp_path / "away")
    assert host_memory.host_memory() == (None, None)
    assert list(machine.memory()) == []


@pytest.mark.parametrize(
    ("free", "writable", "state", "words"),
    [
        (5 * GB, True, "ok", "5.0 GB free"),
        (GB // 2, True, "note", "0.5 GB free"),
        (5 * GB, False, "problem", "cannot be written to"),
    ],
)
def test_a_disk(free, writable, state, words, tmp_path, monkeypatch):
    usage = types.SimpleNamespace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(os, "access", lambda path, mode: writable)
    found = machine.disk("temporary folder", tmp_path, "TMPDIR")
    assert found.state == state
    assert str(tmp_path) in found.value
    assert words in found.value
    assert found.cure is None or "TMPDIR" in found.cure


def test_disks_are_those_of_runs_and_of_temporary_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine.tempfile, "tempdir", "/")
    found = {one.name: one.value for one in machine.disks()}
    assert found["working folder"].startswith(str(tmp_path))
    assert found["temporary folder"].startswith("/")
