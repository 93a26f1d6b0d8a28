"""Say what a text is, or how two texts relate."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.text_pairs import join_pairs
from keras_perceiver.tasks.classify_tokens import COUNTED
from keras_perceiver.tasks.classify_tokens import ClassifyTokens
from keras_perceiver.tasks.classify_tokens import vocabulary_of
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.text_length import too_long


class ClassifyText(ClassifyTokens):
    """Names the class of texts or of pairs of texts, or gives them a score.

    Perceiver IO, section 4.1 (GLUE). Of a model of several tasks one is
    asked; the others cost nothing but their heads. Any bytes are text, valid
    UTF-8 or not.

    Args:
        model: a byte model from `token_ids` and `padding_mask` to a
            dictionary of logits by task, such as
            `from_preset("language_bytes_glue")`.
        task: which of the model's outputs answers where a call names none,
            and `serving_default` of an export, which else has the first.
        class_names: a list of names for each task of several classes, in a
            dictionary by task, or one list for the one task chosen. None
            takes those that the model came with
            (`model.preprocessing["class_names"]`), or numbers.
        top_k: how many classes to name; where there are fewer, all.
        truncate: whether what is too long is cut instead of refused.

    Raises:
        ValueError: if the model is no such classifier, has no such task, or
            its number of classes is not that of the names.
    """

    def __init__(
        self, model, task=None, class_names=None, top_k=5, truncate=False
    ):
        self.truncate = truncate
        super().__init__(model, task, class_names, top_k)
        vocabulary_size = vocabulary_of(model)
        if vocabulary_size not in (None, ByteTokenizer.vocabulary_size):
            raise ValueError(
                "ClassifyText takes a byte model, with a vocabulary of "
                f"{ByteTokenizer.vocabulary_size}. Received: {vocabulary_size}"
            )

    def request_specs(self):
        """Returns a `tf.TensorSpec` for each of the two texts."""
        return (
            tf.TensorSpec((None,), tf.string, "text_bytes"),
            tf.TensorSpec((None,), tf.string, "second_text_bytes"),
        )

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        first = ["a text", "one of two", "", "x" * (self.max_length + 1)]
        return {
            "text_bytes": tf.constant(first),
            "second_text_bytes": tf.constant(["", "\xff and another", "b", ""]),
        }

    def read(self, first, second):
        """Returns the request of two texts, both bytes, by input."""
        return {"text_bytes": first, "second_text_bytes": second}

    def tokens_of(self, text_bytes, second_text_bytes):
        """Returns `token_ids`, `padding_mask` and problems of a request.

        Args:
            text_bytes: string tensor `(B,)`.
            second_text_bytes: string tensor `(B,)`, "" where there is none.
        """
        token_ids, padding_mask, num_tokens = join_pairs(
            text_bytes, second_text_bytes, self.max_length
        )
        problems = tf.where(
            tf.equal(text_bytes, ""),
            "the text is empty. Give at least one byte of it.",
            "",
        )
        if not self.truncate:
            length = too_long(
                num_tokens, self.max_length, COUNTED.format("bytes")
            )
            problems = first_of(problems, length)
        return token_ids, padding_mask, problems
