"""Class names and probabilities, as all classifying tasks answer."""

import dataclasses

import tensorflow as tf

from keras_perceiver.tasks.task import check_range


@dataclasses.dataclass(frozen=True)
class Prediction:
    """The likeliest classes of one input.

    Attributes:
        labels: their names, best first.
        probabilities: their probabilities.
    """

    labels: list[str]
    probabilities: list[float]

    @property
    def label(self):
        """The name of the likeliest class."""
        return self.labels[0]


class Labels:
    """The names of a model's classes.

    Args:
        num_classes: width of the model's logits.
        class_names: a name for each. None takes their numbers.
        top_k: how many classes to name; where there are fewer, all.

    Raises:
        ValueError: if there are not as many names as classes, or `top_k` is
            not positive.
    """

    def __init__(self, num_classes, class_names, top_k):
        if class_names is None:
            class_names = [str(number) for number in range(num_classes)]
        class_names = list(class_names)
        if len(class_names) != num_classes:
            raise ValueError(
                f"The model has {num_classes} classes. Received: "
                f"{len(class_names)} class_names"
            )
        check_range("top_k", top_k, 1, float("inf"))
        self.class_names = class_names
        self.top_k = min(top_k, num_classes)

    def best(self, probabilities):
        """The likeliest classes, inside a graph.

        Args:
            probabilities: `(B, num_classes)`.

        Returns:
            `label_bytes` and `probabilities`, both `(B, top_k)`, best first.
        """
        probabilities, numbers = tf.math.top_k(probabilities, self.top_k)
        names = tf.constant([str(name) for name in self.class_names])
        return {
            "label_bytes": tf.gather(names, numbers),
            "probabilities": probabilities,
        }


def names_of(model, class_names):
    """Returns `class_names`, or if None those that the model came with."""
    if class_names is not None:
        return class_names
    preprocessing = getattr(model, "preprocessing", None) or {}
    return preprocessing.get("class_names")


def as_prediction(answer):
    """The `Prediction` in one row of `Labels.best`."""
    return Prediction(
        labels=[name.decode() for name in answer["label_bytes"]],
        probabilities=answer["probabilities"].tolist(),
    )
