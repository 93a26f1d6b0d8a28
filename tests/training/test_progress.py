import pytest

from keras_perceiver.training import progress as progress_module
from keras_perceiver.training.progress import Progress
from keras_perceiver.training.progress import time_in_words
from tests import terminals
from tests.terminals import plain
from tests.terminals import terminal_of


class Clock(terminals.Clock):
    """A clock that takes steps."""

    def take(self, progress, steps, seconds, loss=2.0):
        for _ in range(steps):
            self.now += seconds
            progress.on_train_batch_end(0, {"loss": loss})


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch, progress_module)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.6, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (90, "1 min 30 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (5400, "1 h 30 min"),
        (48 * 3600 - 1, "47 h 59 min"),
        (48 * 3600, "2 days 0 h"),
        (100 * 3600, "4 days 4 h"),
    ],
)
def test_time_in_words(seconds, words):
    assert time_in_words(seconds) == words


def test_the_speed_is_that_of_the_last_steps(clock):
    progress = Progress(1000)
    assert progress.speed() is None
    clock.take(progress, 1, 60)
    assert progress.speed() is None
    # The first step, which compiles, does not count.
    clock.take(progress, 4, 0.5)
    assert progress.speed() == pytest.approx(2)
    clock.take(progress, 30, 0.1)
    assert progress.speed() == pytest.approx(10)


def test_the_speed_leaves_evaluation_out(clock):
    progress = Progress(1000)
    progress.on_epoch_begin(0)
    clock.take(progress, 5, 0.5)
    progress.on_test_begin()
    clock.now += 100
    progress.on_test_end()
    # Whoever writes it down at an epoch's end asks now.
    assert progress.speed() == pytest.approx(2)
    progress.on_epoch_end(0)
    progress.on_epoch_begin(1)
    clock.take(progress, 5, 0.25)
    assert progress.speed() == pytest.approx(4)


def test_elsewhere_there_is_a_line_every_30_seconds(clock, capsys):
    progress = Progress(1000, first_step=100)
    progress.on_train_begin()
    clock.take(progress, 30, 1)
    assert capsys.readouterr().out == ""
    clock.take(progress, 1, 1, loss=1.23456)
    line = capsys.readouterr().out
    assert line == (
        "step 131 of 1,000  loss 1.235  1.00 steps/s  14 min 29 s left\n"
    )
    clock.take(progress, 90, 1)
    assert capsys.readouterr().out.count("\n") == 2
    progress.on_train_end()
    assert capsys.readouterr().out == ""


def test_what_is_said_counts_as_a_line(clock, capsys):
    progress = Progress(1000)
    clock.take(progress, 29, 1)
    progress.say("held-out nats 2.5")
    assert capsys.readouterr().out == "step 29 of 1,000  held-out nats 2.5\n"
    clock.take(progress, 30, 1)
    assert capsys.readouterr().out == ""
    clock.take(progress, 1, 1)
    assert capsys.readouterr().out.startswith("step 60 of 1,000  loss")


def test_without_a_speed_there_is_no_time_left(clock, capsys):
    progress = Progress(1000)
    clock.take(progress, 1, 31)
    assert capsys.readouterr().out == (
        "step 1 of 1,000  loss 2.000  compiling\n"
    )


def test_a_terminal_gets_a_bar(clock, monkeypatch):
    terminal = terminal_of(monkeypatch, columns=100)
    progress = Progress(400, first_step=100)
    progress.on_train_begin()
    clock.take(progress, 100, 0.25)
    progress.say("held-out nats 2.5")
    progress.close()
    shown = plain(terminal.getvalue())
    assert "training" in shown
    assert "200/400" in shown
    assert "loss 2.000  4.00 steps/s  50 s left" in shown
    assert "step 200 of 400  held-out nats 2.5\n" in shown


@pytest.mark.parametrize("end", ["on_train_end", "close"])
def test_the_terminal_is_left_as_it_was(end, clock, monkeypatch):
    terminal = terminal_of(monkeypatch, columns=100)
    progress = Progress(10)
    progress.on_train_begin()
    assert terminal.getvalue().count("\x1b[?25l") == 1
    clock.take(progress, 2, 1)
    getattr(progress, end)()
    # The cursor is shown again, and once more does no harm.
    assert terminal.getvalue().count("\x1b[?25h") == 1
    progress.close()
    assert terminal.getvalue().count("\x1b[?25h") == 1


def test_nothing_is_drawn_before_training(clock, monkeypatch):
    terminal = terminal_of(monkeypatch, columns=100)
    progress = Progress(10)
    progress.close()
    assert plain(terminal.getvalue()).strip() == ""
