"""The command `keras-perceiver`, also `python -m keras_perceiver`."""

import os
import sys

from keras_perceiver.commands import make_parser


def main(arguments=None):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read. 75: stopped, and the same
    command goes on. 130: interrupted.
    """
    options = make_parser().parse_args(arguments)
    try:
        code = options.run(options) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever reads has read enough, as `head` does. What is left goes
        # nowhere, or Python would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
