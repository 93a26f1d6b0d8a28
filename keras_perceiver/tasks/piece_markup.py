"""The written form of masks, read as SentencePiece pieces.

The text is tokenized as a whole, with a letter that no text has in place of
each mark, so that what stands around a mark is what it was in training.
"""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.tasks.mask_markup import split_at_masks

# Letters for private use: no normalisation changes them.
_FIRST_LETTER, _LAST_LETTER = 0xE000, 0xF8FF


def read_piece_masks(tokenizer, text):
    """Turns text with written masks into token ids.

    Args:
        tokenizer: a `SentencepieceTokenizer`.
        text: bytes.

    Returns:
        A list of ids.

    Raises:
        ValueError: if the tokenizer cannot tell a mark from a letter that it
            does not know.
    """
    letter = _unused_letter(text)
    written, counts = b"", {}
    for part in split_at_masks(text):
        if isinstance(part, bytes):
            written += part
        elif written.endswith(letter):
            counts[len(written) - len(letter)] += part
        else:
            counts[len(written)] = part
            written += letter
    token_ids, begins, ends = tokenizer.encode_spans(tf.constant(written))
    spans = zip(
        *(tensor.numpy().tolist() for tensor in (token_ids, begins, ends)),
        strict=True,
    )
    return _with_masks(tokenizer, spans, counts, len(letter))


def _with_masks(tokenizer, spans, counts, letter_bytes):
    """Puts masks in place of the tokens that spell a mark's letter."""
    found, waiting = [], dict(counts)
    for token_id, begin, end in spans:
        place = next(
            (
                place
                for place in counts
                if begin < place + letter_bytes and max(end, begin + 1) > place
            ),
            None,
        )
        if place is None:
            found.append(token_id)
            continue
        if begin < place or end > place + letter_bytes:
            raise ValueError(
                "a mark stands beside a letter that the vocabulary does not "
                "know, and the two cannot be told apart. Put a blank between."
            )
        count = waiting.pop(place, 0)
        # The blank before a word is a part of its first piece.
        if count and found and tokenizer.token_bytes[found[-1]] == b" ":
            found.pop()
        found += [MASK] * count
    return found


def _unused_letter(text):
    for code in range(_FIRST_LETTER, _LAST_LETTER + 1):
        letter = chr(code).encode()
        if letter not in text:
            return letter
    raise ValueError("the text has every letter that could stand for a mask.")
