"""What is timed, in which order, and what it weighs."""

import dataclasses

from benchmarks.speed.works import Work
from keras_perceiver.cost import cost

# Of a forward pass: a training step takes about three.
_PASSES = {"forward": 1, "train": 3}


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        work: what is computed.
        kind: `"forward"` or `"train"`.
        dtype: `"float32"` or `"bfloat16"`.
        batch: number of examples.
    """

    work: Work
    kind: str
    dtype: str
    batch: int

    @property
    def name(self):
        """The row's name."""
        return f"{self.work.name} {self.kind} {self.dtype} batch {self.batch}"

    @property
    def wanted(self):
        """Their seconds over ours, as wanted; None if nothing is."""
        if self.batch != 1:
            return None
        kind = "train" if self.kind == "train" else self.dtype
        return self.work.wanted.get(kind)

    @property
    def weight(self):
        """About how long it takes beside the others: its operations."""
        flops = cost(self.work.preset, **self.work.overrides).flops
        if self.work.is_clip:
            # One of their chunks encodes once more; ours decodes all.
            flops *= 2
        return self.batch * flops * _PASSES[self.kind]


def cases(works, kinds, dtypes, batches):
    """All rows, those first that take the shortest.

    Args:
        works: `Work`s.
        kinds: some of `"forward"` and `"train"`.
        dtypes: some of `"float32"` and `"bfloat16"`.
        batches: batch sizes; those that a work is not taken at are left out.
    """
    found = [
        Case(work, kind, dtype, batch)
        for work in works
        for kind in kinds
        for dtype in dtypes
        for batch in work.batches.get(kind, ())
        if batch in batches
    ]
    # What is beyond the targets comes last: it may be left out.
    return sorted(found, key=lambda case: (case.batch > 1, case.weight))
