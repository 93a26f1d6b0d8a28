"""Say what a text is, or how two texts relate."""

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.text_pairs import join_pairs
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels import names_of
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import inputs_of
from keras_perceiver.tasks.text_length import too_long


class ClassifyText(Task):
    """Names the class of texts or of pairs of texts, or gives them a score.

    Perceiver IO, section 4.1 (GLUE). Of a model of several tasks one is
    asked; the others cost nothing but their heads. Any bytes are text, valid
    UTF-8 or not.

    Args:
        model: a byte model from `token_ids` and `padding_mask` to a
            dictionary of logits by task, such as
            `from_preset("language_bytes_glue")`.
        task: which of the model's outputs; needed where there are several.
        class_names: a name for each class. None takes those that the model
            came with (`model.preprocessing["class_names"]`), or numbers.
        top_k: how many classes to name; where there are fewer, all.
        truncate: whether what is too long is cut instead of refused.

    Raises:
        ValueError: if the model is no such classifier, has no such task, or
            its number of classes is not that of the names.
    """

    def __init__(
        self, model, task=None, class_names=None, top_k=5, truncate=False
    ):
        check_inputs("ClassifyText", model, "token_ids", "padding_mask")
        _check_vocabulary(model)
        self.task = _find_task(model, task)
        self.max_length = inputs_of(model)["token_ids"].shape[1]
        self.truncate = truncate
        num_outputs = model.output[self.task].shape[-1]
        # One number is a regression.
        self.labels = None
        if num_outputs > 1:
            names = names_of(model, class_names)
            self.labels = Labels(num_outputs, names, top_k)
        super().__init__(
            model,
            tf.TensorSpec((None,), tf.string, "text_bytes"),
            tf.TensorSpec((None,), tf.string, "second_text_bytes"),
        )

    def __call__(self, texts, second_texts=None):
        """Classifies one text or a list of texts.

        Args:
            texts: `str` or `bytes`, or a list of them.
            second_texts: the same, what each is compared with; None where
                the task takes one text.

        Returns:
            A `Prediction`, or a number where the task is a regression; or a
            list of them.

        Raises:
            ValueError: if a text is empty or too long, or there are more of
                the one than of the other.
        """
        if isinstance(texts, str | bytes):
            second = None if second_texts is None else [second_texts]
            return self([texts], second)[0]
        if second_texts is None:
            second_texts = [""] * len(texts)
        if len(texts) != len(second_texts):
            raise ValueError(
                "Every text is compared with one text. Received: "
                f"{len(texts)} texts and {len(second_texts)} second_texts"
            )
        pairs = list(zip(texts, second_texts, strict=True))
        return [
            float(answer["score"])
            if self.labels is None
            else as_prediction(answer)
            for answer in self.answers("Text", pairs, _read)
        ]

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        first = ["a text", "one of two", "", "x" * (self.max_length + 1)]
        return {
            "text_bytes": tf.constant(first),
            "second_text_bytes": tf.constant(["", "\xff and another", "b", ""]),
        }

    def serve(self, text_bytes, second_text_bytes):
        """The task inside a graph: this is what an export answers with.

        Args:
            text_bytes: string tensor `(B,)`.
            second_text_bytes: string tensor `(B,)`, "" where there is none.

        Returns:
            A dictionary of `label_bytes` and `probabilities` `(B, top_k)`,
            best first, or `score` `(B,)` of a regression; and
            `problem_bytes` `(B,)`, empty where all is well. A pair with a
            problem, such as an empty first text, has no other answers, and
            never spoils its batchmates'.
        """
        token_ids, padding_mask, num_tokens = join_pairs(
            text_bytes, second_text_bytes, self.max_length
        )
        problem_bytes = self._problems(text_bytes, num_tokens)
        logits = self.model(
            {"token_ids": token_ids, "padding_mask": padding_mask}
        )[self.task]
        answers = self._answers_of(tf.cast(logits, tf.float32))
        return with_problems(answers, problem_bytes)

    def _answers_of(self, logits):
        if self.labels is None:
            return {"score": logits[:, 0]}
        return self.labels.best(tf.nn.softmax(logits))

    def _problems(self, text_bytes, num_tokens):
        """What is wrong with each text, in words; "" if nothing is."""
        problem = ""
        if not self.truncate:
            problem = too_long(
                num_tokens,
                self.max_length,
                "bytes, its partner and a separator included",
            )
        return tf.where(
            tf.equal(text_bytes, ""),
            "the text is empty. Give at least one byte of it.",
            problem,
        )


def _read(pair):
    first, second = (
        text.encode() if isinstance(text, str) else text for text in pair
    )
    return {"text_bytes": first, "second_text_bytes": second}


def _check_vocabulary(model):
    for layer in model.layers:
        if layer.name == "token_embedding":
            if layer.input_dim == ByteTokenizer.vocabulary_size:
                return
            raise ValueError(
                "ClassifyText takes a byte model, with a vocabulary of "
                f"{ByteTokenizer.vocabulary_size}. Received: {layer.input_dim}"
            )


def _find_task(model, task):
    if not isinstance(model.output, dict):
        raise ValueError(
            "ClassifyText takes a model with a dictionary of logits by task, "
            "such as from_preset('language_bytes_glue'). Received: "
            f"{model.name!r}"
        )
    if task is None and len(model.output) == 1:
        return next(iter(model.output))
    if task is None:
        raise ValueError(
            "The model has several tasks. Say which one with task=: "
            f"{', '.join(model.output)}"
        )
    if task not in model.output:
        raise errors.unknown("task of the model:", task, model.output)
    return task
