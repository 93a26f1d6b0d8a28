"""What a masked language model answers, in words for people."""

import numpy as np

from keras_perceiver import errors

NUM_EXAMPLES = 8


def first_examples(is_masked, max_masks):
    """Returns the numbers of the first examples that a task can answer.

    Args:
        is_masked: bool `(n, M)`.
        max_masks: the most masks of one example.
    """
    num_masks = is_masked.sum(axis=1)
    chosen = (num_masks > 0) & (num_masks <= max_masks)
    return np.flatnonzero(chosen)[:NUM_EXAMPLES]


def example_lines(masked, filled, text):
    """Returns the lines of one example: masked, filled, and as it was.

    Args:
        masked: bytes, something shown for every mask.
        filled: bytes.
        text: bytes.
    """
    return [
        f"masked  {_printable(masked)}",
        f"filled  {_printable(filled)}",
        f"text    {_printable(text)}",
        "",
    ]


def describe(filled, token):
    """Returns a `FilledText` as lines: the text, then each masked token.

    Args:
        filled: the `FilledText`.
        token: what one is called, such as `"byte"`.
    """
    lines = [filled.text]
    for position, top_bytes, probabilities in zip(
        filled.mask_positions,
        filled.top_bytes,
        filled.top_probabilities,
        strict=True,
    ):
        candidates = "  ".join(
            f"{one.decode(errors='replace')!r} {probability:.0%}"
            for one, probability in zip(top_bytes, probabilities, strict=True)
        )
        lines.append(f"  {token} {position}: {candidates}")
    return "\n".join(lines)


def _printable(text):
    return errors.printable(text.decode(errors="replace"))
