"""TensorFlow without its start-up chatter."""

import os
import subprocess
import sys

import pytest

from keras_perceiver import quiet

CHATTER = [
    "I0000 00:00:1795203086.633168   11911 port.cc:153] oneDNN custom ops",
    "WARNING: All log messages before absl::InitializeLog() is called",
    "To enable the following instructions: AVX2 AVX512F, in other operations",
    "2026-11-20 19:27:23.000456: I tensorflow/core/util/port.cc:153] oneDNN",
]
NEWS = [
    "E0000 00:00:1795203028.384878   11597 cuda_platform.cc:52] failed call",
    "W0000 00:00:1795203987.749658   15833 cache_dataset_ops.cc:912] partial",
    "2026-11-20 19:27:23.000456: E tensorflow/core/util/port.cc:153] failed",
    "2026-11-20 19:27:23.000456: W tensorflow/core/util/port.cc:153] slow",
    "Illegal instruction",
    "UserWarning: I0000 is a word",
    "",
]


def say(lines):
    """Writes to standard error as a C++ library does."""
    os.write(2, "".join(f"{line}\n" for line in lines).encode())


def test_chatter_is_dropped_and_news_are_shown(capfd):
    with quiet.quiet_start():
        say(CHATTER[:2] + NEWS + CHATTER[2:])
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err.splitlines() == NEWS


def fail_in_a_quiet_start():
    with quiet.quiet_start():
        say(CHATTER)
        raise ImportError


def test_a_failure_shows_everything(capfd):
    with pytest.raises(ImportError):
        fail_in_a_quiet_start()
    assert capfd.readouterr().err.splitlines() == CHATTER
    say(CHATTER)
    assert capfd.readouterr().err.splitlines() == CHATTER


def test_no_file_descriptor_is_left_open():
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    before = open_files()
    for _ in range(3):
        with quiet.quiet_start():
            pass
    assert open_files() == before


def test_tensorflow_is_told_to_be_quiet_unless_told_otherwise(monkeypatch):
    for given, expected in [(None, "2"), ("0", "0")]:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        if given:
            monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", given)
        with quiet.quiet_start():
            assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == expected


def run(program, redirection=""):
    """Runs a program that has `quiet_start`, in a fresh Python."""
    # By its path, as `check` does, which may not import the package: what
    # it needs is the standard library alone.
    start = f"import runpy; names = runpy.run_path({quiet.__file__!r})\n"
    start += "import os, sys; quiet_start = names['quiet_start']\n"
    return subprocess.run(
        [
            *("/bin/sh", "-c", f'"$0" -c "$1" {redirection}'),
            *(sys.executable, start + program),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_python_writes_is_kept_in_order():
    finished = run(
        "print('before', file=sys.stderr)\n"
        "with quiet_start():\n"
        "    os.write(2, b'one\\n')\n"
        "    print('two', end=' ', file=sys.stderr)\n"
        "    sys.stderr.write('three\\n')\n"
        "    os.write(2, b'I0000 chatter\\n')\n"
        "print('after', file=sys.stderr)\n"
    )
    expected = ["before", "one", "two three", "after"]
    assert finished.stderr.splitlines() == expected
    assert finished.returncode == 0


def test_a_closed_standard_error_is_quiet_already():
    finished = run("with quiet_start(): print('inside')", "2>&-")
    assert (finished.returncode, finished.stdout) == (0, "inside\n")
