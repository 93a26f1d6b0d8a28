"""A terminal and a clock for tests of what is shown while one waits."""

import io
import re
import types


class Clock:
    """Seconds that pass when the test says so.

    Args:
        monkeypatch: pytest's.
        module: whose `time` it is.
    """

    def __init__(self, monkeypatch, module):
        self.now = 1000.0
        time = types.SimpleNamespace(monotonic=lambda: self.now)
        monkeypatch.setattr(module, "time", time)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal_of(monkeypatch, columns):
    """Makes standard output a terminal of that width, and returns it."""
    output = Terminal()
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", "40")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return output


def plain(text):
    """Without the escape sequences that move the cursor and colour."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
