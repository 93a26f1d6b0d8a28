"""What all clients have in common, whatever they speak with the server."""

import random
import re
import time

import numpy as np

from keras_perceiver.errors import unknown
from keras_perceiver.serving.client import raw_rows
from keras_perceiver.serving.client.served_signature import name_of_task
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages.tensor_protos import as_array

TIMEOUT_SECONDS = 30.0
RETRIES = 3
MAX_REPLY_BYTES = 2**28
_ROWS_AT_ONCE = 32
_FIRST_WAIT_SECONDS = 0.1
# A server that batches refuses larger requests than its batches.
_TOO_MANY_ROWS = re.compile(r"larger than maximum input batch size (\d+)")


class Client:
    """Asks one model; a subclass says how signatures and answers come.

    Args:
        timeout: seconds that a request may take, all its tries together.
        retries: how often a request is sent again where the server is
            UNAVAILABLE, and only then. The waits between grow from a tenth
            of a second, twofold each, with some chance in them.

    Raises:
        ValueError: if one is out of range.
    """

    def __init__(self, timeout, retries):
        if not timeout > 0 or retries < 0:
            raise ValueError(
                "Wanted: timeout in seconds above 0, and retries of 0 or "
                f"more. Received: {timeout} and {retries}"
            )
        self.timeout = timeout
        self.retries = retries
        self._signatures = None
        self._rows_at_once = _ROWS_AT_ONCE

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Lets go of what the client holds."""

    def ask(self, *items, task=None, **named):
        """Asks the task itself: raw in, raw out, as in Python.

        Args:
            *items: what the task takes, in its order. Texts are `str` or
                `bytes`, images the bytes of files or paths, numbers arrays;
                one of them, or a list of them.
            task: which task of a model of several; None for the one that
                its export was made with.
            **named: the same by the names of the inputs.

        Returns:
            A dictionary of outputs, bytes or arrays, or a list of them.
            Nothing stands behind the last mask or entity.

        Raises:
            ValueError: if there is a problem with a row, saying which, or
                no such task.
            ServerError: if the server does not answer.
            OSError: if an image cannot be read.
        """
        signatures = self._known_signatures(self._deadline())
        name = name_of_task(signatures, task)
        rows = raw_rows.RawRows(signatures[name], items, named)
        answers = []
        for batch in raw_rows.batches(rows, self._rows_at_once):
            answers += self._answers(name, rows, batch, len(answers))
        return answers[0] if rows.is_one else answers

    def predict(self, inputs, signature="serving_default"):
        """Asks a signature for tensors.

        Args:
            inputs: an array or nested lists for each input, by name, rows
                first.
            signature: its name.

        Returns:
            An array for each output, by name; strings are bytes.

        Raises:
            ValueError: if the signature does not exist or takes others.
            ServerError: if the server does not answer, with its code.
        """
        deadline = self._deadline()
        known = self._known_signatures(deadline)
        if signature not in known:
            raise unknown("signature", signature, known)
        specs = known[signature]
        if set(inputs) != set(specs.inputs):
            raise ValueError(
                f"Signature {signature!r} takes {sorted(specs.inputs)}. "
                f"Received: {sorted(inputs)}"
            )
        arrays = {
            name: as_array(values, specs.inputs[name].dtype)
            for name, values in inputs.items()
        }
        try:
            outputs = self._until(
                deadline,
                lambda left: self._predict(signature, specs, arrays, left),
            )
            return dict(sorted(outputs.items()))
        except ServerError as error:
            if error.code in ("INVALID_ARGUMENT", "INTERNAL"):
                # Another version may have come, of other signatures.
                self._signatures = None
            raise

    def signatures(self):
        """Returns a `ServedSignature` for each signature, by name."""
        deadline = self._deadline()
        self._signatures = self._until(deadline, self._read_signatures)
        return dict(self._signatures)

    def status(self):
        """Returns the state of each version, such as `{1: "AVAILABLE"}`."""
        return self._until(self._deadline(), self._read_status)

    def _read_status(self, seconds):
        raise NotImplementedError

    def _read_signatures(self, seconds):
        raise NotImplementedError

    def _predict(self, name, specs, arrays, seconds):
        raise NotImplementedError

    def _known_signatures(self, deadline):
        if self._signatures is None:
            self._signatures = self._until(deadline, self._read_signatures)
        return self._signatures

    def _answers(self, name, rows, batch, first):
        """The answers to a batch of rows, where `first` were answered."""
        if len(batch) > self._rows_at_once:
            return self._answers_in_parts(name, rows, batch, first)
        try:
            answer = self.predict(raw_rows.stacked(batch), name)
        except ServerError as error:
            if error.code != "INVALID_ARGUMENT":
                raise
            most = _TOO_MANY_ROWS.search(error.message)
            if most and 1 <= int(most[1]) < len(batch):
                self._rows_at_once = int(most[1])
                return self._answers(name, rows, batch, first)
            problem = rows.problem_of(error.message, first, len(batch))
            raise (problem or error) from error
        for number, words in enumerate(answer.pop("problem_bytes", [])):
            if words:
                place = rows.place(first + number)
                raise ValueError(f"{place}: {words.decode(errors='replace')}")
        if any(
            np.shape(value)[:1] != (len(batch),) for value in answer.values()
        ):
            raise ServerError(
                "INTERNAL",
                f"{len(batch)} rows were asked, and others answered.",
            )
        return [
            raw_rows.unpadded(
                {key: values[number] for key, values in answer.items()}, row
            )
            for number, row in enumerate(batch)
        ]

    def _answers_in_parts(self, name, rows, batch, first):
        answers = []
        for part in raw_rows.batches(batch, self._rows_at_once):
            answers += self._answers(name, rows, part, first + len(answers))
        return answers

    def _deadline(self):
        return time.monotonic() + self.timeout

    def _until(self, deadline, call):
        """Calls until there is an answer, and only while UNAVAILABLE.

        Args:
            deadline: when to give up, whatever there is to wait for.
            call: takes the seconds that are left.
        """
        failures = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ServerError(
                    "DEADLINE_EXCEEDED", f"no answer within {self.timeout} s"
                )
            try:
                return call(left)
            except ServerError as error:
                wait = _wait_after(failures)
                failures += 1
                too_late = time.monotonic() + wait >= deadline
                is_last = failures > self.retries or too_late
                if error.code != "UNAVAILABLE" or is_last:
                    raise
            time.sleep(wait)


def _wait_after(number):
    """Seconds after a failure, longer each time, never the same for all."""
    # Secret is nothing of it.
    share = random.uniform(0.5, 1.0)  # noqa: S311
    return _FIRST_WAIT_SECONDS * 2**number * share
