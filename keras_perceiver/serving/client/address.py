"""Addresses of servers, checked before anything is sent."""

import urllib.parse


def split_address(address, schemes):
    """Returns an address in its parts.

    Args:
        address: such as `http://127.0.0.1:8501`.
        schemes: those that it may begin with.

    Returns:
        A `urllib.parse.SplitResult`, with `scheme`, `hostname`, `port` and
        `path`.

    Raises:
        ValueError: if it is none, or holds a name, a password, a query or a
            fragment.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        parts.port  # noqa: B018
    except ValueError as error:
        raise ValueError(f"An address cannot be read: {error}") from error
    # Never shown: it may hold a password.
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "An address holds no user, password, query or fragment. Received "
            f"one on {parts.hostname}."
        )
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(
            f"Wanted: an address such as {schemes[0]}://HOST:PORT, or with "
            f"{', '.join(schemes)}. Received: {address!r}"
        )
    return parts


def check_version(version, label):
    """Raises `ValueError` where a version and a label are both given."""
    if version is not None and label is not None:
        raise ValueError(
            "A model is asked by a version or by a label. Received: version "
            f"{version} and label {label!r}"
        )
