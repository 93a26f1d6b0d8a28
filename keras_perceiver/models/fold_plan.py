"""In which widths a folded cross-attend takes the fewest operations."""

import dataclasses

# A length that is not known yet is taken for a long one.
UNKNOWN_LENGTH = 4096
# What a constant may hold, as a part of the model's weights.
CONSTANT_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class FoldPlan:
    """Which projections are left, and what they cost.

    Attributes:
        query_channels, key_channels, value_channels, output_channels: as in
            `FoldedCrossAttention`.
        constant_queries: whether queries are projected beforehand.
        multiply_adds: of one example, in all products of the reading.
    """

    query_channels: int | None
    key_channels: int | None
    value_channels: int | None
    output_channels: int | None
    constant_queries: bool
    multiply_adds: int


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
    e, c, qk, v = query_width, input_width, qk_channels, v_channels

    def scores(query, key):
        """Operations in scores, and the widths that they are made in."""
        width = query or key or c
        constant = bool(query) and o * width <= largest_constant
        projected = o * e * (query or 0) * (not constant)
        count = projected + m * c * (key or 0) + o * m * width
        return count, constant, query, key

    def mixture(value, output):
        """The same for what is read."""
        width = value or c
        count = m * c * (value or 0) + o * m * width + o * width * (output or 0)
        return count, value, output

    first, second = [scores(qk, qk)], [mixture(v, e)]
    if num_heads == 1:
        first += [scores(c, None), scores(None, e)]
        second += [mixture(None, e), mixture(e, None)]
    # By operations alone: of equals, the first one.
    scores_count, constant, query, key = min(first, key=lambda x: x[0])
    mixture_count, value, output = min(second, key=lambda x: x[0])
    return FoldPlan(
        query_channels=query,
        key_channels=key,
        value_channels=value,
        output_channels=output,
        constant_queries=constant,
        multiply_adds=scores_count + mixture_count,
    )
