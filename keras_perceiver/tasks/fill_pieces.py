"""Fill masked SentencePiece pieces of raw text."""

import math

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.sentencepiece_tokenizer import tokenizer_in
from keras_perceiver.tasks.masked_tokens import as_filled_text
from keras_perceiver.tasks.masked_tokens import count_masks
from keras_perceiver.tasks.masked_tokens import fill_masks
from keras_perceiver.tasks.masked_tokens import too_many_masks
from keras_perceiver.tasks.piece_ids import known_ids
from keras_perceiver.tasks.piece_markup import read_piece_masks
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import check_views


class FillPieces(Task):
    r"""Fills masks in raw text with a language model of SentencePiece pieces.

    `[MASK]` in a text is one unknown piece, `[MASK:3]` three, and `\[MASK]`
    the letters themselves; the blank before a mark belongs to what it hides,
    as pieces have it.

    In Python, raw in and raw out. An export takes token ids in place of text:
    the operations of SentencePiece are tensorflow-text's, which not every
    server has. `token_ids` makes them.

    Args:
        model: from `from_preset("language_sentencepiece")`,
            `load_pretrained` or the like, with its views.
        tokenizer: the `SentencepieceTokenizer`. None takes the one that the
            model came with.
        top_k: how many pieces to give for each mask.
        max_masks: the most masked pieces in one text.
        truncate: whether a text that is too long is cut instead of refused.

    Raises:
        ImportError: if tensorflow-text or sentencepiece is not installed.
        ValueError: if the model lacks its views, the tokenizer is of another
            vocabulary, or a number is out of range.
    """

    def __init__(
        self, model, tokenizer=None, *, top_k=5, max_masks=64, truncate=False
    ):
        check_views(model)
        max_length = model.input["token_ids"].shape[1]
        super().__init__(
            model, tf.TensorSpec((None, max_length), tf.int32, "token_ids")
        )
        if tokenizer is None:
            tokenizer = tokenizer_in(getattr(model, "preprocessing", None))
        tokenizer.check_fits(model.output.shape[-1])
        num_pieces = tokenizer.vocabulary_size - NUM_SPECIAL_TOKENS
        check_range("top_k", top_k, 1, num_pieces)
        check_range("max_masks", max_masks, 1, math.inf)
        self.tokenizer = tokenizer
        self.top_k = top_k
        self.max_masks = max_masks
        self.truncate = truncate
        self.max_length = max_length

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
        return self.fill_ids(texts, self.token_ids)

    def fill_ids(self, rows, token_ids_of=list):
        """Fills rows of token ids.

        Args:
            rows: a list of them, or of what `token_ids_of` makes them from.
            token_ids_of: from a row to `max_length` ids.

        Returns:
            A list of `FilledText`s.
        """
        return [
            as_filled_text(answer)
            for answer in self.answers(
                "Text", rows, lambda row: {"token_ids": token_ids_of(row)}
            )
        ]

    def token_ids(self, text):
        """Returns the ids of a text with masks, as an export takes them.

        Args:
            text: `str` or `bytes`.

        Returns:
            A list of `max_length` ids, padded with 0; a mask is 3.

        Raises:
            ValueError: if the text has no mask or is too long.
        """
        text = text.encode() if isinstance(text, str) else text
        token_ids = read_piece_masks(self.tokenizer, text)
        excess = len(token_ids) - self.max_length
        if excess > 0 and not self.truncate:
            raise ValueError(
                f"the text takes {len(token_ids)} pieces with its masks, and "
                f"the model {self.max_length}. Shorten it by {excess}, or let "
                "it be cut with truncate."
            )
        return token_ids[: self.max_length] + [PAD] * -min(excess, 0)

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        texts = [b"[MASK]", b"the [MASK:2] of the [MASK]", b"it has no mask"]
        rows = [read_piece_masks(self.tokenizer, text) for text in texts]
        rows = [row[: self.max_length] for row in rows]
        return {
            "token_ids": tf.constant(
                [row + [PAD] * (self.max_length - len(row)) for row in rows],
                tf.int32,
            )
        }

    def serve(self, token_ids):
        """The task inside a graph: this is what an export answers with.

        Args:
            token_ids: int32 `(B, max_length)`, padded with 0; a mask is 3.

        Returns:
            A dictionary, as `fill_masks` has it. A row with a problem has no
            other answers, and never spoils its batchmates'.
        """
        token_ids, unknown = known_ids(
            token_ids, self.tokenizer.vocabulary_size
        )
        num_masks = count_masks(token_ids)
        problem_bytes = first_of(
            unknown,
            too_many_masks(num_masks, self.max_masks, "piece"),
            tf.where(
                num_masks > 0,
                "",
                "the text has no mask. Write [MASK] for one unknown piece, "
                "[MASK:3] for three; among ids, a mask is 3.",
            ),
        )
        return fill_masks(
            self.model,
            self.tokenizer,
            token_ids,
            tf.not_equal(token_ids, PAD),
            problem_bytes,
            top_k=self.top_k,
            max_masks=self.max_masks,
        )
