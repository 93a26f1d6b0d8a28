"""Settings as lines for people, and those in which two runs differ."""

import functools

from recipes.setting_types import as_text
from recipes.setting_types import wanted
from recipes.settings import key_of
from recipes.settings import leaves
from recipes.settings import published


def describe(configuration):
    """Returns every setting as a list of `(flag, value, help)`, all texts.

    Args:
        configuration: a configuration. Of its model's arguments, only the
            overrides that it holds are listed. The flag followed by the
            value is what sets the setting to that value.
    """
    lines = []
    for path, value, metadata in leaves(configuration):
        words = metadata.get("help", "")
        if metadata.get("choices"):
            words += f" ({wanted(str, metadata['choices'])})"
        lines.append((f"--{key_of(path)}", as_text(value), words))
    return lines


def differences(one, other):
    """Compares two configurations of one class, such as before a resume.

    Args:
        one: a configuration.
        other: another.

    Returns:
        A dictionary from the keys of the settings whose values differ, as in
        `flatten`, to `(value in one, value in other)`. For an override that
        only one holds, the other's value is its preset's, or None if its
        preset has no such argument.

    Raises:
        ValueError: if their classes differ.
    """
    if type(one) is not type(other):
        raise ValueError(
            "Only configurations of one class can be compared. "
            f"Received: {type(one).__name__} and {type(other).__name__}"
        )
    ours = {path: value for path, value, _ in leaves(one)}
    theirs = {path: value for path, value, _ in leaves(other)}
    differing = {}
    for path in {**ours, **theirs}:
        # Only an override can be in one and not in the other.
        old = ours[path] if path in ours else _elsewhere(one, path)
        new = theirs[path] if path in theirs else _elsewhere(other, path)
        if old != new:
            differing[key_of(path)] = (old, new)
    return differing


def _elsewhere(configuration, path):
    model = functools.reduce(getattr, path[:-1], configuration)
    return published(model.preset).get(path[-1])
