"""What the model answers, in words for people."""

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.tasks.fill_mask import FillMask

NUM_EXAMPLES = 8
_TOKENIZER = ByteTokenizer()
# Shown for one masked byte.
_BLANK = "_"


def filled_examples(model, data):
    """Returns the first held-out examples: masked, filled, and as they were."""
    masked_ids, token_ids, _ = data.heldout_examples()
    masked_ids, token_ids = masked_ids[:NUM_EXAMPLES], token_ids[:NUM_EXAMPLES]
    requests = [_written_out(row) for row in masked_ids]
    with_masks = [i for i, row in enumerate(masked_ids) if MASK in row]
    task = FillMask(model, top_k=1, max_masks=masked_ids.shape[1])
    filled = task([requests[i] for i in with_masks])
    lines = []
    for i, answer in zip(with_masks, filled, strict=True):
        shown = requests[i].replace(b"[MASK]", _BLANK.encode())
        lines += [
            f"masked  {_printable(shown)}",
            f"filled  {_printable(answer.filled_bytes)}",
            f"text    {_printable(_TOKENIZER.decode(token_ids[i]))}",
            "",
        ]
    return "\n".join(lines)


def answer(task, words):
    """Returns what the task fills into the text of `predict`."""
    filled = task(" ".join(words))
    return describe(filled)


def describe(filled):
    """Returns a `FilledText` as lines: the text, then each masked byte."""
    lines = [filled.text]
    for position, top_bytes, probabilities in zip(
        filled.mask_positions,
        filled.top_bytes,
        filled.top_probabilities,
        strict=True,
    ):
        candidates = "  ".join(
            f"{_printable(byte)!r} {probability:.0%}"
            for byte, probability in zip(top_bytes, probabilities, strict=True)
        )
        lines.append(f"  byte {position}: {candidates}")
    return "\n".join(lines)


def _written_out(masked_ids):
    """Masked ids as the text that `FillMask` reads."""
    pieces = [
        b"[MASK]" if token_id == MASK else _TOKENIZER.decode([token_id])
        for token_id in masked_ids
    ]
    return b"".join(pieces)


def _printable(text):
    """One line of `str`: line ends and tabs written out."""
    text = text.decode(errors="replace")
    return text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
