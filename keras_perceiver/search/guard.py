"""Ends its process group once whoever started it is gone.

A program of its own. Its standard input is a pipe that the supervisor alone
holds open: the kernel closes it however the supervisor ends.
"""

import os
import signal
import sys

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)
