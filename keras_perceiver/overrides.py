"""Overrides of a preset, as words of a command line."""

import ast

from keras_perceiver import errors

# As JSON has them, beside Python's own words.
_WORDS = {"true": True, "false": False, "null": None}


def read_overrides(preset_name, texts, known):
    """Reads overrides of a preset from a command line.

    Args:
        preset_name: the preset, for messages.
        texts: such as `["num_latents=128", "image_shape=64,64,3"]`.
        known: the arguments that can be overridden, with published values.

    Returns:
        A dictionary of values.

    Raises:
        ValueError: if a text is no assignment, its name is unknown or its
            value of another type.
    """
    overrides = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(
                "An override is written NAME=VALUE, such as num_latents=128. "
                f"Received: {text!r}"
            )
        if name not in known:
            raise errors.unknown(
                f"override of preset {preset_name!r}:", name, known
            )
        overrides[name] = _value(name, value, known[name])
    return overrides


def _value(name, text, published):
    if name == "dtype":
        return text
    value = _literal(text)
    wanted = int if published is None else type(published)
    fits = type(value) is wanted or (wanted is float and type(value) is int)
    if value is None or fits or (published is None and type(value) is tuple):
        return value
    raise ValueError(
        f"{name} takes a value of type {wanted.__name__}. Received: {text!r}"
    )


def _literal(text):
    if text in _WORDS:
        return _WORDS[text]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return tuple(value) if isinstance(value, list) else value
