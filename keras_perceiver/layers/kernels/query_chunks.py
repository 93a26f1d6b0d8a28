"""Queries in chunks, so that not all scores are there at a time."""

from keras import ops


def chunk_size(num_queries, bytes_per_query, memory):
    """Queries to take at a time, or None for all of them.

    Args:
        num_queries: of each example.
        bytes_per_query: of the scores of one query, in all examples and
            heads.
        memory: bytes that the scores may take.
    """
    if num_queries * bytes_per_query <= memory:
        return None
    return even_size(num_queries, max(int(memory / bytes_per_query), 1))


def even_size(num_queries, largest):
    """Queries in a chunk, at most `largest`, if possible without a rest.

    Filling the last chunk up would take a copy of all queries, and cutting
    it off one of all answers. Smaller chunks cost less, down to half.

    Args:
        num_queries: a number, at least 1.
        largest: a number, at least 1.
    """
    fewest = -(-num_queries // largest)
    for number in range(fewest, 2 * fewest):
        if num_queries % number == 0:
            return num_queries // number
    return min(largest, num_queries)


class QueryChunks:
    """Queries in chunks of one size; the last one is filled with zeros.

    Args:
        query: `(B, H, O, d)`.
        size: queries in a chunk, a number or a tensor.
    """

    def __init__(self, query, size):
        self.num_queries = ops.shape(query)[2]
        self.size = size
        # At least one, since loops over none have no shape.
        self.number = ops.maximum(-(-self.num_queries // size), 1)
        if isinstance(self.num_queries, int) and isinstance(size, int):
            self.number = max(-(-self.num_queries // size), 1)

    def split(self, x):
        """`(B, H, O, ...)` to `(chunks, B, H, size, ...)`."""
        behind = self.number * self.size - self.num_queries
        x = ops.pad(x, [[0, 0], [0, 0], [0, behind], [0, 0]])
        batch, heads, _, channels = ops.shape(x)
        x = ops.reshape(x, (batch, heads, self.number, self.size, channels))
        return ops.transpose(x, (2, 0, 1, 3, 4))

    def join(self, x):
        """What `split` took apart."""
        x = ops.transpose(x, (1, 2, 0, 3, 4))
        batch, heads, number, size, channels = ops.shape(x)
        x = ops.reshape(x, (batch, heads, number * size, channels))
        return x[:, :, : self.num_queries]
