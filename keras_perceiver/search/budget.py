"""Limits that no trial may miss: `latency_ms<20,params<5M,flops<0.5x`."""

import dataclasses
import operator
import re

from keras_perceiver import errors

LATENCY = "latency_ms"
# By name: what the number is.
QUANTITIES = {
    "params": "trainable numbers",
    "flops": "operations on one example",
    "memory": "bytes of a training step at its peak, weights included",
    LATENCY: "milliseconds that an export takes to answer one example",
}
_FACTORS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12}
_FACTORS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30}
_RELATIVE = "x"
_COMPARISONS = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_LIMIT = re.compile(
    r"\s*(\w+)\s*(<=|>=|<|>)\s*([\d.]+(?:e[+-]?\d+)?)\s*(\w*)\s*"
)


@dataclasses.dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes:
        quantity: a name in `QUANTITIES`.
        comparison: `<`, `<=`, `>` or `>=`.
        number: in the quantity's own unit.
        is_relative: whether the number is a multiple of the reference's.
    """

    quantity: str
    comparison: str
    number: float
    is_relative: bool

    def absolute(self, reference):
        """Returns the same limit as a number.

        Args:
            reference: costs of the shape that the search begins with, by
                quantity.
        """
        if not self.is_relative:
            return self
        known = reference.get(self.quantity)
        if known is None:
            raise ValueError(
                f"{self} is relative to the model's own {self.quantity}, "
                "which is not known. Give a number without x."
            )
        return Limit(self.quantity, self.comparison, self.number * known, False)

    def holds(self, value):
        """Whether a value keeps to it."""
        return _COMPARISONS[self.comparison](value, self.number)

    def __str__(self):
        unit = _RELATIVE if self.is_relative else ""
        return f"{self.quantity}{self.comparison}{self.number:.6g}{unit}"


def parse_budget(text):
    """Reads limits.

    Args:
        text: limits with commas between them, of `params`, `flops`, `memory`
            and `latency_ms`. Numbers may end in k, M, G (or B) and T, in KiB,
            MiB and GiB, or in x: times that of the shape that the search
            begins with.

    Returns:
        A tuple of `Limit`.

    Raises:
        ValueError: if something is no limit, or its quantity is unknown.
    """
    return tuple(_limit(word) for word in text.split(",") if word.strip())


def _limit(word):
    found = _LIMIT.fullmatch(word)
    if not found:
        raise ValueError(
            "A budget is limits such as latency_ms<20,params<5M,flops<0.5x. "
            f"Received: {word.strip()!r}"
        )
    quantity, comparison, number, unit = found.groups()
    if quantity not in QUANTITIES:
        raise errors.unknown("quantity of a budget:", quantity, QUANTITIES)
    is_relative = unit.lower() == _RELATIVE
    if not is_relative and unit.lower() not in _FACTORS:
        raise errors.unknown(
            f"unit of {word.strip()!r}:",
            unit,
            ["k", "M", "G", "T", "KiB", "MiB", "GiB", _RELATIVE],
        )
    factor = 1 if is_relative else _FACTORS[unit.lower()]
    return Limit(quantity, comparison, float(number) * factor, is_relative)
