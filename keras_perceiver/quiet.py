"""TensorFlow without its start-up chatter."""

import contextlib
import os
import re
import sys
import tempfile

# Informational lines of TensorFlow's C++ side: it writes them before any of
# its own settings count.
_CHATTER = re.compile(
    rb"I\d{4} |WARNING: All log messages before absl::InitializeLog|"
    # Where there is no GPU, looking for one is no error.
    rb"E\d{4} .*failed call to cuInit|"
    rb"To enable the following instructions:|\d{4}-\d\d-\d\d [\d:.]+: I "
)


@contextlib.contextmanager
def quiet_start():
    """Keeps start-up chatter from standard error while libraries load.

    Every other line is shown once the block is over. If the block raises,
    all of them are.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if sys.stderr is None:  # Closed, so that nobody reads it.
        yield
        return
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held_back.seek(0)
            for line in held_back:
                if failed or not _CHATTER.match(line):
                    os.write(2, line)
