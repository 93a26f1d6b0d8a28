"""Fill masked bytes of raw text."""

import dataclasses
import math

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.tasks import mask_markup
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import check_views
from keras_perceiver.tasks.text_length import too_long


@dataclasses.dataclass(frozen=True)
class FilledText:
    """One text with its masks filled.

    Attributes:
        filled_bytes: the text, every masked byte replaced by the likeliest.
        mask_positions: where the masked bytes stand in it.
        top_bytes: for each of them the likeliest bytes, best first.
        top_probabilities: their probabilities among all 256 bytes.
    """

    filled_bytes: bytes
    mask_positions: list[int]
    top_bytes: list[list[bytes]]
    top_probabilities: list[list[float]]

    @property
    def text(self):
        """The filled text as `str`; invalid UTF-8 becomes U+FFFD."""
        return self.filled_bytes.decode(errors="replace")


class FillMask(Task):
    r"""Fills masks in raw text with a byte language model.

    `[MASK]` in a text is one unknown byte, `[MASK:9]` nine, and `\[MASK]`
    the letters themselves. The text is encoded once, and only the masked
    positions are decoded. Any bytes are text, valid UTF-8 or not.

    Args:
        model: from `from_preset("language_bytes")`, `load_pretrained` or the
            like, with its views `encode` and `decode`.
        top_k: how many bytes to give for each mask.
        max_masks: the most masked bytes in one text.
        truncate: whether a text that is too long is cut instead of refused.

    Raises:
        ValueError: if the model is no byte language model or lacks its views,
            or a number is out of range.
    """

    def __init__(self, model, *, top_k=5, max_masks=64, truncate=False):
        super().__init__(model, tf.TensorSpec((None,), tf.string, "text_bytes"))
        _check_model(model)
        check_range("top_k", top_k, 1, 256)
        check_range("max_masks", max_masks, 1, math.inf)
        self.top_k = top_k
        self.max_masks = max_masks
        self.truncate = truncate
        self.max_length = model.input["token_ids"].shape[1]
        self._tokenizer = ByteTokenizer()

    def __call__(self, texts):
        """Fills the masks of one text or of a list of texts.

        Args:
            texts: `str` or `bytes`, or a list of them.

        Returns:
            A `FilledText`, or a list of them.

        Raises:
            ValueError: if a text has no mask, too many, or is too long.
        """
        if isinstance(texts, str | bytes):
            return self([texts])[0]
        return [
            _as_filled_text(answer)
            for answer in self.answers(
                "Text", texts, lambda text: {"text_bytes": text}
            )
        ]

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        longest = "[MASK:3]" + "x" * (self.max_length - 3)
        return {
            "text_bytes": tf.constant(
                [
                    b"[MASK]",
                    b"the [MASK:3] of the [MASK]",
                    b"\xff\x00 is a byte, and so is [MASK]; \\[MASK] is text",
                    b"this one has no mask",
                    longest.encode(),
                ]
            )
        }

    def serve(self, text_bytes):
        """The task inside a graph: this is what an export answers with.

        Args:
            text_bytes: string tensor `(B,)`.

        Returns:
            A dictionary, padded to `max_masks` = K a row: `filled_bytes`
            `(B,)`; `mask_positions` `(B, K)`, -1 where there are fewer;
            `top_bytes` and `top_probabilities` `(B, K, top_k)`; and
            `problem_bytes` `(B,)`, empty where all is well. A text with a
            problem has no other answers, and never spoils its batchmates'.
        """
        token_ids, padding_mask, num_tokens = mask_markup.read_masks(
            text_bytes, self.max_length
        )
        problem_bytes = self._problems(text_bytes, token_ids, num_tokens)
        is_fine = tf.equal(problem_bytes, "")
        positions, is_mask = self._mask_positions(token_ids, is_fine)
        top_ids, top_probabilities = self._predict(
            token_ids, padding_mask, positions
        )
        filled_ids = self._fill(token_ids, positions, is_mask, top_ids)
        filled_bytes = self._tokenizer.decode_tensor(filled_ids)
        top_bytes = self._tokenizer.bytes_of_tensor(top_ids)
        return {
            "filled_bytes": tf.where(is_fine, filled_bytes, ""),
            "mask_positions": tf.where(is_mask, positions, -1),
            "top_bytes": tf.where(is_mask[..., None], top_bytes, ""),
            "top_probabilities": tf.where(
                is_mask[..., None], top_probabilities, 0.0
            ),
            "problem_bytes": problem_bytes,
        }

    def _mask_positions(self, token_ids, is_fine):
        """Positions `(B, K)` of masks, and which of them there are."""
        is_mask = tf.logical_and(tf.equal(token_ids, MASK), is_fine[:, None])
        places = tf.where(is_mask, tf.range(self.max_length), self.max_length)
        positions = tf.sort(places, axis=1)[:, : self.max_masks]
        behind = tf.maximum(self.max_masks - self.max_length, 0)
        positions = tf.pad(
            positions, [[0, 0], [0, behind]], constant_values=self.max_length
        )
        is_mask = positions < self.max_length
        return tf.where(is_mask, positions, 0), is_mask

    def _predict(self, token_ids, padding_mask, positions):
        """Ids and probabilities of the likeliest bytes at `positions`."""
        latents = self.model.encode(
            {"token_ids": token_ids, "padding_mask": padding_mask}
        )
        logits = self.model.decode(
            {"latents": latents, "token_indices": positions}
        )
        # A mask stands for a byte, so special tokens are no answer.
        probabilities = tf.nn.softmax(
            tf.cast(logits[..., NUM_SPECIAL_TOKENS:], tf.float32)
        )
        top_probabilities, top_values = tf.math.top_k(probabilities, self.top_k)
        return top_values + NUM_SPECIAL_TOKENS, top_probabilities

    def _fill(self, token_ids, positions, is_mask, top_ids):
        """`token_ids` with every mask replaced by its likeliest byte."""
        ordinal = tf.cumsum(
            tf.cast(tf.equal(token_ids, MASK), tf.int32), axis=1
        )
        ordinal = tf.clip_by_value(ordinal - 1, 0, self.max_masks - 1)
        best = tf.gather(top_ids[..., 0], ordinal, batch_dims=1)
        return tf.where(tf.equal(token_ids, MASK), best, token_ids)

    def _problems(self, text_bytes, token_ids, num_tokens):
        """What is wrong with each text, in words; "" if nothing is."""
        num_masks = tf.math.count_nonzero(
            tf.equal(token_ids, MASK), axis=1, dtype=tf.int32
        )
        # What the raw limit cut off can only have made it longer.
        raw_limit = mask_markup.RAW_BYTES_PER_TOKEN * self.max_length
        raw_excess = tf.strings.length(text_bytes) - raw_limit
        num_tokens = tf.where(
            raw_excess > 0,
            tf.maximum(num_tokens, self.max_length) + raw_excess,
            num_tokens,
        )
        was_cut = num_tokens > self.max_length
        too_many = tf.strings.join(
            [
                "the text has ",
                tf.as_string(num_masks),
                f" masked bytes, and at most {self.max_masks} are answered. "
                "Mask fewer, or raise max_masks.",
            ]
        )
        none = (
            "the text has no mask. Write [MASK] for one unknown byte, "
            "[MASK:9] for nine."
        )
        problem = tf.where(num_masks > self.max_masks, too_many, "")
        none_left = (
            f"the text has no mask in its first {self.max_length} bytes, and "
            "the rest was cut. Put a mask there, or cut the text yourself."
        )
        problem = tf.where(
            tf.equal(num_masks, 0), tf.where(was_cut, none_left, none), problem
        )
        if self.truncate:
            return problem
        length_problem = too_long(
            num_tokens, self.max_length, "bytes with its masks"
        )
        return tf.where(was_cut, length_problem, problem)


def _check_model(model):
    check_views(model)
    vocabulary_size = model.output.shape[-1]
    if vocabulary_size != ByteTokenizer.vocabulary_size:
        raise ValueError(
            "FillMask takes a byte model, with a vocabulary of "
            f"{ByteTokenizer.vocabulary_size}. Received: {vocabulary_size}"
        )


def _as_filled_text(answer):
    count = int((answer["mask_positions"] >= 0).sum())
    return FilledText(
        filled_bytes=answer["filled_bytes"],
        mask_positions=answer["mask_positions"][:count].tolist(),
        top_bytes=answer["top_bytes"][:count].tolist(),
        top_probabilities=answer["top_probabilities"][:count].tolist(),
    )
