"""A recipe's settings by their keys: `--training.batch-size 8`.

A key is the path of a setting in the configuration, with dashes or
underscores. Below a model, every key but `preset` is an argument of the
preset's builder: only their names and types need Keras.
"""

import dataclasses
import functools
import operator
import types
import typing

from recipes.setting_types import accepts
from recipes.setting_types import from_text
from recipes.setting_types import wanted
from recipes.settings import ModelSettings
from recipes.settings import key_of
from recipes.settings import leaves
from recipes.settings import published

# What an argument may be if neither preset nor builder has a value for it.
_ANYTHING = int | float | tuple[int, ...] | str | None


def parse_assignments(arguments):
    """Reads the words that `argparse` did not know.

    Args:
        arguments: words such as `--training.steps 5`, `--training.steps=5`
            or `--training.jit-compile`. A value that begins with two dashes
            needs the form with `=`.

    Returns:
        A list of `(key, text)` for `assign`; the text is None where nothing
        follows the key.

    Raises:
        ValueError: if a word is neither a setting nor the value of one.
    """
    assignments = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        key, equals, text = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not key:
            raise ValueError(
                f"Stray word {word!r}. Settings are written --GROUP.NAME VALUE "
                "or --GROUP.NAME=VALUE; quote a value that has spaces."
            )
        if not equals:
            follows = words and not words[0].startswith("--")
            text = words.pop(0) if follows else None
        assignments.append((key, text))
    return assignments


def assign(configuration, assignments):
    """Returns a configuration with other values.

    Presets are set before their overrides, whatever the order. An override
    that says what the preset says anyway is not kept, nor is one of the
    configuration that a newly set preset has no argument for.

    Args:
        configuration: a configuration.
        assignments: a list of `(key, text)`, as from `parse_assignments`. The
            name of a group stands for its setting `source`, if it has one.
            The text None stands for true.

    Returns:
        A new configuration of the same class.

    Raises:
        ValueError: if a setting is unknown (the message names the nearest),
            is set twice or does not take its text.
    """
    texts = {}
    for key, text in assignments:
        path = _path(configuration, key)
        if path in texts:
            raise ValueError(
                f"{_flag(path)} is set twice. "
                f"Received: {_quoted(texts[path])} and {_quoted(text)}"
            )
        texts[path] = text
    # False sorts first, and equals keep their order.
    for path in sorted(texts, key=lambda path: path[-1] != "preset"):
        value = _value(configuration, path, texts[path])
        configuration = _replaced(configuration, path, value)
    return configuration


def _path(configuration, key):
    """Returns the path of a key, checked but for the names of overrides."""
    path = tuple(key.replace("-", "_").split("."))
    group = configuration
    for depth, name in enumerate(path, 1):
        if isinstance(group, ModelSettings) and depth == len(path):
            return path
        if name not in _fields(group):
            raise _unknown(configuration, path)
        group = getattr(group, name)
    if "source" in _fields(group):
        return (*path, "source")
    if _fields(group):
        first, _, _ = next(leaves(group, path))
        raise ValueError(
            f"{_flag(path)} is a group of settings. "
            f"Name one of them, such as {_flag(first)}"
        )
    return path


def _value(configuration, path, text):
    """Returns the value that a text stands for in the setting at a path."""
    group = functools.reduce(getattr, path[:-1], configuration)
    if _is_override(group, path[-1]):
        hint, choices = _argument_type(group.preset, path[-1]), None
    else:
        hint = typing.get_type_hints(type(group))[path[-1]]
        choices = _fields(group)[path[-1]].metadata.get("choices")
    if hint is None:
        raise _unknown(configuration, path)
    try:
        value = from_text(text, hint)
        taken = accepts(value, hint, choices)
    except ValueError:
        taken = False
    if not taken:
        raise ValueError(
            f"{_flag(path)} takes {wanted(hint, choices)}. "
            f"Received: {_quoted(text)}"
        )
    return value


def _replaced(group, path, value):
    """Returns a group with another value at a path."""
    name, *rest = path
    if rest:
        value = _replaced(getattr(group, name), rest, value)
    elif _is_override(group, name):
        overrides = {**group.overrides, name: value}
        if value == published(group.preset)[name]:
            del overrides[name]
        name, value = "overrides", overrides
    elif isinstance(group, ModelSettings):
        known = published(value)
        overrides = {
            key: number
            for key, number in group.overrides.items()
            if key in known and known[key] != number
        }
        return ModelSettings(value, overrides)
    return dataclasses.replace(group, **{name: value})


def _argument_type(preset, name):
    """Returns the type of a preset's argument, or None if it has none such."""
    # Here, because it imports Keras.
    from keras_perceiver.models.presets import find_preset

    found = find_preset(preset)
    sources = found.settings, found.defaults
    values = [source[name] for source in sources if name in source]
    if not values:
        return None
    kind = functools.reduce(operator.or_, map(_type_of, values))
    return _ANYTHING if kind is types.NoneType else kind


def _type_of(value):
    if isinstance(value, tuple):
        return tuple[_type_of(value[0]) if value else int, ...]
    return type(value)


def _unknown(configuration, path):
    # Here, because it imports Keras.
    from keras_perceiver.errors import did_you_mean

    flags = set()
    for leaf, value, _ in leaves(configuration):
        flags.add(_flag(leaf))
        group = functools.reduce(getattr, leaf[:-1], configuration)
        if isinstance(group, ModelSettings) and leaf[-1] == "preset":
            names = published(value)
            flags.update(_flag((*leaf[:-1], name)) for name in names)
    # Flags need no quotes.
    nearest = did_you_mean(_flag(path), flags).replace("'", "")
    return ValueError(f"Unknown setting {_flag(path)}{nearest}")


def _is_override(group, name):
    return isinstance(group, ModelSettings) and name != "preset"


def _fields(value):
    """Returns a group's fields by name; a setting's value has none."""
    if not dataclasses.is_dataclass(value):
        return {}
    return {field.name: field for field in dataclasses.fields(value)}


def _flag(path):
    return f"--{key_of(path)}"


def _quoted(text):
    return "nothing" if text is None else repr(text)
