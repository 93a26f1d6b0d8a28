"""In which widths a folded cross-attend takes the fewest operations."""

import dataclasses
import itertools

# A length that is not known yet is taken for a long one.
UNKNOWN_LENGTH = 4096
# What a constant may hold, as a part of the model's weights.
CONSTANT_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class FoldPlan:
    """Which projections are left.

    Attributes:
        query_channels, key_channels, value_channels, output_channels: as in
            `FoldedCrossAttention`, but that constant queries keep the width
            that they are projected to.
        constant_queries: whether queries are projected beforehand.
    """

    query_channels: int | None
    key_channels: int | None
    value_channels: int | None
    output_channels: int | None
    constant_queries: bool

    def multiply_adds(self, num_queries, num_inputs, query_width, input_width):
        """Those of one example, in all products of the reading."""
        o, m = num_queries, num_inputs
        score_width = self.query_channels or self.key_channels or input_width
        read_width = self.value_channels or input_width
        projected = m * input_width * (self.key_channels or 0)
        if not self.constant_queries:
            projected += o * query_width * (self.query_channels or 0)
        projected += m * input_width * (self.value_channels or 0)
        projected += o * read_width * (self.output_channels or 0)
        return projected + o * m * (score_width + read_width)


def plan_fold(
    *,
    num_heads,
    num_queries,
    num_inputs,
    query_width,
    input_width,
    qk_channels,
    v_channels,
    largest_constant=0,
):
    """Chooses the order of products with the fewest operations.

    With one head the scores `(q Wq) (x Wk)^T` are `(q Wq Wk^T) x^T` and
    `q (x Wk Wq^T)^T` too, and what is read, `(A (x Wv)) Wo`, is `(A x) Wv Wo`
    and `A (x Wv Wo)`. With more heads each would need a product of its own,
    of the full width.

    Args:
        num_heads: of the cross-attend.
        num_queries: O, or None if unknown.
        num_inputs: M, or None if unknown.
        query_width: E.
        input_width: C.
        qk_channels: width of queries and keys.
        v_channels: width of the values.
        largest_constant: numbers that constant queries may hold once they
            are projected; 0 where queries depend on the model's input.

    Returns:
        A `FoldPlan`.
    """
    o, m = num_queries or UNKNOWN_LENGTH, num_inputs or UNKNOWN_LENGTH
    scores, reads = [(qk_channels, qk_channels)], [(v_channels, query_width)]
    if num_heads == 1:
        scores += [(input_width, None), (None, query_width)]
        reads += [(None, query_width), (query_width, None)]
    plans = [
        FoldPlan(
            query,
            key,
            value,
            output,
            constant_queries=bool(query) and o * query <= largest_constant,
        )
        for (query, key), (value, output) in itertools.product(scores, reads)
    ]
    # Of equals, the first one.
    return min(
        plans,
        key=lambda plan: plan.multiply_adds(o, m, query_width, input_width),
    )
