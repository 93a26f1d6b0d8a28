"""Say what a cloud of points is."""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.point_clouds import views
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels import names_of
from keras_perceiver.tasks.problems import blanked
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.problems import not_finite
from keras_perceiver.tasks.problems import overflowed
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import inputs_of


class ClassifyPoints(Task):
    """Names the likeliest classes of clouds of points.

    A cloud is centred on its mean and scaled to reach 1 or -1 in one
    direction, as in training (Perceiver, section 4.3). Of too many points
    evenly many are left out, and too few come again. Before, points are
    ordered by their coordinates, so that the order in which they came does
    not change which ones are seen.

    Args:
        model: from `points` `(B, M, 3)` to logits `(B, num_classes)`, such as
            `from_preset("modelnet40_perceiver")`.
        class_names: a name for each class, as `ClassifyImage` takes them.
        top_k: how many classes to name; where there are fewer, all.

    Raises:
        ValueError: if the model is no point classifier, or its number of
            classes is not that of the names.
    """

    def __init__(self, model, class_names=None, top_k=5):
        check_inputs("ClassifyPoints", model, "points")
        self.num_points, self.num_coordinates = inputs_of(model)[
            "points"
        ].shape[1:]
        super().__init__(
            model,
            tf.TensorSpec(
                (None, None, self.num_coordinates), tf.float32, "points"
            ),
        )
        self.labels = Labels(
            model.output.shape[-1], names_of(model, class_names), top_k
        )

    def __call__(self, points):
        """Classifies one cloud of points or a list of clouds.

        Args:
            points: an array `(n, 3)`, any number of points in any unit; or a
                list of these; or an array `(B, n, 3)`.

        Returns:
            A `Prediction`, with `label`, `labels` and `probabilities`, or a
            list of them.

        Raises:
            ValueError: if a cloud is not of that form.
        """
        if not isinstance(points, list | tuple) and np.ndim(points) <= 2:
            return self([points])[0]
        # One at a time, since clouds differ in length.
        return [
            as_prediction(answer)
            for answer in self.answers("Cloud", points, self._read, 1)
        ]

    def _read(self, points):
        points = np.asarray(points, np.float32)
        if (
            points.ndim != 2
            or points.shape[1] != self.num_coordinates
            or len(points) == 0
            or not np.isfinite(points).all()
        ):
            raise ValueError(
                f"wanted: an array (n, {self.num_coordinates}) of finite "
                f"numbers. Received: shape {points.shape}"
            )
        return {"points": points}

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        points = np.random.default_rng(0).normal(
            size=(3, self.num_points + 3, self.num_coordinates)
        )
        points[2, 1, 0] = math.nan
        return {"points": tf.constant(points, tf.float32)}

    def serve(self, points):
        """The task inside a graph: this is what an export answers with.

        Args:
            points: float32 `(B, n, 3)`.

        Returns:
            A dictionary of `label_bytes` and `probabilities` `(B, top_k)`,
            best first, and `problem_bytes` `(B,)`, empty where all is well.
            A cloud without points, or with numbers that are not finite, has
            "" and 0 for answers, and never spoils its batchmates'.
        """
        problems = tf.where(
            tf.equal(tf.shape(points)[1], 0),
            "the cloud has 0 points. Give at least one.",
            not_finite("the points", points),
        )
        points = self.normalized(blanked(points, problems))
        logits = call(self.model, {"points": points})
        chances = tf.nn.softmax(tf.cast(logits, tf.float32))
        return with_problems(
            self.labels.best(chances), first_of(problems, overflowed(chances))
        )

    def normalized(self, points):
        """As many points as the model takes, in [-1, 1] around 0.

        Args:
            points: float32 `(B, n, 3)`, finite, any number of them.

        Returns:
            float32 `(B, M, 3)`.
        """
        is_empty = tf.cast(tf.equal(tf.shape(points)[1], 0), tf.int32)
        points = tf.pad(points, [[0, 0], [0, is_empty], [0, 0]])
        points = views.evenly(_ordered(points), self.num_points)
        points = tf.ensure_shape(
            points, (None, self.num_points, self.num_coordinates)
        )
        return views.to_unit_cube(points)


def _ordered(points):
    """Clouds whose points rise by the first coordinate, then the next."""
    for axis in reversed(range(points.shape[-1])):
        # Equal ones stay in the order that the coordinates behind gave them.
        order = tf.argsort(points[..., axis], axis=1, stable=True)
        points = tf.gather(points, order, axis=1, batch_dims=1)
    return points
