"""How much memory the machine has."""

import pathlib

_INFORMATION = pathlib.Path("/proc/meminfo")


def host_memory():
    """Returns bytes in all and bytes that are free to take.

    Both are None where Linux does not tell.
    """
    try:
        lines = _INFORMATION.read_text().splitlines()
    except OSError:
        return None, None
    sizes = dict(line.split(":") for line in lines)
    return tuple(
        1024 * int(sizes[name].split()[0])
        for name in ("MemTotal", "MemAvailable")
    )
