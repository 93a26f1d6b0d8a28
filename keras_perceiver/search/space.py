"""What a search may choose: how many latents, how wide, how deep."""

import dataclasses
import math
import random

from keras_perceiver import errors

LEARNING_RATE = "learning_rate"

# Of each argument's own number: smaller, as it is, larger.
_SHARES = {
    "num_latents": (1 / 4, 3 / 8, 1 / 2, 3 / 4, 1, 3 / 2),
    "latent_dim": (1 / 2, 5 / 8, 3 / 4, 1, 5 / 4, 3 / 2),
    "num_blocks": (1 / 4, 1 / 2, 1, 2),
    "num_self_attends_per_block": (1 / 4, 1 / 2, 3 / 4, 1, 3 / 2, 2),
    "num_self_attention_heads": (1 / 2, 1, 2),
    "num_cross_attention_heads": (1 / 2, 1, 2),
    "qk_channels": (1 / 4, 1 / 2, 3 / 4, 1),
    "v_channels": (1 / 2, 3 / 4, 1),
    "decoder_qk_channels": (1 / 2, 1),
    "decoder_v_channels": (1 / 2, 1),
}
# Widths below are of no use to heads, and slow on every device.
_MULTIPLE = 8
_RATES = 3.0
# Of choices, between a point and one near it.
_MOST_CHANGES = 4


@dataclasses.dataclass(frozen=True)
class Between:
    """Any number from `low` to `high`, as likely in each factor of two."""

    low: float
    high: float


def space_around(arguments, learning_rate=None):
    """Returns choices around the numbers of a model.

    Args:
        arguments: of the model's builder, by name, with their values. Only
            those that say how many latents, how wide and how deep are taken.
        learning_rate: the one that suits these numbers; None: not searched.

    Returns:
        A dictionary from names to tuples of values, or `Between`.

    Raises:
        ValueError: if the model has no latents.
    """
    if "num_latents" not in arguments:
        raise ValueError(
            "A search of the latent size takes a model with num_latents. "
            f"Received: one of {', '.join(sorted(arguments))}"
        )
    space = {
        name: _around(name, arguments[name], shares)
        for name, shares in _SHARES.items()
        # None: as wide as what is read, which changes with the rest.
        if arguments.get(name) is not None
    }
    if learning_rate:
        space[LEARNING_RATE] = Between(
            _rounded(learning_rate / _RATES), _rounded(learning_rate * _RATES)
        )
    # What has one value is no choice.
    return {
        name: values
        for name, values in space.items()
        if isinstance(values, Between) or len(values) > 1
    }


def _around(name, value, shares):
    multiple = 1 if name.startswith("num_") else _MULTIPLE
    if value < 2 * multiple:
        multiple = 1
    values = {
        max(multiple, multiple * round(value * share / multiple))
        for share in shares
    }
    return tuple(sorted(values | {value}))


def check_space(space, arguments):
    """Raises `ValueError` unless each choice is one of a model's arguments.

    Args:
        space: a dictionary as `space_around` returns it.
        arguments: of the model's builder, by name.
    """
    if not space:
        raise ValueError("The space has no choices: name at least one.")
    for name, values in space.items():
        if name not in arguments and name != LEARNING_RATE:
            raise errors.unknown("choice", name, {*arguments, LEARNING_RATE})
        if isinstance(values, Between):
            if not 0 < values.low < values.high < math.inf:
                raise ValueError(
                    f"{name} lies between two numbers above 0, the lower "
                    f"first. Received: {values.low} to {values.high}"
                )
        elif not isinstance(values, tuple) or len(set(values)) < 1:
            raise ValueError(
                f"{name} takes a tuple of values or Between(low, high). "
                f"Received: {values!r}"
            )


def read_choices(name, text, known):
    """Reads the choices of a command line.

    Args:
        name: of the argument.
        text: such as `16,32,64`, `none,64` or `1e-4..1e-2`.
        known: what the argument is now.

    Raises:
        ValueError: if it is neither.
    """
    problem = ValueError(
        f"--space.{name.replace('_', '-')} takes values such as 16,32,64, or "
        f"for a rate 1e-4..1e-2. Received: {text!r}"
    )
    try:
        if ".." in text:
            low, _, high = text.partition("..")
            return Between(float(low), float(high))
        kind = int if known is None else type(known)
        return tuple(
            None if word.strip() == "none" else kind(word)
            for word in text.split(",")
        )
    except (AttributeError, TypeError, ValueError):
        raise problem from None


def draw(space, key):
    """Returns one point of a space, the same for the same key.

    Args:
        space: a dictionary as `space_around` returns it.
        key: a text.
    """
    numbers = random.Random(key)  # noqa: S311 (no secret)
    return {name: _draw(values, numbers) for name, values in space.items()}


def _draw(values, numbers):
    if isinstance(values, Between):
        exponent = numbers.uniform(math.log(values.low), math.log(values.high))
        return _rounded(math.exp(exponent))
    return numbers.choice(values)


def _rounded(number):
    # People read it, and three digits are more than a rate is known to.
    return float(f"{number:.3g}")


def near(space, point, key):
    """Returns a point that differs from another in a few choices.

    Args:
        space: a dictionary as `space_around` returns it.
        point: a point of it.
        key: a text.
    """
    numbers = random.Random(key)  # noqa: S311 (no secret)
    count = min(numbers.randint(1, _MOST_CHANGES), len(space))
    names = numbers.sample(sorted(space), k=count)
    return {**point, **{name: _draw(space[name], numbers) for name in names}}


def reference(space, arguments, learning_rate=None):
    """Returns the point of a space that a search begins at.

    Args:
        space: a dictionary as `space_around` returns it.
        arguments: of the model's builder, by name.
        learning_rate: the one that suits them; None: the middle.
    """
    return {
        name: arguments.get(name, learning_rate or _middle(values))
        for name, values in space.items()
    }


def _middle(values):
    if isinstance(values, Between):
        return _rounded(math.sqrt(values.low * values.high))
    return values[len(values) // 2]


def size(space):
    """How many points a space has, rates not counted."""
    return math.prod(
        len(values)
        for values in space.values()
        if not isinstance(values, Between)
    )


def as_json(space):
    """Returns a space as JSON has it."""
    return {
        name: dataclasses.asdict(values)
        if isinstance(values, Between)
        else list(values)
        for name, values in space.items()
    }
