"""Being told to stop: by a scheduler, or from the keyboard."""

import contextlib
import os
import signal
import threading

# EX_TEMPFAIL of sysexits.h: the same command succeeds if it is run again.
RESTART_CODE = 75


class PreemptedError(SystemExit):
    """Ends the process with the code on which a scheduler restarts it."""

    def __init__(self):
        super().__init__(RESTART_CODE)


@contextlib.contextmanager
def ending_with_restart_code():
    """SIGTERM ends the process at once, with the code to restart on."""

    def end(number, frame):
        raise PreemptedError

    with _handling({signal.SIGTERM: end}):
        yield


class StopRequest:
    """SIGTERM and SIGINT wait until what is under way can be saved.

    A context manager. A second SIGINT does not wait. Python handles signals
    in the main thread only; in another, this does nothing.
    """

    def __init__(self):
        self.number = None

    def __enter__(self):
        self._handlers = _handling(
            {signal.SIGTERM: self._note, signal.SIGINT: self._note}
        )
        self._handlers.__enter__()
        return self

    def __exit__(self, *error):
        self._handlers.__exit__(*error)

    def is_asked(self):
        """Whether a signal has come."""
        return self.number is not None

    def raise_again(self):
        """Raises what the signal means, now that all is saved."""
        if self.number == signal.SIGINT:
            raise KeyboardInterrupt
        raise PreemptedError

    def _note(self, number, frame):
        if number == signal.SIGINT and self.number == signal.SIGINT:
            raise KeyboardInterrupt
        self.number = number
        hint = " (again: stop at once)" if number == signal.SIGINT else ""
        name = signal.Signals(number).name
        # Not `print`, which may be what the signal interrupted.
        os.write(2, f"\n{name}: saving after this step{hint}\n".encode())


@contextlib.contextmanager
def _handling(handlers):
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that Python did not set and cannot set again.
            signal.signal(number, handler or signal.SIG_DFL)
