"""Say what a text of SentencePiece pieces is, or how two texts relate."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.byte_tokenizer import SEP
from keras_perceiver.data.sentencepiece_tokenizer import tokenizer_in
from keras_perceiver.data.text_pairs import join_piece_pairs
from keras_perceiver.tasks.classify_tokens import COUNTED
from keras_perceiver.tasks.classify_tokens import ClassifyTokens
from keras_perceiver.tasks.classify_tokens import vocabulary_of
from keras_perceiver.tasks.piece_ids import known_ids
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.text_length import too_long

_EMPTY = "the text is empty. Give at least one piece of it."


class ClassifyPieces(ClassifyTokens):
    """Does what `ClassifyText` does with a model of SentencePiece pieces.

    In Python, raw in and raw out. An export takes token ids in place of
    texts: the operations of SentencePiece are tensorflow-text's, which not
    every server has. `token_ids` makes them.

    Args:
        model: as of `ClassifyText`, of pieces, such as
            `from_preset("language_sentencepiece_glue")`.
        task: as of `ClassifyText`.
        class_names: as of `ClassifyText`.
        tokenizer: the `SentencepieceTokenizer`. None takes the one that the
            model came with.
        top_k: how many classes to name; where there are fewer, all.
        truncate: whether what is too long is cut instead of refused.

    Raises:
        ImportError: if tensorflow-text or sentencepiece is not installed.
        ValueError: as of `ClassifyText`, or if the tokenizer is of another
            vocabulary.
    """

    def __init__(
        self,
        model,
        task=None,
        class_names=None,
        *,
        tokenizer=None,
        top_k=5,
        truncate=False,
    ):
        self.truncate = truncate
        super().__init__(model, task, class_names, top_k)
        if tokenizer is None:
            tokenizer = tokenizer_in(getattr(model, "preprocessing", None))
        vocabulary_size = vocabulary_of(model)
        if vocabulary_size is not None:
            tokenizer.check_fits(vocabulary_size)
        self.tokenizer = tokenizer

    def request_specs(self):
        """Returns the `tf.TensorSpec` of a row of ids."""
        shape = (None, self.max_length)
        return (tf.TensorSpec(shape, tf.int32, "token_ids"),)

    def token_ids(self, first, second=""):
        """Returns the ids of a text or two, as an export takes them.

        Args:
            first: `str` or `bytes`.
            second: the same, what it is compared with; "" for nothing.

        Returns:
            A list of `max_length` ids, padded with 0; a 5 parts the two.

        Raises:
            ValueError: if the first has no piece, or they are too long.
        """
        token_ids, _, num_tokens = join_piece_pairs(
            self.tokenizer,
            tf.constant([first]),
            tf.constant([second]),
            self.max_length,
        )
        length = too_long(num_tokens, self.max_length, COUNTED.format("pieces"))
        if length[0] != b"" and not self.truncate:
            raise ValueError(length[0].numpy().decode())
        return token_ids[0].numpy().tolist()

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        token_ids, _, _ = join_piece_pairs(
            self.tokenizer,
            tf.constant(["a text", "one of two", ""]),
            tf.constant(["", "and another", "b"]),
            self.max_length,
        )
        return {"token_ids": token_ids}

    def read(self, first, second):
        """Returns the request of two texts, both bytes, by input."""
        return {"token_ids": self.token_ids(first, second)}

    def tokens_of(self, token_ids):
        """Returns `token_ids`, `padding_mask` and problems of a request.

        Args:
            token_ids: int32 `(B, max_length)`, padded with 0; between two
                texts is 5.
        """
        token_ids, problems = known_ids(
            token_ids, self.tokenizer.vocabulary_size
        )
        begin = token_ids[:, 0]
        is_empty = tf.equal(begin, PAD) | tf.equal(begin, SEP)
        problems = first_of(problems, tf.where(is_empty, _EMPTY, ""))
        return token_ids, tf.not_equal(token_ids, PAD), problems
