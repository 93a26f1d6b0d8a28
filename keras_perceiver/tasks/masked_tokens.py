"""Masked tokens filled by a language model, whatever tokens are."""

import dataclasses

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS


@dataclasses.dataclass(frozen=True)
class FilledText:
    """One text with its masks filled.

    Attributes:
        filled_bytes: the text, every masked token replaced by the likeliest.
        mask_positions: where the masked tokens stand in it.
        top_bytes: for each of them the bytes of the likeliest tokens, best
            first.
        top_probabilities: their probabilities among all tokens.
    """

    filled_bytes: bytes
    mask_positions: list[int]
    top_bytes: list[list[bytes]]
    top_probabilities: list[list[float]]

    @property
    def text(self):
        """The filled text as `str`; invalid UTF-8 becomes U+FFFD."""
        return self.filled_bytes.decode(errors="replace")


def as_filled_text(answer):
    """Returns the `FilledText` in one row of `fill_masks`."""
    count = int((answer["mask_positions"] >= 0).sum())
    return FilledText(
        filled_bytes=answer["filled_bytes"],
        mask_positions=answer["mask_positions"][:count].tolist(),
        top_bytes=answer["top_bytes"][:count].tolist(),
        top_probabilities=answer["top_probabilities"][:count].tolist(),
    )


def count_masks(token_ids):
    """Returns the number of masks in each row, int32 `(B,)`."""
    is_mask = tf.equal(token_ids, MASK)
    return tf.math.count_nonzero(is_mask, axis=1, dtype=tf.int32)


def too_many_masks(num_masks, max_masks, token):
    """Says where there are more masks than are answered; "" where not.

    Args:
        num_masks: int32 `(B,)`.
        max_masks: the most that are answered.
        token: what one is called, such as `"byte"`.
    """
    words = tf.strings.join(
        [
            "the text has ",
            tf.as_string(num_masks),
            f" masked {token}s, and at most {max_masks} are answered. "
            "Mask fewer, or raise max_masks.",
        ]
    )
    return tf.where(num_masks > max_masks, words, "")


def fill_masks(
    model,
    tokenizer,
    token_ids,
    padding_mask,
    problem_bytes,
    *,
    top_k,
    max_masks,
):
    """Answers every mask, inside a graph.

    The text is encoded once, and only the masked positions are decoded.

    Args:
        model: a language model with its views.
        tokenizer: what turns ids back into bytes.
        token_ids: int32 `(B, M)`.
        padding_mask: bool `(B, M)`, True = valid.
        problem_bytes: string `(B,)`, "" where all is well.
        top_k: how many tokens to give for each mask.
        max_masks: K, the most masks of one text.

    Returns:
        A dictionary: `filled_bytes` `(B,)`; `mask_positions` `(B, K)`, -1
        where there are fewer; `top_bytes` and `top_probabilities` `(B, K,
        top_k)`; and `problem_bytes`. A text with a problem has no other
        answers.
    """
    is_fine = tf.equal(problem_bytes, "")
    positions, is_mask = _mask_positions(token_ids, is_fine, max_masks)
    top_ids, top_probabilities = _predict(
        model, token_ids, padding_mask, positions, top_k
    )
    filled_ids = _fill(token_ids, top_ids[..., 0], max_masks)
    filled_bytes = tokenizer.decode_tensor(filled_ids)
    top_bytes = tokenizer.bytes_of_tensor(top_ids)
    return {
        "filled_bytes": tf.where(is_fine, filled_bytes, ""),
        "mask_positions": tf.where(is_mask, positions, -1),
        "top_bytes": tf.where(is_mask[..., None], top_bytes, ""),
        "top_probabilities": tf.where(
            is_mask[..., None], top_probabilities, 0.0
        ),
        "problem_bytes": problem_bytes,
    }


def _mask_positions(token_ids, is_fine, max_masks):
    """Positions `(B, K)` of masks, and which of them there are."""
    length = token_ids.shape[1]
    is_mask = tf.logical_and(tf.equal(token_ids, MASK), is_fine[:, None])
    places = tf.where(is_mask, tf.range(length), length)
    positions = tf.sort(places, axis=1)[:, :max_masks]
    behind = max(max_masks - length, 0)
    positions = tf.pad(positions, [[0, 0], [0, behind]], constant_values=length)
    is_mask = positions < length
    return tf.where(is_mask, positions, 0), is_mask


def _predict(model, token_ids, padding_mask, positions, top_k):
    """Ids and probabilities of the likeliest tokens at `positions`."""
    latents = model.encode(
        {"token_ids": token_ids, "padding_mask": padding_mask}
    )
    logits = model.decode({"latents": latents, "token_indices": positions})
    # A mask stands for text, so special tokens are no answer.
    probabilities = tf.nn.softmax(
        tf.cast(logits[..., NUM_SPECIAL_TOKENS:], tf.float32)
    )
    top_probabilities, top_rows = tf.math.top_k(probabilities, top_k)
    return top_rows + NUM_SPECIAL_TOKENS, top_probabilities


def _fill(token_ids, best_ids, max_masks):
    """`token_ids` with every mask replaced by its likeliest token."""
    is_mask = tf.equal(token_ids, MASK)
    ordinal = tf.cumsum(tf.cast(is_mask, tf.int32), axis=1)
    ordinal = tf.clip_by_value(ordinal - 1, 0, max_masks - 1)
    best = tf.gather(best_ids, ordinal, batch_dims=1)
    return tf.where(is_mask, best, token_ids)
