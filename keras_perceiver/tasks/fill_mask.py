"""Fill masked bytes of raw text."""

import math

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.tasks import mask_markup
from keras_perceiver.tasks.masked_tokens import FilledText as FilledText
from keras_perceiver.tasks.masked_tokens import as_filled_text
from keras_perceiver.tasks.masked_tokens import count_masks
from keras_perceiver.tasks.masked_tokens import fill_masks
from keras_perceiver.tasks.masked_tokens import too_many_masks
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import check_views
from keras_perceiver.tasks.text_length import too_long


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
            as_filled_text(answer)
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
        return fill_masks(
            self.model,
            self._tokenizer,
            token_ids,
            padding_mask,
            problem_bytes,
            top_k=self.top_k,
            max_masks=self.max_masks,
        )

    def _problems(self, text_bytes, token_ids, num_tokens):
        """What is wrong with each text, in words; "" if nothing is."""
        num_masks = count_masks(token_ids)
        # What the raw limit cut off can only have made it longer.
        raw_limit = mask_markup.RAW_BYTES_PER_TOKEN * self.max_length
        raw_excess = tf.strings.length(text_bytes) - raw_limit
        num_tokens = tf.where(
            raw_excess > 0,
            tf.maximum(num_tokens, self.max_length) + raw_excess,
            num_tokens,
        )
        was_cut = num_tokens > self.max_length
        none = (
            "the text has no mask. Write [MASK] for one unknown byte, "
            "[MASK:9] for nine."
        )
        problem = too_many_masks(num_masks, self.max_masks, "byte")
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
