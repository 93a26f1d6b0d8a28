"""One run in one folder: the second is refused while the first lives."""

import errno
import fcntl
import json
import os
import platform


class RunLock:
    """A lock on a file, which the kernel gives back when its holder dies.

    To be closed, such as with `contextlib.closing`.

    Args:
        path: the lock file. It stays behind, since deleting it would let two
            processes lock two files of one name.

    Attributes:
        is_taken: whether this object has it.
    """

    def __init__(self, path):
        self.path = path
        self.is_taken = False
        self._descriptor = None

    def take(self):
        """Takes the lock, if this object does not have it yet.

        Raises:
            BlockingIOError: if a process has it; the message names it.
        """
        if self.is_taken:
            return
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise BlockingIOError(
                    f"{self.path.parent} is in use: {self._holder()} trains "
                    "in it. Wait for it, stop it, or choose another: "
                    "--run-folder FOLDER."
                ) from None
            print(
                f"warning: {self.path.parent} is on a file system without "
                f"locks ({error.strerror}), so nothing keeps a second run out."
            )
            self.is_taken = True
            return
        self.is_taken = True
        self._descriptor = descriptor
        os.truncate(descriptor, 0)
        holder = {"pid": os.getpid(), "host": platform.node()}
        os.write(descriptor, json.dumps(holder).encode())

    def close(self):
        """Gives the lock back."""
        if self._descriptor is not None:
            os.truncate(self._descriptor, 0)
            os.close(self._descriptor)
        self._descriptor = None
        self.is_taken = False

    def _holder(self):
        try:
            holder = json.loads(self.path.read_text())
            return f"process {holder['pid']} on {holder['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
