"""Downloads of weights: pinned by their SHA-256, whole or not at all."""

import hashlib
import http.client
import os
import pathlib
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from keras_perceiver import files
from keras_perceiver.convert import local_files

_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 60
_SECONDS_BETWEEN_LINES = 10

_BUCKET = "https://storage.googleapis.com/perceiver_io/"
# DeepMind's released weights (CC BY 4.0), and the preset of each.
PUBLISHED = {
    f"{_BUCKET}language_perceiver_io_bytes.pickle": "language_bytes",
    f"{_BUCKET}imagenet_fourier_position_encoding.pystate": "imagenet_fourier",
    f"{_BUCKET}imagenet_learned_position_encoding.pystate": "imagenet_learned",
    f"{_BUCKET}imagenet_conv_preprocessing.pystate": "imagenet_conv",
    f"{_BUCKET}optical_flow_checkpoint.pystate": "optical_flow",
    f"{_BUCKET}video_autoencoding_checkpoint.pystate": "kinetics_autoencoder",
}


def cache_folder():
    """Where downloads are kept: `$KERAS_PERCEIVER_CACHE`, or the usual."""
    if os.environ.get("KERAS_PERCEIVER_CACHE"):
        return pathlib.Path(os.environ["KERAS_PERCEIVER_CACHE"])
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "keras_perceiver"


def fetch(address, sha256, *, max_bytes):
    """Returns a file that was downloaded, now or before.

    Args:
        address: an https address.
        sha256: what the file has to have.
        max_bytes: the largest file that is downloaded.

    Returns:
        Its path in the cache, in a folder named by the hash.

    Raises:
        ValueError: if no hash is given, or the file has another one.
        OSError: if it cannot be downloaded.
    """
    if not sha256:
        raise ValueError(_how_to_pin(address))
    sha256 = local_files.checked_sha256(sha256)
    name = re.sub(
        r"[^\w.-]",
        "_",
        pathlib.PurePosixPath(urllib.parse.urlsplit(address).path).name,
    )
    path = cache_folder() / sha256 / (name.lstrip(".") or "weights")
    if path.exists():
        local_files.check_sha256(path, sha256)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as temporary:
        found = _download(address, temporary, max_bytes)
        if found != sha256:
            raise ValueError(
                f"{address} is not the file that was wanted; it was thrown "
                f"away. Received: sha256 {found}. Wanted: sha256 {sha256}."
            )
    return path


def _how_to_pin(address):
    return (
        f"{address} is only downloaded with its SHA-256 pinned, so that "
        "nobody can put another file in its place. Take the hash from whom "
        "you trust (Hugging Face shows it on the file's page), or download "
        'the file once and run `sha256sum FILE` or `python -c "import '
        "hashlib, sys; print(hashlib.file_digest(open(sys.argv[1], 'rb'), "
        "'sha256').hexdigest())\" FILE`; then pass sha256='...' "
        "(`--sha256`)."
    )


def _download(address, path, max_bytes):
    """Writes what is at an address to a file; returns its SHA-256."""
    digest, received = hashlib.sha256(), 0
    try:
        with _open(address) as response, path.open("wb") as file:
            total = _size(response)
            if (total or 0) > max_bytes:
                raise ValueError(_too_large(address, total, max_bytes))
            progress = _Progress(address, total)
            while chunk := response.read(_CHUNK):
                received += len(chunk)
                if received > max_bytes:
                    raise ValueError(_too_large(address, received, max_bytes))
                digest.update(chunk)
                file.write(chunk)
                progress.show(received)
            progress.close()
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise OSError(
            f"{address} could not be downloaded ({error}). Download it in "
            "another way and pass the file."
        ) from None
    if total is not None and received != total:
        raise OSError(
            f"{address} broke off after {received:,} of {total:,} bytes. Try "
            "again."
        )
    return digest.hexdigest()


def _size(response):
    size = response.headers.get("Content-Length", "")
    return int(size) if size.isdigit() else None


def _too_large(address, size, max_bytes):
    return (
        f"{address} has {size:,} bytes or more. Received: max_bytes="
        f"{max_bytes:,}. Pass a larger max_bytes if it is what you want."
    )


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects as long as they stay encrypted."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        _check_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_https(address):
    if urllib.parse.urlsplit(address).scheme != "https":
        raise urllib.error.URLError(f"{address} is no https address")


def _open(address):
    _check_https(address)
    opener = urllib.request.build_opener(_HttpsOnly)
    return opener.open(address, timeout=_TIMEOUT_SECONDS)


class _Progress:
    """Percent and time left on standard error, in one line on a terminal.

    Args:
        address: what is downloaded.
        total: its size in bytes, or None if the server does not say.
    """

    def __init__(self, address, total):
        self._name = address.rpartition("/")[2]
        self._total = total
        self._start = self._last = time.monotonic()
        self._wait = 0.2 if sys.stderr.isatty() else _SECONDS_BETWEEN_LINES
        self._end = "\r" if sys.stderr.isatty() else "\n"
        self._shown = False

    def show(self, received):
        now = time.monotonic()
        if now - self._last < self._wait:
            return
        self._last, self._shown = now, True
        text = f"{self._name}: {received / 1e6:,.0f} MB"
        if self._total:
            left = (now - self._start) * (self._total / received - 1)
            share = received / self._total
            text += f" of {self._total / 1e6:,.0f} MB, {share:.0%}"
            text += f", {left:,.0f} s left"
        print(f"{text}   ", end=self._end, file=sys.stderr, flush=True)

    def close(self):
        if self._shown and self._end == "\r":
            print(file=sys.stderr)
