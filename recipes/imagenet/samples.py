"""What the model answers, for people to see."""

import pathlib

import numpy as np

from keras_perceiver.data import images
from keras_perceiver.tasks.attention import draw_image_attention
from keras_perceiver.visualization import labelled_images
from recipes.picture_option import split_picture
from recipes.picture_option import write_picture

NUM_EXAMPLES = 24


def contact_sheet(task, data):
    """Returns a PNG: held-out images, what they are taken for and what not.

    Args:
        task: a `ClassifyImage`.
        data: the `ImageData`.
    """
    views = data.evaluation_dataset().unbatch().batch(NUM_EXAMPLES)
    pixels, targets, _ = next(views.as_numpy_iterator())
    logits = task.model.predict_on_batch(pixels)
    names = np.array(data.class_names)
    return labelled_images.draw(
        images.denormalize(pixels),
        names[logits.argmax(axis=1)],
        names[targets.argmax(axis=1)],
    )


def answer(task, words):
    """Returns the likeliest classes of image files, as lines.

    Args:
        task: a `ClassifyImage`.
        words: paths of JPEG or PNG files; of one file with `--picture
            PATH.png` too, which gets where the model looks in it.
    """
    paths, picture = split_picture(words, of_one="image")
    if not paths:
        raise ValueError("predict takes JPEG or PNG files. Received: none")
    lines = []
    for path, prediction in zip(paths, task(paths), strict=True):
        lines.append(path)
        lines += [
            f"  {probability:>6.1%}  {label}"
            for label, probability in zip(
                prediction.labels, prediction.probabilities, strict=True
            )
        ]
    if picture:
        [path] = map(pathlib.Path, paths)
        lines.append(write_picture(picture, draw_image_attention(task, path)))
    return "\n".join(lines)
