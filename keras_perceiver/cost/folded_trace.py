"""Operations of a model that `models.fold_for_inference` has folded."""

import dataclasses

from keras_perceiver.cost.trace import Trace
from keras_perceiver.models.fold_plan import UNKNOWN_LENGTH
from keras_perceiver.models.fold_plan import plan_fold


@dataclasses.dataclass
class _Waiting:
    """A sum of products that nothing may need, as `models.LinearForm`.

    Attributes:
        widths: of the tensors that are multiplied.
        made: multiply-adds of one row.
        part: where they belong.
        flops: those of all rows, zero once they are counted.
    """

    widths: tuple
    made: int
    part: str
    flops: int


class FoldedTrace(Trace):
    """Counts what is left to compute of a description.

    Parameters and bytes are those of the model as it was, and of no use.

    Args:
        itemsize: as in `Trace`.
        largest_constant: numbers that a projected array may hold.
    """

    folds = True

    def __init__(self, itemsize, largest_constant):
        super().__init__(1, itemsize)
        self._largest_constant = largest_constant
        self._learned = set()
        self._free = set()
        self._waiting = {}
        self._parts = set()

    def learned(self, rows, channels):
        """A trainable array, whose projection may be computed beforehand."""
        array = super().learned(rows, channels)
        self._learned.add(array)
        return array

    def of_free_length(self, x):
        """Rows of whose number nothing is known when a model is built."""
        self._free.add(x)
        return x

    def cross_attend(
        self,
        queries,
        inputs,
        num_heads,
        qk_channels,
        v_channels,
        widening_factor,
    ):
        """What `FoldedCrossAttention` and the MLP behind it do."""
        is_free, constant = queries in self._free, queries in self._learned
        plan = plan_fold(
            num_heads=num_heads,
            num_queries=UNKNOWN_LENGTH if is_free else queries.rows,
            num_inputs=inputs.rows,
            query_width=queries.channels,
            input_width=inputs.channels,
            qk_channels=qk_channels,
            v_channels=v_channels,
            largest_constant=self._largest_constant if constant else 0,
        )
        count = plan.multiply_adds(
            queries.rows, inputs.rows, queries.channels, inputs.channels
        )
        read = self.operation(
            [queries, inputs], queries.rows, queries.channels, flops=2 * count
        )
        hidden_width = widening_factor * read.channels
        hidden = self.linear(self.norm(read), hidden_width)
        return self._wait(
            self.gelu(hidden),
            read.channels,
            (read.channels, hidden_width),
            hidden_width * read.channels,
        )

    def _wait(self, x, channels, widths, made):
        """A result that takes operations once it is read as it is."""
        result = super().operation([x], x.rows, channels)
        flops = 2 * x.rows * made * self._applications
        self._waiting[result] = _Waiting(widths, made, self._part, flops)
        return result

    def product(self, x, channels):
        """A linear layer, multiplied out where that pays."""
        waiting = self._waiting.get(x)
        if waiting is not None:
            made = sum(waiting.widths) * channels
            fewer = made < waiting.made + x.channels * channels
            if x in self._parts or fewer:
                return self._wait(x, channels, waiting.widths, made)
        return super().product(x, channels)

    def operation(self, reads, *args, **kwargs):
        """Any operation, which needs what it reads."""
        for tensor in reads:
            self._count(tensor)
        return super().operation(reads, *args, **kwargs)

    def as_it_is(self, x):
        """What a layer takes whole, and not for its first product alone."""
        self._count(x)
        return dataclasses.replace(x)

    def _count(self, x):
        """Counts what had waited."""
        waiting = self._waiting.get(x)
        if waiting is not None:
            self.flops[waiting.part] += waiting.flops
            waiting.flops = 0

    def some_rows(self, x, rows):
        """Some of the rows, as they are."""
        waiting = self._waiting.get(x)
        if waiting is None:
            return super().some_rows(x, rows)
        result = super().operation([x], rows, x.channels)
        # The same object: whoever needs one of them needs all rows.
        self._waiting[result] = waiting
        self._parts.add(result)
        return result

    def float32(self, x):
        """The same in float32."""
        return x

    def output(self, x):
        """What the model returns."""
        self._count(x)
