"""What the model answers, for people to see."""

import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver.data.point_clouds import reading
from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds.limits import ShapeError
from keras_perceiver.models.attention_scores import with_attention_scores
from keras_perceiver.visualization import point_clouds
from keras_perceiver.visualization.labelled_images import verdict
from recipes.picture_option import split_picture
from recipes.picture_option import write_picture

NUM_EXAMPLES = 8


def attended(model, points):
    """Returns logits, and how much each read of the model attends to points.

    Args:
        model: a point classifier.
        points: float32 `(B, M, 3)`.

    Returns:
        float32 `(B, num_classes)` and `(B, reads, M)`: means over heads and
        latents, which sum to 1.
    """
    names = [
        layer.name
        for layer in model.layers
        if layer.name.startswith("cross_attention_")
    ]
    answer = with_attention_scores(model, names)(points, training=False)
    reads = [
        tf.reduce_mean(scores, axis=(1, 2))
        for name in names
        for scores in answer["attention_scores"][name]
    ]
    return answer["output"].numpy(), np.stack(reads, axis=1)


def contact_sheet(task, data):
    """Returns a PNG: held-out clouds, coloured by the last read's attention.

    Args:
        task: a `ClassifyPoints`.
        data: the `CloudData`.
    """
    views = data.evaluation_dataset().unbatch().batch(NUM_EXAMPLES)
    points, targets, _ = next(views.as_numpy_iterator())
    logits, reads = attended(task.model, points)
    names = np.array(data.class_names)
    words = [
        verdict(guess, label)
        for guess, label in zip(
            names[logits.argmax(axis=1)],
            names[targets.argmax(axis=1)],
            strict=True,
        )
    ]
    return point_clouds.draw(
        points, reads[:, -1], *map(list, zip(*words, strict=True))
    )


def answer(task, words):
    """Returns the likeliest classes of files of shapes, as lines.

    Args:
        task: a `ClassifyPoints`.
        words: paths of meshes or tables of points; of one file with
            `--picture PATH.png` too, which gets the cloud, coloured by each
            read's attention.
    """
    paths, picture = split_picture(words, of_one="shape")
    if not paths:
        raise ValueError(
            "predict takes meshes or tables of points "
            f"({', '.join(reading.SUFFIXES)}). Received: nothing"
        )
    clouds = [_cloud(path, task.num_points) for path in paths]
    lines = []
    for path, points in zip(paths, clouds, strict=True):
        prediction = task(points)
        lines.append(path)
        lines += [
            f"  {probability:>6.1%}  {label}"
            for label, probability in zip(
                prediction.labels, prediction.probabilities, strict=True
            )
        ]
        if picture:
            drawn = _picture(task, points, prediction.label)
            lines.append(write_picture(picture, drawn))
    return "\n".join(lines)


def _cloud(path, num_points):
    """All points of a table, or as many of a mesh as the model takes."""
    try:
        vertices, triangles = reading.read_shape(path)
        if triangles is None:
            return vertices
        seed = records.seed_of(pathlib.Path(path).name)
        return reading.draw_points(vertices, triangles, num_points, seed)
    except ShapeError as problem:
        raise ShapeError(f"{path} {problem}") from None


def _picture(task, points, label):
    seen = task.normalized(tf.constant(points[None], tf.float32)).numpy()
    _, reads = attended(task.model, seen)
    count = reads.shape[1]
    titles = [f"read {number + 1} of {count}" for number in range(count)]
    titles[0] = f"{verdict(label, label)[0]}, {titles[0]}"
    return point_clouds.draw([seen[0]] * count, reads[0], titles)
