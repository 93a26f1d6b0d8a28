"""Files that are whole or absent: every write is a rename."""

import contextlib
import csv
import fcntl
import hashlib
import io
import json
import os
import pathlib
import tempfile

import safetensors.numpy


@contextlib.contextmanager
def replacing(path):
    """Yields a path beside `path`; what is written there takes its place.

    If the block raises, `path` stays as it was.

    Args:
        path: the file to write or replace.
    """
    path = pathlib.Path(path)
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix
    )
    os.close(handle)
    try:
        yield pathlib.Path(temporary)
        # mkstemp is for secrets; what is written here is for the user.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(path):
    """Lets one process at a time into the block.

    Args:
        path: of what the block reads and replaces. The lock is a file beside
            it, since it is replaced itself.
    """
    path = pathlib.Path(path)
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sha256(path):
    """Returns the SHA-256 of a file's content, in hexadecimal digits."""
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_text(path, text):
    """Writes a text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text)


def write_bytes(path, content):
    """Writes a binary file atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path, content):
    """Writes JSON atomically, indented for people."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_tensors(path, tensors, metadata=None):
    """Writes a safetensors file atomically.

    Args:
        path: the file.
        tensors: numpy arrays by name.
        metadata: strings by name, kept in the file's head.
    """
    with replacing(path) as temporary:
        safetensors.numpy.save_file(tensors, temporary, metadata=metadata)


def write_csv(path, columns, rows):
    """Writes a table atomically.

    Args:
        path: the file.
        columns: names, for its first line.
        rows: lists of as many values.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_csv(path, reader=csv.reader):
    """Returns the rows of somebody else's table.

    Args:
        path: the file, UTF-8.
        reader: `csv.reader` or `csv.DictReader`.

    Raises:
        ValueError: if it is no CSV file in UTF-8.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as content:
            return list(reader(content, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{path} is no CSV file in UTF-8: {error}. Save it as one."
        ) from None
