"""One thing that was looked at."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was found, and what to do about it.

    Attributes:
        name: of what was looked at.
        value: what was found, in words.
        cure: what to do, None where nothing needs to be done.
        is_problem: whether what everybody needs does not work.
    """

    name: str
    value: str
    cure: str | None = None
    is_problem: bool = False

    @property
    def state(self):
        """`problem`, `note` where there is something to do, or `ok`."""
        if self.is_problem:
            return "problem"
        return "ok" if self.cure is None else "note"
