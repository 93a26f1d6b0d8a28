import signal
import threading

import pytest

from keras_perceiver.training import preemption
from keras_perceiver.training.preemption import StopRequest


def handlers():
    return [
        signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)
    ]


def test_a_terminated_process_asks_to_be_restarted():
    before = handlers()
    with (
        pytest.raises(SystemExit) as end,
        preemption.ending_with_restart_code(),
    ):
        signal.raise_signal(signal.SIGTERM)
    # EX_TEMPFAIL.
    assert end.value.code == 75
    assert handlers() == before


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGTERM, preemption.PreemptedError),
        (signal.SIGINT, KeyboardInterrupt),
    ],
)
def test_a_signal_waits_until_all_is_saved(number, error, capfd):
    before = handlers()
    with StopRequest() as stop:
        assert stop.number is None
        signal.raise_signal(number)
        assert stop.number == number
        with pytest.raises(error):
            stop.raise_again()
    assert handlers() == before
    assert f"{number.name}: saving after this step" in capfd.readouterr().err


def test_a_second_interrupt_does_not_wait():
    with StopRequest():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_second_sigterm_waits_too():
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop.number == signal.SIGTERM


def test_another_thread_leaves_signals_alone():
    before = handlers()
    seen = []

    def enter():
        with StopRequest(), preemption.ending_with_restart_code():
            seen.append(handlers())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
