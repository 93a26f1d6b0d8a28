"""Several text sources, mixed by weight."""

import re

import numpy as np
import tensorflow as tf

# Numbers of examples are counted in pieces of this size, to bound memory.
_PIECE = 1_000_000


def parse(text):
    """Splits `"SOURCE@WEIGHT,SOURCE@WEIGHT"` into (source, weight) pairs."""
    parts = []
    for part in text.split(","):
        match = re.fullmatch(r"(.+)@(\d+(?:\.\d+)?)", part.strip())
        if not match or float(match[2]) <= 0:
            raise ValueError(
                "A mixture gives every source a weight, such as "
                "'tfds:c4/en@0.7,tfds:wikipedia/20230601.en@0.3'. Received: "
                f"{part.strip()!r} in {text!r}"
            )
        parts.append((match[1], float(match[2])))
    return parts


class TextMixture:
    """Windows of several sources, each with its share of the bytes.

    Which source gives window `n` depends on the seed and `n` alone. Windows
    are of one length, so shares of windows are shares of bytes.

    Args:
        sources: the sources.
        weights: a positive number for each; they need not sum to one.
    """

    def __init__(self, sources, weights):
        self.sources = sources
        self.shares = np.asarray(weights) / np.sum(weights)

    @property
    def description(self):
        return " + ".join(
            f"{share:.0%} {source.description}"
            for share, source in zip(self.shares, self.sources, strict=True)
        )

    def check(self, length):
        for source in self.sources:
            source.check(length)

    def training_windows(self, length, seed, start=0):
        """Returns an endless dataset of uint8 windows; see `TextInMemory`."""
        choices = tf.data.Dataset.range(start, np.iinfo(np.int64).max).map(
            lambda number: self._source_of(number, seed)
        )
        counts = self._counts_before(start, seed)
        # Each source by its own seed, or two alike would repeat each other.
        parts = [
            source.training_windows(length, seed + i, int(counts[i]))
            for i, source in enumerate(self.sources)
        ]
        return tf.data.Dataset.choose_from_datasets(
            parts, choices, stop_on_empty_dataset=True
        )

    def _source_of(self, number, seed):
        draw = tf.random.stateless_uniform([], [seed, number], dtype=tf.float64)
        bounds = tf.constant(np.cumsum(self.shares)[:-1])
        return tf.reduce_sum(tf.cast(draw >= bounds, tf.int64))

    def _counts_before(self, start, seed):
        """How many of the first `start` windows each source gave."""
        counts = np.zeros(len(self.sources), np.int64)
        choose = tf.function(
            lambda numbers: tf.map_fn(
                lambda number: self._source_of(number, seed), numbers
            )
        )
        for first in range(0, start, _PIECE):
            numbers = tf.range(
                first, min(first + _PIECE, start), dtype=tf.int64
            )
            counts += np.bincount(choose(numbers), minlength=len(counts))
        return counts

    def heldout_windows(self, length, limit=None):
        """Returns uint8 windows of every source, by its share."""
        parts = [
            source.heldout_windows(length, limit) for source in self.sources
        ]
        # As many windows as the scarcest source allows at these shares.
        total = min(
            len(part) / share
            for part, share in zip(parts, self.shares, strict=True)
        )
        total = min(total, limit or total)
        counts = (total * self.shares + 1e-9).astype(int)
        counts = np.maximum(counts, 1)
        # Small sources are never left out; the largest makes room for them.
        counts[np.argmax(counts)] -= max(0, counts.sum() - int(total))
        return np.concatenate(
            [part[:count] for part, count in zip(parts, counts, strict=True)]
        )

    def training_sample(self, num_bytes):
        return np.concatenate(
            [
                source.training_sample(int(num_bytes * share))
                for share, source in zip(self.shares, self.sources, strict=True)
            ]
        )

    def record(self):
        return {
            "description": self.description,
            "sources": [source.record() for source in self.sources],
            "shares": self.shares.tolist(),
        }
