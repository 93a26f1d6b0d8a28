"""What a recipe can be told: groups of settings, as JSON and back.

A configuration is a frozen dataclass whose fields are settings, or groups of
settings, which are frozen dataclasses again. `recipes.assignments` changes
one from the command line. Keras is imported where an answer needs it, not
before, so that `--help` and mistakes are answered at once.
"""

import dataclasses
import math
import types
import typing

from recipes.setting_types import accepts
from recipes.setting_types import wanted

# What `--data` says for what a recipe makes itself.
GENERATED = "generated"


def setting(default=dataclasses.MISSING, *, help, choices=None):  # noqa: A002
    """Returns a dataclass field that explains itself in listings.

    Args:
        default: its value where none is given; without it, one must be.
        help: one line on what it does.
        choices: the only values it takes, or None for any of its type.
    """
    metadata = {"help": help, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ModelSettings:
    """Which model: a published one, and what differs from it.

    Attributes:
        preset: a name in `keras_perceiver.presets()`.
        overrides: the preset's builder arguments that differ from the
            published numbers.
    """

    preset: str = setting(
        help="published model; --model.ARGUMENT replaces any of its numbers"
    )
    overrides: dict[str, object] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """How weights are updated; each field says what it is."""

    learning_rate: float = setting(help="highest rate of the schedule")
    weight_decay: float = setting(
        0.01, help="weight decay, inside the trust ratio"
    )
    warmup_steps: int = setting(0, help="steps until the highest rate")
    flat_steps: int = setting(
        0, help="steps at the highest rate, before a cosine brings it to 0"
    )
    drop_steps: tuple[int, ...] | None = setting(
        None,
        help="steps behind each of which the rate is a tenth, in place of "
        "warm-up and cosine; none: these",
    )
    gradient_clip: float | None = setting(
        None, help="largest global norm of the gradients; none: any"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How long, on what and how exactly; each field says what it is."""

    steps: int = setting(help="updates of the weights in all")
    batch_size: int = setting(help="examples an update, over all devices")
    evaluate_every: int = setting(help="steps between two evaluations")
    evaluation_examples: int | None = setting(
        None, help="examples an evaluation; none: all"
    )
    checkpoint_every: int | None = setting(
        None, help="steps between more checkpoints; none: at evaluations only"
    )
    keep_checkpoints: int = setting(
        2, help="newest checkpoints that are kept, besides the best"
    )
    seed: int = setting(0, help="seed of weights, data and dropout")
    precision: str = setting(
        "float32",
        help="dtype policy",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    strategy: str = setting(
        "none",
        help="how devices share a batch",
        choices=("none", "mirrored", "multiworker", "tpu"),
    )
    accumulate: int = setting(
        1, help="parts that each device takes its share of a batch in"
    )
    jit_compile: bool = setting(False, help="compile each step with XLA")
    deterministic: bool = setting(
        False, help="the same bits on every run, more slowly"
    )
    lora_rank: int | None = setting(
        None,
        help="rank of low-rank factors that are trained beside the frozen "
        "weights of --from; none: all weights are trained",
    )
    adversarial_strength: float | None = setting(
        None,
        help="strength of an attack on each batch of training, in what "
        "`evaluate --robustness` says; none: no attack",
    )


def flatten(configuration):
    """Returns every setting by its key, such as `training.batch-size`.

    Args:
        configuration: a configuration. The overrides that its model holds
            are settings like any other.
    """
    return {key_of(path): value for path, value, _ in leaves(configuration)}


def published(preset):
    """Returns a preset's arguments as published, defaults included.

    Args:
        preset: its name.

    Raises:
        ValueError: if there is no such preset; the message names the nearest.
    """
    # Here, because it imports Keras.
    from keras_perceiver.models.presets import find_preset

    return find_preset(preset).arguments


def resolved(model):
    """Returns all builder arguments of a `ModelSettings`, overrides in."""
    return {**published(model.preset), **model.overrides}


def leaves(configuration, path=()):
    """Yields every setting as `(path, value, metadata)`.

    Args:
        configuration: a configuration or a group of it.
        path: the names of the groups around it.
    """
    for field in dataclasses.fields(configuration):
        value = getattr(configuration, field.name)
        if isinstance(configuration, ModelSettings) and field.name != "preset":
            metadata = {"help": "instead of the published value"}
            for name, override in value.items():
                yield (*path, name), override, metadata
        elif dataclasses.is_dataclass(value):
            yield from leaves(value, (*path, field.name))
        else:
            yield (*path, field.name), value, field.metadata


def key_of(path):
    """Returns a path as users write it, such as `training.batch-size`."""
    return ".".join(path).replace("_", "-")


def as_dict(configuration):
    """Returns a configuration as nested dictionaries, ready for JSON.

    Args:
        configuration: a configuration or a group of it. Tuples become lists.

    Returns:
        A dictionary of the fields by name, which `from_dict` reads.

    Raises:
        ValueError: if JSON could not bring a value back as it was.
    """
    return _group_as_dict(configuration, ())


def _group_as_dict(group, path):
    dictionary = {}
    for field in dataclasses.fields(group):
        value = getattr(group, field.name)
        inner = dataclasses.is_dataclass(value)
        write = _group_as_dict if inner else _json_ready
        dictionary[field.name] = write(value, (*path, field.name))
    return dictionary


def _json_ready(value, path):
    if type(value) is dict and all(type(key) is str for key in value):
        return {
            key: _json_ready(item, (*path, key)) for key, item in value.items()
        }
    if type(value) is tuple:
        return [_json_ready(item, path) for item in value]
    # Lists would come back as tuples, and NaN and infinity are not JSON.
    if type(value) not in (int, float, bool, str, types.NoneType) or (
        type(value) is float and not math.isfinite(value)
    ):
        raise ValueError(
            f"{_named(path)} cannot be written as JSON. Received: {value!r}"
        )
    return value


def from_dict(configuration_class, dictionary):
    """Returns the configuration that `as_dict` wrote down.

    Args:
        configuration_class: the configuration's class.
        dictionary: what `as_dict` gave, directly or by way of JSON, maybe
            before there were all of today's settings: what is not in it is
            as its default says.

    Returns:
        An instance of the class. Overrides of a preset are as they were
        written: they are checked when the model is built.

    Raises:
        ValueError: if a setting is unknown (the message names the nearest),
            missing without a default, or of the wrong type.
    """
    return _restored(dictionary, configuration_class, None, ())


def _restored(value, hint, choices, path):
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _restored_group(value, hint, path)
    value = _with_tuples(value)
    if not accepts(value, hint, choices):
        raise ValueError(
            f"{_named(path)} takes {wanted(hint, choices)}. Received: {value!r}"
        )
    return value


def _restored_group(dictionary, group, path):
    fields = {field.name: field for field in dataclasses.fields(group)}
    for name in dictionary:
        if name not in fields:
            # Here, because it imports Keras.
            from keras_perceiver import errors

            valid = [".".join((*path, field)) for field in fields]
            raise errors.unknown("setting", ".".join((*path, name)), valid)
    hints = typing.get_type_hints(group)
    values = {}
    for name, field in fields.items():
        inner = (*path, name)
        choices = field.metadata.get("choices")
        if name not in dictionary and _has_default(field):
            continue
        if name not in dictionary:
            words = wanted(hints[name], choices)
            raise ValueError(f"{_named(inner)} is missing. It takes {words}.")
        values[name] = _restored(dictionary[name], hints[name], choices, inner)
    return group(**values)


def _has_default(field):
    missing = dataclasses.MISSING
    return (field.default, field.default_factory) != (missing, missing)


def _with_tuples(value):
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def _named(path):
    return f"Setting {'.'.join(path)!r}" if path else "A configuration"
