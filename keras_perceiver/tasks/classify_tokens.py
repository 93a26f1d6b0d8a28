"""What tasks have in common that say what a row of tokens is."""

import functools

import tensorflow as tf

from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels_by_task import find_task
from keras_perceiver.tasks.labels_by_task import labels_by_task
from keras_perceiver.tasks.labels_by_task import tasks_of
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import inputs_of

# What is counted where a pair of texts is too long.
COUNTED = "{}, its partner and a separator included"


class ClassifyTokens(Task):
    """Asks a model of several tasks on one or two texts for one of them.

    A subclass says how texts become tokens: it writes `request_specs`, which
    say what a request is, `read`, from texts to a request, and `tokens_of`,
    from a request to what the model takes.

    Args:
        model: from `token_ids` and `padding_mask` to a dictionary of logits
            by task.
        task: which one is asked where a call names none.
        class_names: lists of names by task, or a list for one.
        top_k: how many classes to name; where there are fewer, all.

    Raises:
        ValueError: if the model is no such classifier, has no such task, or
            the names are not those of its classes.
    """

    def __init__(self, model, task, class_names, top_k):
        kind = type(self).__name__
        check_inputs(kind, model, "token_ids", "padding_mask")
        self.tasks = tasks_of(kind, model)
        self.task = find_task(self.tasks, task)
        self.labels = labels_by_task(
            model, self.tasks, self.task, class_names, top_k
        )
        self.max_length = inputs_of(model)["token_ids"].shape[1]
        super().__init__(model, *self.request_specs())

    def _compile(self):
        super()._compile()
        shape = (None, self.max_length)
        # One graph of the model for all tasks, in Python and in an export.
        self._logits = tf.function(
            self._all_logits,
            input_signature=[
                tf.TensorSpec(shape, tf.int32),
                tf.TensorSpec(shape, tf.bool),
            ],
            autograph=False,
        )

    def __call__(self, texts, second_texts=None, task=None):
        """Classifies one text or a list of texts.

        Args:
            texts: `str` or `bytes`, or a list of them.
            second_texts: the same, what each is compared with; None where
                the task takes one text.
            task: which of the model's tasks; None for the one that was
                chosen before.

        Returns:
            A `Prediction`, or a number where the task is a regression; or a
            list of them.

        Raises:
            ValueError: if a text is empty or too long, there are more of the
                one than of the other, or no such task.
        """
        if isinstance(texts, str | bytes):
            second = None if second_texts is None else [second_texts]
            return self([texts], second, task)[0]
        if second_texts is None:
            second_texts = [""] * len(texts)
        if len(texts) != len(second_texts):
            raise ValueError(
                "Every text is compared with one text. Received: "
                f"{len(texts)} texts and {len(second_texts)} second_texts"
            )
        task = self._chosen(task)
        pairs = list(zip(texts, second_texts, strict=True))
        return [
            float(answer["score"])
            if self.labels[task] is None
            else as_prediction(answer)
            for answer in self.answers("Text", pairs, self._read, name=task)
        ]

    def serve(self, *tensors):
        """The task inside a graph: this is what an export answers with.

        Args:
            *tensors: in the order of the task's inputs.

        Returns:
            A dictionary of `label_bytes` and `probabilities` `(B, top_k)`,
            best first, or `score` `(B,)` of a regression; and
            `problem_bytes` `(B,)`, empty where all is well. A pair with a
            problem, such as an empty first text, has no other answers, and
            never spoils its batchmates'. Where the model has several tasks
            and none was chosen, the first answers.
        """
        return self._serve(self.task or next(iter(self.tasks)), *tensors)

    def more_functions(self):
        """Returns a function for each of the model's tasks."""
        return {
            name: functools.partial(self._serve, name) for name in self.tasks
        }

    def request_specs(self):
        """Returns what `Task` takes as inputs; `max_length` is known."""
        raise NotImplementedError

    def read(self, first, second):
        """Returns the request of two texts, both bytes, by input."""
        raise NotImplementedError

    def tokens_of(self, *tensors):
        """Returns `token_ids`, `padding_mask` and problems of a request."""
        raise NotImplementedError

    def _read(self, pair):
        return self.read(
            *(text.encode() if isinstance(text, str) else text for text in pair)
        )

    def _all_logits(self, token_ids, padding_mask):
        return self.model(
            {"token_ids": token_ids, "padding_mask": padding_mask}
        )

    def _serve(self, task, *tensors):
        token_ids, padding_mask, problem_bytes = self.tokens_of(*tensors)
        logits = self._logits(token_ids, padding_mask)[task]
        answers = self._answers_of(task, tf.cast(logits, tf.float32))
        return with_problems(answers, problem_bytes)

    def _answers_of(self, task, logits):
        if self.labels[task] is None:
            return {"score": logits[:, 0]}
        return self.labels[task].best(tf.nn.softmax(logits))

    def _chosen(self, task):
        if task is None and self.task is None:
            raise ValueError(
                "The model has several tasks. Say which one with task=: "
                f"{', '.join(self.tasks)}"
            )
        return find_task(self.tasks, task or self.task)


def vocabulary_of(model):
    """Returns how many token ids a model knows, or None if it does not say."""
    for layer in model.layers:
        if layer.name == "token_embedding":
            return layer.input_dim
    return None
