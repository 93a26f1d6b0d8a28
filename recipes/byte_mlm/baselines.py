"""What a masked-byte model must beat, and what it is compared with.

All are counted on the training text and measured on the very examples that
the model is measured on. A model that only ever says "e" learned nothing; one
that does not beat a table of one visible byte on each side of the masked word
did not learn to read what surrounds it. The tables of two and three bytes
are printed beside the model: what counting can do with more of the text.
"""

import numpy as np

from recipes.byte_mlm.context_table import EDGE
from recipes.byte_mlm.context_table import MASK
from recipes.byte_mlm.context_table import REACH
from recipes.byte_mlm.context_table import ContextTable
from recipes.byte_mlm.context_table import find_contexts
from recipes.byte_mlm.context_table import join_windows
from recipes.language_baselines import MAXIMUM_BYTES
from recipes.language_baselines import Measure
from recipes.language_baselines import counted_on
from recipes.language_baselines import measure_frequencies

_MASK_ID = 3
_NUM_SPECIAL_IDS = 6
# Each takes 2 KB while the probabilities of all 256 bytes are compared.
_EXAMPLES_AT_ONCE = 4096


def measure(training_text, masked_ids, token_ids, is_masked):
    """Measures all baselines and references on held-out examples.

    Args:
        training_text: uint8 `(n,)`; at most `MAXIMUM_BYTES` are counted.
        masked_ids: int `(B, M)`, what the model sees: byte + 6, or 3 for a
            masked byte; other special ids stand for no text.
        token_ids: int `(B, M)`, the original ids.
        is_masked: bool `(B, M)`, where predictions are measured.

    Returns:
        `most_frequent_byte`, `unigram`, `context_1_byte`, `context_2_bytes`
        and `context_3_bytes`, each with its `Measure`.
    """
    _check(training_text, masked_ids, token_ids, is_masked)
    text = training_text[:MAXIMUM_BYTES]
    counted = counted_on(len(text), len(training_text))
    targets = token_ids[is_masked] - _NUM_SPECIAL_IDS
    contexts = _contexts(masked_ids, is_masked)
    table = ContextTable(text, masked_ids.shape[1], contexts)
    measures = measure_frequencies(
        table.unigram, targets, "byte", lambda value: bytes([value]), counted
    )
    for reach in range(1, REACH + 1):
        name = f"context_{reach}_byte" + "s" * (reach > 1)
        measures[name] = _measure_table(
            table, reach, contexts, targets, counted
        )
    return measures


def _check(training_text, masked_ids, token_ids, is_masked):
    if training_text.dtype != np.uint8 or training_text.ndim != 1:
        raise ValueError(
            "The training text is one row of uint8. Received: "
            f"{training_text.dtype} {training_text.shape}"
        )
    shapes = [masked_ids.shape, token_ids.shape, is_masked.shape]
    if len(set(shapes)) > 1 or masked_ids.ndim != 2:
        raise ValueError(
            "Ids and masks are (B, M), all of one shape. Received: "
            f"masked_ids, token_ids, is_masked of {shapes}"
        )
    if is_masked.dtype != bool or not is_masked.any():
        raise ValueError(
            "Something must be masked, with booleans. Received: is_masked "
            f"{is_masked.dtype}, {np.count_nonzero(is_masked)} nonzero"
        )
    if np.any(masked_ids[is_masked] != _MASK_ID):
        raise ValueError(
            f"Masked bytes must be id {_MASK_ID}. Received: masked_ids="
            f"{np.unique(masked_ids[is_masked])[:8]} where is_masked"
        )
    if np.any(token_ids[is_masked] < _NUM_SPECIAL_IDS):
        raise ValueError(
            "Only bytes can be masked. Received: the special ids "
            f"{np.unique(token_ids[is_masked])[:_NUM_SPECIAL_IDS]} masked"
        )


def _contexts(masked_ids, is_masked):
    """Returns the contexts of the masked bytes that are measured."""
    symbols = np.where(
        masked_ids < _NUM_SPECIAL_IDS, EDGE, masked_ids - _NUM_SPECIAL_IDS
    )
    symbols = join_windows(np.where(masked_ids == _MASK_ID, MASK, symbols))
    hidden = symbols == MASK
    # A word may be masked and not measured: it still is what can be seen.
    measured = is_masked[masked_ids == _MASK_ID]
    return find_contexts(symbols, hidden)[measured]


def _measure_table(table, reach, contexts, targets, counted):
    """Measures the table of `reach` bytes on each side."""
    nats, right = 0.0, 0
    for start in range(0, len(targets), _EXAMPLES_AT_ONCE):
        chosen = slice(start, start + _EXAMPLES_AT_ONCE)
        probabilities = table.probabilities(contexts[chosen], reach)
        wanted = targets[chosen]
        nats -= np.log(probabilities[np.arange(len(wanted)), wanted]).sum()
        right += int((probabilities.argmax(axis=1) == wanted).sum())
    plural = "s" * (reach > 1)
    return Measure(
        nats=float(nats / len(targets)),
        accuracy=right / len(targets),
        kind="baseline" if reach == 1 else "reference",
        description=(
            "interpolated table: distances to both ends of the masked word "
            f"and {reach} byte{plural} on each side of it, {counted}"
        ),
    )
