"""Bytes counted by what surrounds them: the classical masked-byte model.

A masked byte is described by its distances to both edges of its masked word
and by the nearest bytes on each side of the word. Counts under ever longer
descriptions, the rungs of a ladder, are interpolated (Jelinek and Mercer,
1980): how far each is trusted depends on how often it was seen and with how
many different bytes, and is fitted on a slice of the training text that is
left out of the counts for this.
"""

import dataclasses
import itertools

import numpy as np

# Symbols beside the 256 bytes: beyond the window's edge, and masked.
EDGE = 256
MASK = 257
_NUM_SYMBOLS = 258

# The most bytes on each side. Up to three, those that are not whitespace
# belong to one word, and so are masked together or not at all.
REACH = 3

_NUM_DISTANCES = 32
_COARSE_DISTANCE = 3
_MASK_PROBABILITY = 0.15
_BLOCK_BYTES = 2**20
_TUNING_SHARE = 0.1
_TUNING_BYTES = 2**16
_NUM_FIT_STEPS = 20
_NUM_BUCKETS = 1 + 32 * 9

_IS_IN_WORD = np.zeros(_NUM_SYMBOLS, bool)
_IS_IN_WORD[:256] = ~np.isin(np.arange(256), list(b" \t\n\r\v\f"))


@dataclasses.dataclass(frozen=True)
class Contexts:
    """What can be seen around masked bytes.

    Attributes:
        distances: `(2, n)`, bytes to the left and to the right edge of the
            masked word, from 0.
        word: `(n,)`, the masked word that each byte is in.
        sides: `(2, REACH, words)`, symbols to the left and to the right of
            each masked word, nearest first.
    """

    distances: np.ndarray
    word: np.ndarray
    sides: np.ndarray

    def __getitem__(self, chosen):
        distances = self.distances[:, chosen]
        return Contexts(distances, self.word[chosen], self.sides)

    def of_words(self, kept):
        """Returns the contexts in words that are kept, and which they are."""
        chosen = kept[self.word]
        word = (np.cumsum(kept) - 1)[self.word[chosen]]
        sides = self.sides[:, :, kept]
        return Contexts(self.distances[:, chosen], word, sides), chosen

    def with_masked(self, is_masked):
        """Masks words to the left and to the right: bool `(2, words)`."""
        gone = _IS_IN_WORD[self.sides] & is_masked[:, None]
        sides = np.where(gone, np.int16(MASK), self.sides)
        return Contexts(self.distances, self.word, sides)


def join_windows(windows):
    """Returns `(n, L)` symbols as one array, edges around each window."""
    edges = ((0, 0), (0, REACH))
    joined = np.pad(windows.astype(np.int16), edges, constant_values=EDGE)
    return np.pad(joined.reshape(-1), (REACH, 0), constant_values=EDGE)


def find_contexts(symbols, is_hidden):
    """Describes what surrounds every hidden position.

    Args:
        symbols: flat, as `join_windows` returns them.
        is_hidden: which of them are hidden; a run of those is a word.

    Returns:
        `Contexts` of the hidden positions in their order.
    """
    changes = np.diff(is_hidden, prepend=False, append=False)
    starts, ends = np.flatnonzero(changes).reshape(-1, 2).T
    word = np.repeat(np.arange(len(starts)), ends - starts)
    positions = np.flatnonzero(is_hidden)
    distances = np.stack([positions - starts[word], ends[word] - 1 - positions])
    distances = np.minimum(distances, _NUM_DISTANCES - 1).astype(np.int16)
    steps = np.arange(REACH)[:, None]
    sides = np.stack([symbols[starts - 1 - steps], symbols[ends + steps]])
    return Contexts(distances, word, sides)


class ContextTable:
    """Probabilities of masked bytes, given what surrounds them.

    Args:
        text: uint8 `(n,)`, the training text.
        length: of the windows that examples are cut into.
        asked: `Contexts` to count for. Any other context is answered as if
            never seen: what is not asked for need not be kept.
    """

    def __init__(self, text, length, asked):
        num_tuning = min(int(len(text) * _TUNING_SHARE), _TUNING_BYTES)
        body, tuning = np.split(text, [len(text) - num_tuning])
        examples, symbols = _all_words(tuning, length)
        draws = np.random.default_rng(0).random((2, examples.sides.shape[-1]))
        examples = examples.with_masked(draws < _MASK_PROBABILITY)
        counts = np.bincount(text[_IS_IN_WORD[text]], minlength=256)
        self.unigram = (counts + 1) / (counts.sum() + 256)
        self._rungs = [
            _Rung(*size, asked=(asked, examples)) for size in _ladder(REACH)
        ]
        _count(body, length, self._rungs)
        self._weights = _fit(self._rungs, examples, symbols, self.unigram)
        _count(tuning, length, self._rungs)

    def probabilities(self, contexts, reach):
        """Returns `(n, 256)`, given `reach` bytes on each side."""
        mixture = np.tile(self.unigram, (len(contexts.word), 1))
        for i, weights in enumerate(self._weights[reach]):
            self._rungs[i].blend_into(mixture, contexts, weights)
        return mixture


def _ladder(reach):
    """Returns (farthest distance, symbols left, right), shortest first."""
    far = _NUM_DISTANCES - 1
    sizes = [(_COARSE_DISTANCE, 0, 0), (far, 0, 0)]
    for n in range(1, reach + 1):
        sizes += [(_COARSE_DISTANCE, n, n), (far, n, n - 1)]
        sizes += [(far, n - 1, n), (far, n, n)]
    return sizes


class _Rung:
    """Counts of bytes by contexts of which this much is looked at.

    Args:
        farthest: the distance from which on all are one.
        left: symbols looked at on the left.
        right: symbols looked at on the right.
        asked: several `Contexts`, to count for.
    """

    def __init__(self, farthest, left, right, asked):
        self.farthest = farthest
        self.left = left
        self.right = right
        self.keys = np.unique(np.concatenate([*map(self._byte_keys, asked)]))
        self.word_keys = np.unique(self.keys // np.uint64(_NUM_DISTANCES**2))
        self.pairs = self.counts = np.zeros(0, np.int64)

    def _look(self, contexts):
        left, right = contexts.sides
        return left[: self.left], right[: self.right]

    def _word_keys(self, contexts):
        """Returns one number for each word, equal if its sides look equal."""
        keys = np.zeros(contexts.sides.shape[-1], np.uint64)
        for symbols in itertools.chain(*self._look(contexts)):
            keys = keys * np.uint64(_NUM_SYMBOLS) + symbols.astype(np.uint64)
        return keys

    def _byte_keys(self, contexts):
        """Returns one number for each byte, equal if all looks equal."""
        keys = self._word_keys(contexts)[contexts.word]
        for distance in np.minimum(contexts.distances, self.farthest):
            keys = keys * np.uint64(_NUM_DISTANCES) + distance.astype(np.uint64)
        return keys

    def _rows(self, contexts):
        """Returns each context's row, `len(keys)` if it was not asked for."""
        return _places(self.keys, self._byte_keys(contexts))

    def add(self, contexts, symbols, masks):
        """Counts bytes, with words masked on the left, the right or both."""
        found = _places(self.word_keys, self._word_keys(contexts))
        wanted = found < len(self.word_keys)
        # Without a mask among what is looked at, it was counted before.
        for is_masked, seen in zip(masks, self._look(contexts), strict=True):
            if is_masked:
                wanted &= (seen == MASK).any(axis=0)
        contexts, chosen = contexts.of_words(wanted)
        rows = self._rows(contexts)
        pairs = (rows * 256 + symbols[chosen])[rows < len(self.keys)]
        pairs, counts = np.unique(pairs, return_counts=True)
        pairs = np.append(self.pairs, pairs)
        self.pairs, group = np.unique(pairs, return_inverse=True)
        counts = np.append(self.counts, counts)
        self.counts = np.bincount(group, counts).astype(np.int64)

    def _known(self, rows):
        """Returns where rows start in `pairs`, their length and total."""
        bounds = np.stack([rows, rows + 1]) * 256
        starts, ends = np.searchsorted(self.pairs, bounds)
        sums = np.append(0, np.cumsum(self.counts))
        return starts, ends - starts, sums[ends] - sums[starts]

    def shares(self, contexts, symbols):
        """Returns each context's bucket, and its relative frequency of a byte.

        Contexts in one bucket were seen about as often, with about as many
        different bytes; those in bucket 0, never.
        """
        rows = self._rows(contexts)
        _, kinds, totals = self._known(rows)
        found = _places(self.pairs, rows * 256 + symbols)
        counts = np.append(self.counts, 0)[found]
        return _buckets(kinds, totals), counts / np.maximum(totals, 1)

    def blend_into(self, mixture, contexts, weights):
        """Moves `(n, 256)` probabilities towards what was counted."""
        starts, kinds, totals = self._known(self._rows(contexts))
        weights = weights[_buckets(kinds, totals)]
        into = np.repeat(np.arange(len(kinds)), kinds)
        offsets = starts - (np.cumsum(kinds) - kinds)
        at = np.arange(len(into)) + offsets[into]
        shares = self.counts[at] / totals[into]
        mixture *= 1 - weights[:, None]
        # No row holds a byte twice, so this adds each.
        mixture[into, self.pairs[at] & 255] += weights[into] * shares


def _buckets(kinds, totals):
    """Numbers contexts by how much is known: powers of two of both."""
    log_totals, log_kinds = np.log2(np.maximum([totals, kinds], 1)).astype(int)
    return np.where(totals > 0, 1 + log_totals * 9 + log_kinds, 0)


def _places(known, wanted):
    """Returns where `wanted` are in sorted `known`, its length if nowhere."""
    places = np.searchsorted(known, wanted)
    found = places < len(known)
    found[found] = known[places[found]] == wanted[found]
    return np.where(found, places, len(known))


def _all_words(text, length):
    """Returns contexts and bytes with each word masked in turn, alone."""
    symbols = np.pad(
        text.astype(np.int16), (0, -len(text) % length), constant_values=EDGE
    )
    symbols = join_windows(symbols.reshape(-1, length))
    is_hidden = _IS_IN_WORD[symbols]
    return find_contexts(symbols, is_hidden), symbols[is_hidden]


def _count(text, length, rungs):
    """Adds a text to the counts of all rungs.

    Each occurrence counts once for everything that it may look like, with
    the words beside it visible and masked. So contexts with a masked
    neighbour are known as well as any other.
    """
    size = max(_BLOCK_BYTES // length, 1) * length
    for start in range(0, len(text), size):
        contexts, symbols = _all_words(text[start : start + size], length)
        for masks in itertools.product([False, True], repeat=2):
            looks = contexts.with_masked(np.array(masks)[:, None])
            for rung in rungs:
                rung.add(looks, symbols, masks)


def _fit(rungs, contexts, symbols, unigram):
    """Returns the weights of each reach's rungs for each bucket."""
    known = [rung.shares(contexts, symbols) for rung in rungs]
    return {
        reach: _maximise(known[: len(_ladder(reach))], unigram[symbols])
        for reach in range(1, REACH + 1)
    }


def _maximise(known, below):
    """Expectation maximisation of a ladder's weights, all rungs at once."""
    weights = [np.full(_NUM_BUCKETS, 0.5) for _ in known]
    for _ in range(_NUM_FIT_STEPS):
        mixtures = [below]
        for weight, (buckets, shares) in zip(weights, known, strict=True):
            step = weight[buckets] * (shares - mixtures[-1])
            mixtures.append(mixtures[-1] + step)
        arrived = np.ones(len(below))
        for i, (buckets, shares) in reversed(list(enumerate(known))):
            stays = arrived * weights[i][buckets] * shares / mixtures[i + 1]
            num = np.bincount(buckets, arrived, minlength=_NUM_BUCKETS)
            num_stay = np.bincount(buckets, stays, minlength=_NUM_BUCKETS)
            # One example more, half of it staying, for the seldom buckets.
            weights[i] = (num_stay + 0.5) / (num + 1)
            # Where nothing was counted there is nothing to trust.
            weights[i][0] = 0
            arrived -= stays
    return weights
