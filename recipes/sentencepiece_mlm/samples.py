"""What the model answers, in words for people."""

from keras_perceiver.data.byte_tokenizer import MASK
from recipes import language_samples


def filled_examples(task, data):
    """Returns the first held-out examples: masked, filled, and as they were.

    Args:
        task: a `FillPieces`.
        data: the `PieceMaskingData`.
    """
    masked_ids, token_ids, is_masked = data.heldout_examples()
    chosen = language_samples.first_examples(is_masked, task.max_masks)
    answers = task.fill_ids([masked_ids[i].tolist() for i in chosen])
    lines = []
    for i, answer in zip(chosen, answers, strict=True):
        lines += language_samples.example_lines(
            _shown(task.tokenizer, masked_ids[i]),
            answer.filled_bytes,
            task.tokenizer.decode(token_ids[i]),
        )
    return "\n".join(lines)


def answer(task, words):
    """Returns what the task fills into the text of `predict`."""
    return language_samples.describe(task(" ".join(words)), "piece")


def _shown(tokenizer, masked_ids):
    """The text with a line in place of each masked piece."""
    return b"".join(
        b" _" if i == MASK else tokenizer.token_bytes[i] for i in masked_ids
    )
