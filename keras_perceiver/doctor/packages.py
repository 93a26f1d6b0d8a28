"""Versions, and the packages of every extra."""

import importlib.metadata
import platform

import keras_perceiver
from keras_perceiver.doctor.finding import Finding
from keras_perceiver.doctor.requirements import fits
from keras_perceiver.doctor.requirements import installed_version
from keras_perceiver.doctor.requirements import requirements_of

DISTRIBUTION = "keras-perceiver"
# For work on the library, not with it.
_OF_DEVELOPERS = {"dev", "docs", "parity", "test"}
# A part of its own tells what tensorflow-io needs.
_TOLD_ELSEWHERE = {"io"}
_MOST_NAMED = 4


def versions():
    """Yields what Python is, and whether what everybody needs is there."""
    yield Finding("python", platform.python_version())
    yield Finding("keras-perceiver", keras_perceiver.__version__)
    required = list(requirements_of(DISTRIBUTION))
    if not required:
        yield Finding(
            "installation",
            "none that pip knows of: this is a clone on Python's path, and "
            "what it needs cannot be compared",
            "pip install --editable . (in the clone)",
        )
    for requirement in required:
        yield _required(requirement)


def extras():
    """Yields for each extra whether its packages are there."""
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return
    for extra in sorted(metadata.get_all("Provides-Extra") or []):
        if extra not in _OF_DEVELOPERS | _TOLD_ELSEWHERE:
            yield _extra(extra)


def _required(requirement):
    version = installed_version(requirement)
    cure = f"pip install '{requirement.name}{requirement.specifier}'"
    if version is None:
        return Finding(requirement.name, "missing", cure, is_problem=True)
    if not fits(requirement, version):
        words = f"{version}, which is not {requirement.specifier}"
        return Finding(requirement.name, words, cure, is_problem=True)
    return Finding(requirement.name, version)


def _extra(extra):
    found, missing, unfit = [], [], []
    for requirement in requirements_of(DISTRIBUTION, extra):
        version = installed_version(requirement)
        if requirement.name == DISTRIBUTION:
            continue
        if version is None:
            missing.append(requirement.name)
        elif fits(requirement, version):
            found.append(f"{requirement.name} {version}")
        else:
            wanted = f"{requirement.name}{requirement.specifier}"
            unfit.append(f"{requirement.name} {version}, wanted {wanted}")
    cure = f"pip install '{DISTRIBUTION}[{extra}]'"
    if unfit:
        return Finding(extra, "; ".join(unfit), cure, is_problem=True)
    if missing:
        return Finding(extra, f"missing: {_listing(missing)}", cure)
    return Finding(extra, _listing(found))


def _listing(names):
    names = list(dict.fromkeys(names))
    words = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{words} and {more} more" if more > 0 else words
