"""Whether a point is within the budget, before anything is built of it."""

import collections

from keras_perceiver.search.budget import LATENCY
from keras_perceiver.search.budget import QUANTITIES
from keras_perceiver.search.space import LEARNING_RATE

# Each costs seconds, unlike those that arithmetic turns away.
MOST_SLOW = 30


class Feasibility:
    """Judges points, and counts why points were turned away.

    Args:
        template: the `Template`.
        limits: of `Limit`.
        check: called with the arguments of a point; raises `ValueError` for
            what cannot be trained though it could be built. May be None.
        latency: from arguments to milliseconds; None if it is not measured.

    Attributes:
        reference: costs of the shape that the search begins with.
        rejected: how many points were turned away, by reason.
    """

    def __init__(self, template, limits=(), check=None, latency=None):
        self.template = template
        self.check = check
        self.latency = latency
        self.rejected = collections.Counter()
        self._slow = 0
        self.reference = self.cost_of({})
        self._check_known(limits)
        if any(
            limit.quantity == LATENCY for limit in limits if limit.is_relative
        ):
            self.reference[LATENCY] = latency(template.arguments)
        self.limits = tuple(limit.absolute(self.reference) for limit in limits)

    def _check_known(self, limits):
        for limit in limits:
            known = (
                self.latency is not None
                if limit.quantity == LATENCY
                else self.reference[limit.quantity] is not None
            )
            if not known:
                raise ValueError(
                    f"{limit} cannot be kept: nothing tells the "
                    f"{limit.quantity} of {self.template.name}. Give the "
                    "template `measure`, or the search `make_task` for "
                    f"{LATENCY}."
                )

    def arguments_of(self, choices):
        """Returns all arguments of the builder at a point."""
        chosen = {k: v for k, v in choices.items() if k != LEARNING_RATE}
        return {**self.template.arguments, **chosen}

    def cost_of(self, choices):
        """Returns costs by quantity; None where one is not known yet."""
        told = self.template.measure(**self.arguments_of(choices))
        return {name: told.get(name) for name in QUANTITIES}

    def __call__(self, choices):
        """Returns the costs of a point, or None if it is turned away.

        Raises:
            ValueError: if one point after the other is too slow.
        """
        costs = self.by_arithmetic(choices)
        limits = [one for one in self.limits if one.quantity == LATENCY]
        if costs is None or not limits:
            return costs
        costs[LATENCY] = self.latency(self.arguments_of(choices))
        if self._miss(limits, costs):
            self._slow += 1
            self._check_hopeless(limits)
            return None
        self._slow = 0
        return costs

    def by_arithmetic(self, choices):
        """The same in a millisecond: all limits but that of latency."""
        try:
            costs = self.cost_of(choices)
            if self.check:
                self.check(self.arguments_of(choices))
        except ValueError:
            self.rejected["cannot be built"] += 1
            return None
        limits = [one for one in self.limits if one.quantity != LATENCY]
        return None if self._miss(limits, costs) else costs

    def _miss(self, limits, costs):
        for limit in limits:
            if not limit.holds(costs[limit.quantity]):
                self.rejected[str(limit)] += 1
                return True
        return False

    def _check_hopeless(self, limits):
        if self._slow >= MOST_SLOW:
            raise ValueError(
                f"{MOST_SLOW} shapes in a row were measured, and each missed "
                f"{', '.join(map(str, limits))}. Allow more, or give a space "
                "with smaller values."
            )
