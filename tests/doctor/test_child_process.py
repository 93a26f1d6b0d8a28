import subprocess

import pytest

from keras_perceiver.doctor import child_process

# As TensorFlow ends where a library that it needs is missing.
WITH_ADVICE = """
raise ImportError(
    "Traceback (most recent call last):\\n  File x, line 73\\n"
    "ImportError: libx.so: cannot open\\n\\nFailed to load.\\nSee the site."
)
"""


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("pass", None),
        ("raise ImportError('no such symbol')", "no such symbol"),
        ("raise ValueError('else')", "ValueError: else"),
        ("import sys; sys.exit(3)", "no reason"),
        (
            "import os; os.kill(os.getpid(), 11)",
            "loading it ended the process by SIGSEGV",
        ),
        (
            "import os, sys; print('no AVX', file=sys.stderr); os.abort()",
            "loading it ended the process by SIGABRT: no AVX",
        ),
        (WITH_ADVICE, "libx.so: cannot open"),
    ],
)
def test_the_reason_comes_from_a_process_of_its_own(program, problem):
    assert child_process.run(program) == ("", problem)


def test_what_hangs_is_a_reason_too(monkeypatch):
    def hang(*arguments, timeout, **options):
        raise subprocess.TimeoutExpired(arguments, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    words = "it was not loaded after 300 seconds"
    assert child_process.run("pass") == ("", words)
