import io
import re
import types

import pytest

from keras_perceiver.search import live_table
from keras_perceiver.search.live_table import LiveTable
from tests.search.written_records import record


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(
            live_table,
            "time",
            types.SimpleNamespace(monotonic=lambda: self.now),
        )


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def terminal_of(monkeypatch):
    """Makes standard output a terminal, 130 columns wide, and returns it."""
    output = Terminal()
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.setenv("LINES", "40")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return output


def last_table(output):
    """What the terminal shows at last, without escape sequences."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output.getvalue())
    return plain[plain.rindex("┏") :]


FIRST = record("0", 0.5, params=120_053, flops=7_552_512)
SECOND = record("1", 0.75, params=900, latency_ms=3.219)
PRUNED = record("2", None, state="pruned", reason="out of memory: 3\x1b[2J GiB")
SHORTER = record("3", 0.1, share=1 / 3)
RUNNING = record("4", None, state="running", curve=[[200, 0.9], [400, 0.625]])
BETTER = record("5", 0.25)


def test_elsewhere_each_finished_trial_is_a_line(clock, capsys):
    table = LiveTable("heldout_nats", False, trials=8)
    table.update([RUNNING], {})
    assert capsys.readouterr().out == ""
    table.update([FIRST, SECOND, RUNNING], {})
    table.update(
        [FIRST, SECOND, PRUNED, SHORTER, RUNNING, BETTER], {"flops": 4}
    )
    table.say("[bold]now")
    table.close()
    output = capsys.readouterr().out
    choices = "N=32 D=96 lr=0.002"
    assert output.splitlines() == [
        f"trial 0  {choices}  120K params  7.55M FLOPs  latency -"
        "  heldout_nats 0.5  best",
        f"trial 1  {choices}  900 params  20.0K FLOPs  latency 3.22 ms"
        "  heldout_nats 0.75",
        f"trial 2  {choices}  1.00K params  20.0K FLOPs  latency -"
        "  pruned: out of memory: 3\\x1b[2J GiB",
        f"trial 3  {choices}  1.00K params  20.0K FLOPs  latency -"
        "  heldout_nats 0.1  at 33% of the steps",
        f"trial 5  {choices}  1.00K params  20.0K FLOPs  latency -"
        "  heldout_nats 0.25  best",
        "[bold]now",
        "4 completed (1 with a share of the steps), 1 pruned "
        "(1 out of memory), 0 failed, 1 running, 4 infeasible (4 flops)",
    ]
    assert "\x1b" not in output


def test_more_may_be_better(clock, capsys):
    table = LiveTable("accuracy", True)
    table.update([FIRST, BETTER, SECOND], {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("best") for line in lines] == [True, False, True]


def test_a_terminal_shows_the_best_and_the_running(clock, monkeypatch):
    terminal = terminal_of(monkeypatch)
    table = LiveTable("heldout_nats", False, trials=10, minutes=60)
    try:
        table.update([], {})
        clock.now += 120
        table.update(
            [FIRST, SECOND, PRUNED, SHORTER, RUNNING, BETTER], {"flops<1G": 4}
        )
        table.say("[bold]now")
    finally:
        table.close()
    shown = last_table(terminal)
    rows = [line.split() for line in shown.splitlines() if "N=32" in line]
    assert [(row[1], row[-2]) for row in rows] == [
        ("5", "0.25"),
        ("0", "0.5"),
        ("1", "0.75"),
        ("4", "0.625"),
    ]
    words = " ".join(shown.split())
    assert "running, step 400" in words
    assert "1 pruned (1 out of memory)" in words
    assert "4 infeasible (4 flops<1G)" in words
    # Five of ten in two minutes.
    assert "2 min 0 s gone, 2 min 0 s left" in words
    # Markup is no concern of who says something.
    assert "[bold]now" in terminal.getvalue()
    # The cursor is shown again.
    assert terminal.getvalue().rindex("\x1b[?25h") > (
        terminal.getvalue().rindex("\x1b[?25l")
    )


def test_the_time_left_is_that_of_trials_and_of_minutes(clock):
    table = LiveTable("nats", False, trials=4)
    assert table.seconds_left() is None
    # From an earlier process, which tells nothing.
    table.update([FIRST], {})
    clock.now += 60
    assert table.seconds_left() is None
    table.update([FIRST, SECOND], {})
    assert table.seconds_left() == 120
    table.update([FIRST, SECOND, PRUNED, BETTER], {})
    assert table.seconds_left() == 0
    assert LiveTable("nats", False).seconds_left() is None
    both = LiveTable("nats", False, trials=4, minutes=2)
    clock.now += 30
    assert both.seconds_left() == 90
    clock.now += 300
    assert both.seconds_left() == 0
