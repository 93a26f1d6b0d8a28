"""The model whose numbers are searched: a preset, or one's own."""

import dataclasses
from collections.abc import Callable

from keras_perceiver.cost import cost
from keras_perceiver.models.presets import find_preset
from keras_perceiver.models.presets import from_preset


@dataclasses.dataclass(frozen=True)
class Template:
    """How a model is built of numbers, and what it costs before it is.

    Attributes:
        name: for people and reports.
        arguments: every number that can be chosen, with the value that the
            search begins with.
        build: from arguments by name to a `keras.Model`.
        measure: from arguments by name to `params`, `flops` and `memory`, as
            far as they are known; raises `ValueError` for what cannot be
            built. No model is built.
        preset: the preset's name, or None.
        overrides: what differs from the preset before any choice; all
            arguments where there is no preset.
    """

    name: str
    arguments: dict
    build: Callable
    measure: Callable
    preset: str | None = None
    overrides: dict = dataclasses.field(default_factory=dict)


def preset_template(preset, overrides=None, *, batch=1, dtype=None):
    """A published model, or one like it.

    Args:
        preset: a name in `keras_perceiver.presets()`.
        overrides: what differs from the published numbers.
        batch: examples in a training step, which memory grows with.
        dtype: dtype policy; None takes Keras's global one.

    Returns:
        A `Template`.
    """
    overrides = dict(overrides or {})
    kept = dict(overrides)
    if dtype is not None:
        kept["dtype"] = dtype

    def build(**choices):
        return from_preset(preset, **{**kept, **choices})

    def measure(**choices):
        told = cost(preset, batch=batch, **{**kept, **choices})
        return {
            "params": told.parameters,
            "flops": told.flops,
            "memory": told.peak_training_bytes,
        }

    return Template(
        name=preset,
        arguments={**find_preset(preset).arguments, **overrides},
        build=build,
        measure=measure,
        preset=preset,
        overrides=overrides,
    )


def own_template(build, arguments, measure=None, name="model"):
    """One's own model.

    Args:
        build: from arguments by name to a `keras.Model`.
        arguments: these, with the values that the search begins with.
        measure: from arguments to what it costs: a dictionary with `params`,
            `flops` or `memory`. None: only latency can be a limit.
        name: for people and reports.

    Returns:
        A `Template`.
    """
    return Template(
        name=name,
        arguments=dict(arguments),
        build=build,
        measure=measure or (lambda **choices: {}),
        overrides=dict(arguments),
    )
