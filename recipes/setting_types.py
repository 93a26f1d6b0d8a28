"""The types that a setting may have: numbers, truth, text, tuples, none.

A type is given as an annotation, such as `int`, `float | None` or
`tuple[int, int]`.
"""

import contextlib
import dataclasses
import decimal
import math
import types
import typing


def accepts(value, hint, choices=None):
    """Returns whether a setting takes a value as it is.

    Args:
        value: the value.
        hint: the setting's type.
        choices: the setting's choices, or None.
    """
    if choices is not None and value is not None and value not in choices:
        return False
    return any(_is_a(value, kind) for kind in alternatives(hint))


def wanted(hint, choices=None):
    """Returns what a setting takes, in words for a message.

    Args:
        hint: the setting's type.
        choices: the setting's choices, or None.
    """
    kinds = alternatives(hint)
    if choices is None:
        return " or ".join(map(_in_words, kinds))
    words = f"one of {', '.join(map(str, choices))}"
    return f"{words} or none" if types.NoneType in kinds else words


def from_text(text, hint):
    """Returns the value that a text on the command line stands for.

    Args:
        text: the text, or None where there is none, which stands for true.
        hint: the type of the value.

    Raises:
        ValueError: if the text stands for no value of that type.
    """
    # Text last: where none is allowed too, "none" is not text.
    kinds = sorted(alternatives(hint), key=lambda kind: kind is str)
    if text is None and bool in kinds:
        return True
    for kind in kinds:
        # Another kind may read what this one does not.
        with contextlib.suppress(ValueError):
            if text is not None:
                return _read(text, kind)
    raise ValueError(f"Wanted: {wanted(hint)}. Received: {text!r}")


def as_text(value):
    """Returns the text for which `from_text` gives the value."""
    if isinstance(value, tuple):
        return ",".join(map(as_text, value))
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return str(value)


def alternatives(hint):
    """Returns the types that a type such as `int | None` allows."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return typing.get_args(hint)
    return (hint,)


def _element_types(kind, count):
    elements = typing.get_args(kind)
    return elements[:1] * count if elements[-1] is Ellipsis else elements


def _is_a(value, kind):
    if typing.get_origin(kind) is tuple and type(value) is tuple:
        elements = _element_types(kind, len(value))
        return len(elements) == len(value) and all(map(_is_a, value, elements))
    if kind is float:
        return type(value) in (float, int)
    # Not `isinstance`, to which True is a whole number.
    return type(value) is (typing.get_origin(kind) or kind)


_SINGULARS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "a dictionary",
    types.NoneType: "none",
}
_PLURALS = {int: "whole numbers", float: "numbers"}


def _in_words(kind):
    if dataclasses.is_dataclass(kind):
        return "a group of settings"
    if typing.get_origin(kind) is tuple:
        elements = typing.get_args(kind)
        count = "" if elements[-1] is Ellipsis else f"{len(elements)} "
        words = _PLURALS.get(elements[0], "values")
        return f"{count}{words} separated by commas"
    return _SINGULARS.get(typing.get_origin(kind) or kind, str(kind))


def _read(text, kind):
    if typing.get_origin(kind) is tuple:
        parts = text.split(",")
        elements = _element_types(kind, len(parts))
        pairs = zip(parts, elements, strict=True)
        return tuple(_read(part, element) for part, element in pairs)
    if kind not in _READERS:
        raise ValueError(f"No text stands for {_in_words(kind)}.")
    return _READERS[kind](text)


def _number(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"Not finite: {text!r}")
    return number


def _whole_number(text):
    # First as a float, which bounds the exponent; then exactly.
    _number(text)
    exact = decimal.Decimal(text)
    if exact != int(exact):
        raise ValueError(f"Not whole: {text!r}")
    return int(exact)


def _one_of(words):
    def read(text):
        if text.lower() not in words:
            raise ValueError(f"Not a word for it: {text!r}")
        return words[text.lower()]

    return read


_READERS = {
    int: _whole_number,
    float: _number,
    bool: _one_of(
        dict.fromkeys(("true", "yes", "on", "1"), True)
        | dict.fromkeys(("false", "no", "off", "0"), False)
    ),
    str: str,
    types.NoneType: _one_of({"none": None}),
}
