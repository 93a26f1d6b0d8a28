"""Files that others made: what is checked before any of it is read."""

import pathlib
import stat

from keras_perceiver import files


def open_regular(path, max_bytes):
    """Opens a file for reading, or says why it is none that can be read.

    Links are followed, since the caches of Hugging Face are made of them.

    Args:
        path: the file.
        max_bytes: the largest size that is accepted.

    Raises:
        FileNotFoundError: if it does not exist.
        OSError: if it is not a regular file.
        ValueError: if it is empty or larger than `max_bytes`.
    """
    path = pathlib.Path(path)
    link = f" (a link to {path.readlink()})" if path.is_symlink() else ""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}{link} does not exist.") from None
    if not stat.S_ISREG(status.st_mode):
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "device or pipe"
        raise OSError(f"{path}{link} is a {kind}. Wanted: a file.")
    if status.st_size == 0:
        raise ValueError(
            f"{path}{link} is empty. It may be cut off: copy it again."
        )
    if status.st_size > max_bytes:
        raise ValueError(
            f"{path}{link} has {status.st_size:,} bytes. Received: max_bytes="
            f"{max_bytes:,}. Pass a larger max_bytes if the file is what you "
            "want; the largest published one has about 0.8 GB."
        )
    return path.open("rb")


def refuse_what_is_no_checkpoint(file, path):
    """Recognises what is often found where weights should be.

    Args:
        file: the open file; it is read from its start and set back.
        path: its name, for messages.

    Raises:
        ValueError: for a Git LFS pointer, a web page, a zip or a safetensors
            file.
    """
    start = file.read(64).lstrip()
    file.seek(0)
    if start.startswith(b"version https://git-lfs"):
        raise ValueError(
            f"{path} is a Git LFS pointer and not the weights themselves. Run "
            "`git lfs pull` in its repository."
        )
    if start[:9].lower() in (b"<!doctype", b"<html>") or start[:1] == b"<":
        raise ValueError(
            f"{path} is a web page, perhaps the answer of a failed download."
        )
    if start.startswith(b"PK") or pathlib.Path(path).suffix == ".safetensors":
        raise ValueError(
            f"{path} is a file of a Hugging Face model. Pass the folder that "
            "holds it and its config.json."
        )


def check_sha256(path, expected):
    """Compares a file with its pinned SHA-256.

    Raises:
        ValueError: if they differ, or `expected` is no SHA-256.
    """
    expected = checked_sha256(expected)
    digest = files.sha256(path)
    if digest != expected:
        raise ValueError(
            f"{path} is not the file that was wanted. Received: sha256 "
            f"{digest}. Wanted: sha256 {expected}."
        )


def checked_sha256(text):
    """Returns a SHA-256 in lower case, or says that it is none."""
    text = str(text).strip().lower()
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ValueError(
            f"A SHA-256 has 64 hexadecimal digits. Received: sha256={text!r}"
        )
    return text
