"""A trial's model as code to paste."""

from keras_perceiver import errors
from keras_perceiver.models.presets import check_overrides
from keras_perceiver.models.presets import find_preset


def differences(preset_name, arguments):
    """Returns the arguments that are not as published.

    Args:
        preset_name: a name in `keras_perceiver.presets()`.
        arguments: overrides, from JSON, which has lists for tuples.

    Raises:
        ValueError: if the preset or an argument is unknown.
    """
    published = find_preset(preset_name).arguments
    check_overrides(preset_name, arguments, published)
    plain = {name: _tuples(value) for name, value in arguments.items()}
    return {
        name: value
        for name, value in plain.items()
        # False equals 0, but says something else.
        if value != published[name]
        or isinstance(value, bool) != isinstance(published[name], bool)
    }


def call(preset_name, arguments):
    """Returns the call of `from_preset` that builds a model, as code."""
    changed = differences(preset_name, arguments)
    if not changed:
        return f'keras_perceiver.from_preset("{preset_name}")'
    lines = [f"    {name}={value!r},\n" for name, value in changed.items()]
    return (
        f'keras_perceiver.from_preset(\n    "{preset_name}",\n{"".join(lines)})'
    )


def preset_code(preset_name, record, title):
    """Returns a Python file that builds the model of a trial.

    Args:
        preset_name: the preset that the search began from.
        record: a line of `trials.jsonl`.
        title: what the trial is, in one line.
    """
    rate = record["learning_rate"]
    chosen = "" if rate is None else f"# Learning rate: {rate:.4g}\n"
    return (
        f"# {errors.printable(title)}\n{chosen}"
        "import keras_perceiver\n\n"
        f"model = {call(preset_name, record['arguments'])}\n"
    )


def _tuples(value):
    if isinstance(value, list | tuple):
        return tuple(_tuples(element) for element in value)
    return value
