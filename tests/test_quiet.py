"""TensorFlow without its start-up chatter."""

import concurrent.futures
import os
import subprocess
import sys

import keras
import pytest

from keras_perceiver import quiet

CHATTER = [
    "I0000 00:00:1795203086.633168   11911 port.cc:153] oneDNN custom ops",
    "WARNING: All log messages before absl::InitializeLog() is called",
    "To enable the following instructions: AVX2 AVX512F, in other operations",
    "2026-11-20 19:27:23.000456: I tensorflow/core/util/port.cc:153] oneDNN",
    "2026-11-20 19:27:23.000456: E external/local_xla/xla/stream_executor/cuda/"
    "cuda_fft.cc:479] Unable to register cuFFT factory: Attempting to register",
    "E0000 00:00:1795278281.941644   21240 cuda_platform.cc:52] failed call to "
    "cuInit: INTERNAL: CUDA error",
]
# What TensorFlow 2.21 and 2.16 say of a request that fails.
ABORTED = [
    "W0000 00:00:1795278299.022286   21777 local_rendezvous.cc:412] Local "
    "rendezvous is aborting with status: INVALID_ARGUMENT: assertion failed",
    "2026-11-21 16:25:00.228885: W tensorflow/core/framework/local_rendezvous."
    "cc:404] Local rendezvous is aborting with status: INTERNAL: XLA",
]
CONTINUED = [
    "\t [[{{function_node assert_less_Guard_false_63}}{{node x}}]]",
    "  (0) INVALID_ARGUMENT: Unknown image file format.",
    "0 successful operations.",
    "0 derived errors ignored.",
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


@pytest.mark.parametrize("aborted", ABORTED)
def test_a_request_that_fails_is_no_news(aborted, capfd):
    with quiet.quiet_start():
        say([aborted, *CONTINUED, aborted, *CONTINUED[:1], NEWS[0]])
        say([*CONTINUED, aborted, CHATTER[0], *CONTINUED])
    # What goes on after another line belongs to that one.
    news = [NEWS[0], *CONTINUED, *CONTINUED]
    assert capfd.readouterr().err.splitlines() == news


def fail_in_a_quiet_start():
    with quiet.quiet_start():
        say(CHATTER)
        raise ImportError


def test_looking_for_devices_is_quiet_and_done_once(monkeypatch, capfd):
    looked = []

    def zeros(shape):
        looked.append(shape)
        for line in [*CHATTER, "W0000 memory is short"]:
            os.write(2, f"{line}\n".encode())

    monkeypatch.setattr(keras.ops, "zeros", zeros)
    quiet.find_devices.cache_clear()
    quiet.find_devices()
    quiet.find_devices()
    assert looked == [()]
    assert capfd.readouterr().err == "W0000 memory is short\n"


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


def test_threads_wait_for_one_another(capfd):
    def start(number):
        with quiet.quiet_start():
            say([CHATTER[0], f"news {number}"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(40)))
    say(["after"])
    lines = capfd.readouterr().err.splitlines()
    assert lines[-1] == "after"
    assert sorted(lines[:-1]) == sorted(f"news {n}" for n in range(40))


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
