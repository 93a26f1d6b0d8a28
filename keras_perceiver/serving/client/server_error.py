"""What a server answers with instead of tensors."""

_LONGEST_MESSAGE = 4000
# The names of gRPC's codes; their numbers are TensorFlow's too.
CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)


class ServerError(OSError):
    """A request that was not answered.

    Attributes:
        code: gRPC's name of what went wrong, such as `"INVALID_ARGUMENT"`.
        message: the server's words.
    """

    def __init__(self, code, message):
        self.code = code
        self.message = _printable(message)
        super().__init__(f"{code}: {self.message}")


def _printable(message):
    """A stranger's words, without what would take a terminal over."""
    message = message[:_LONGEST_MESSAGE]
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\ufffd"
        for letter in message
    )
