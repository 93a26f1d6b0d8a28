"""A worker's calls to the chief, which outlast its restart."""

import sys
import time

import grpc

from keras_perceiver.training.preemption import RESTART_CODE

WAIT_SECONDS = 300
SECONDS_BETWEEN_TRIES = 0.2


class GoneChiefError(SystemExit):
    """Ends the worker with the code on which it is started again.

    No `Exception`, which KerasTuner would take for a failure of the trial.
    """

    def __init__(self):
        super().__init__(RESTART_CODE)


class PatientStub:
    """The calls of KerasTuner's `OracleStub`, each repeated while it has to.

    A chief that takes the place of another answers them as well, since its
    state is on disk: to ask twice is no other thing than to ask once.

    Args:
        stub: KerasTuner's.
        seconds: that a chief may be gone.
    """

    def __init__(self, stub, seconds=WAIT_SECONDS):
        self._stub = stub
        self._seconds = seconds

    def __getattr__(self, name):
        call = getattr(self._stub, name)

        def patient(request, wait_for_ready, timeout):
            # Not until it is ready, or nobody would see that it is gone.
            return self._repeated(call, request, timeout)

        return patient

    def _repeated(self, call, request, timeout):
        began = time.monotonic()
        while True:
            try:
                return call(request, timeout=timeout)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                if time.monotonic() - began > self._seconds:
                    print(
                        f"The chief has not answered for {self._seconds:g} s: "
                        f"{error.details()}",
                        file=sys.stderr,
                    )
                    raise GoneChiefError from error
            time.sleep(SECONDS_BETWEEN_TRIES)
