"""What any masked language model must beat: tokens counted alone."""

import dataclasses

import numpy as np

# Less than a minute to count; more would hardly help the tables.
MAXIMUM_BYTES = 16 * 2**20


@dataclasses.dataclass(frozen=True)
class Measure:
    """How well something predicts masked tokens.

    Attributes:
        nats: mean cross-entropy of a masked token; None if undefined.
        accuracy: share of masked tokens for which the likeliest is right.
        kind: `"baseline"`, which a model must beat, or `"reference"`.
        description: what was counted, for people.
    """

    nats: float | None
    accuracy: float
    kind: str
    description: str


def measure_frequencies(frequencies, targets, token, written, counted):
    """Measures the two that look at nothing.

    Args:
        frequencies: `(V,)`, of every token, summing to one.
        targets: int `(n,)`, the masked tokens, as rows of `frequencies`.
        token: what one is called, such as `"byte"`.
        written: from a row of `frequencies` to the bytes that it stands for.
        counted: on what, in words.

    Returns:
        `most_frequent_TOKEN` and `unigram`, each with its `Measure`.
    """
    likeliest = int(frequencies.argmax())
    accuracy = float(np.mean(targets == likeliest))
    return {
        f"most_frequent_{token}": Measure(
            nats=None,
            accuracy=accuracy,
            kind="baseline",
            description=f"always {written(likeliest)!r}, {counted}",
        ),
        "unigram": Measure(
            nats=float(-np.log(frequencies[targets]).mean()),
            accuracy=accuracy,
            kind="baseline",
            description=f"frequencies of non-whitespace {token}s, {counted}",
        ),
    }


def counted_on(num_bytes, total):
    """Says on how much of a training text was counted."""
    counted = f"counted on {num_bytes:,} bytes"
    if num_bytes < total:
        counted += f", the first of {total:,}"
    return counted
