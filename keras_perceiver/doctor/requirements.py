"""What pip knows of a distribution: what it asks for, and what is there."""

import contextlib
import importlib.metadata

# Keras and TensorFlow both bring it.
from packaging.requirements import Requirement


def requirements_of(distribution, extra=""):
    """Yields what an installed distribution asks for.

    Args:
        distribution: its name, as pip has it.
        extra: one of its extras, whose own requirements are wanted; "" for
            those that it always has.

    Yields:
        `Requirement`s, and behind each that names extras itself, theirs. None
        where the distribution is not installed.
    """
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for text in importlib.metadata.requires(distribution) or []:
            requirement = Requirement(text)
            if not _is_of(requirement.marker, extra):
                continue
            yield requirement
            for inner in sorted(requirement.extras):
                yield from requirements_of(requirement.name, inner)


def installed_version(requirement):
    """Returns the version that is installed, None where there is none."""
    try:
        return importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return None


def fits(requirement, version):
    """Whether a version is one that a requirement takes."""
    return requirement.specifier.contains(version, prereleases=True)


def _is_of(marker, extra):
    always = marker is None or marker.evaluate({"extra": ""})
    if not extra:
        return always
    return not always and marker.evaluate({"extra": extra})
