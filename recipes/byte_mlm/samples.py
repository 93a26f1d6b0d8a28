"""What the model answers, in words for people."""

import itertools

import numpy as np

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.tasks.attention import draw_text_attention
from keras_perceiver.tasks.mask_markup import MARK
from recipes import language_samples
from recipes.picture_option import split_picture
from recipes.picture_option import write_picture

_TOKENIZER = ByteTokenizer()
# Shown for one masked byte.
_BLANK = _TOKENIZER.encode("_")[0]


def filled_examples(task, data):
    """Returns the first held-out examples: masked, filled, and as they were.

    Args:
        task: a `FillMask`.
        data: the `ByteMaskingData`.
    """
    masked_ids, token_ids, is_masked = data.heldout_examples()
    chosen = language_samples.first_examples(is_masked, task.max_masks)
    requests = [_written_out(masked_ids[i]) for i in chosen]
    lines = []
    for i, answer in zip(chosen, task(requests), strict=True):
        shown = np.where(masked_ids[i] == MASK, _BLANK, masked_ids[i])
        lines += language_samples.example_lines(
            _TOKENIZER.decode(shown),
            answer.filled_bytes,
            _TOKENIZER.decode(token_ids[i]),
        )
    return "\n".join(lines)


def answer(task, words):
    """Returns what the task fills into the text of `predict`.

    Args:
        task: a `FillMask`.
        words: of the text; with `--picture PATH.png` among them, what the
            answers read is drawn there.
    """
    words, picture = split_picture(words)
    text = " ".join(words)
    described = describe(task(text))
    if not picture:
        return described
    line = write_picture(picture, draw_text_attention(task, text))
    return f"{described}\n{line}"


def describe(filled):
    """Returns a `FilledText` as lines: the text, then each masked byte."""
    return language_samples.describe(filled, "byte")


def _written_out(masked_ids):
    """Masked ids as the text that `FillMask` reads."""
    pieces = []
    for is_mask, run in itertools.groupby(masked_ids, lambda i: i == MASK):
        if is_mask:
            pieces += [b"[MASK]" for _ in run]
        else:
            text = _TOKENIZER.decode(list(run))
            # In the text itself it stands for its letters.
            pieces.append(MARK.sub(rb"\\\g<0>", text))
    return b"".join(pieces)
