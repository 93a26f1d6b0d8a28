"""Where the chief of a search listens, and which machine that is."""

import dataclasses
import ipaddress
import json
import pathlib
import socket
import time

from keras_perceiver import files
from keras_perceiver.training import cluster

# Not chief.json, which KerasTuner would take for its own.
FILE = "chief_address.json"
WAIT_SECONDS = 300
FOLDER_SECONDS = 60
SECONDS_BETWEEN_LINES = 30
_LOOPBACK = "127.0.0.1"
_TRY_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class ChiefAddress:
    """Where workers meet their chief.

    Attributes:
        host: as gRPC takes it, an IPv6 address in brackets.
        port: on which it listens.
        is_here: whether this machine runs the chief.
        is_shared: whether workers of other machines may come.
    """

    host: str
    port: int
    is_here: bool
    is_shared: bool

    def __str__(self):
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self):
        """Whether only processes of this machine reach it."""
        return all(
            ipaddress.ip_address(address[0]).is_loopback
            for *_, address in socket.getaddrinfo(self.host.strip("[]"), 0)
        )

    def answers(self):
        """Whether somebody listens there now."""
        address = (self.host.strip("[]"), self.port)
        try:
            socket.create_connection(address, _TRY_SECONDS).close()
        except OSError:
            return False
        return True


def choose_address(chief):
    """Returns where the chief listens.

    Args:
        chief: `HOST:PORT`, the same on all machines: the one that HOST names
            runs the chief. None: this machine, which no other reaches.

    Raises:
        ValueError: if that is no address, or its port is taken here.
    """
    if chief is None:
        # gRPC lets others take the port too; what is free now stays so for
        # the moment that it needs.
        with socket.create_server((_LOOPBACK, 0)) as server:
            port = server.getsockname()[1]
        return ChiefAddress(_LOOPBACK, port, is_here=True, is_shared=False)
    host, port = _host_and_port(chief)
    is_here = cluster.is_this_machine(host)
    if is_here:
        _check_free(host, port)
    host = f"[{host}]" if ":" in host else host
    return ChiefAddress(host, port, is_here, is_shared=True)


def is_elsewhere(chief):
    """Whether another machine runs the chief.

    Args:
        chief: `HOST:PORT`, or None.
    """
    return chief is not None and not cluster.is_this_machine(
        _host_and_port(chief)[0]
    )


def _host_and_port(chief):
    """Reads an address as those of workers that train together are read."""
    return cluster.Cluster((chief,), 0, "--chief").host_and_port


def _check_free(host, port):
    """Raises `ValueError` for a taken port, which gRPC would share."""
    family = socket.getaddrinfo(host, port)[0][0]
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise ValueError(
            f"Port {port} of {host} is taken ({error.strerror}). Is another "
            "search using it? Name another port for all machines: "
            "--chief HOST:PORT."
        ) from None


def warning_about(address):
    """Returns what has to be said of an address, or None.

    Args:
        address: a `ChiefAddress`.
    """
    if not address.is_here or address.is_loopback:
        return None
    return (
        f"warning: KerasTuner's chief listens at {address} without "
        "authentication or encryption: whoever reaches this port can read "
        "and change the search. Use a private network."
    )


def announce(address, folder):
    """Leaves a mark in the folder, for machines that should share it."""
    files.write_json(pathlib.Path(folder) / FILE, {"address": str(address)})


def wait_for_chief(address, folder, say):
    """Returns once the chief of another machine answers.

    Args:
        address: its `ChiefAddress`.
        folder: of the search, which both machines see.
        say: called with lines for people.

    Raises:
        TimeoutError: if it does not answer.
        ValueError: if its folder is not this machine's.
    """
    began = said = time.monotonic()
    while not address.answers():
        now = time.monotonic()
        if now - began > WAIT_SECONDS:
            raise TimeoutError(
                f"No chief answers at {address} after {WAIT_SECONDS} s. Start "
                "the search on that machine too, and see that its name "
                "resolves here, that it is no loopback address there, and "
                "that its port is open."
            )
        if now - said > SECONDS_BETWEEN_LINES:
            said = now
            say(f"waiting for the chief at {address} ...")
        time.sleep(0.5)
    _check_shared(address, pathlib.Path(folder))


def _check_shared(address, folder):
    # A network's file system may show a file some seconds late.
    deadline = time.monotonic() + FOLDER_SECONDS
    while not _is_announced(address, folder):
        if time.monotonic() > deadline:
            raise ValueError(
                f"{folder} is not the folder of the chief at {address}: all "
                "machines write their trials into one. Name a folder that "
                "they share, by the same path."
            )
        time.sleep(0.5)


def _is_announced(address, folder):
    try:
        announced = json.loads((folder / FILE).read_text())["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return announced == str(address)
