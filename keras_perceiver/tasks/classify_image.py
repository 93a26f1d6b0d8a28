"""Say what an image shows."""

import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver.data import image_files
from keras_perceiver.data import images
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels import names_of
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import inputs_of


class ClassifyImage(Task):
    """Names the likeliest classes of JPEG and PNG images of any size.

    The model sees what the published evaluation shows it (appendix A.1): the
    centre, 224/256 of the short side, resized by bicubic interpolation and
    normalized.

    Args:
        model: from `images` `(B, H, W, 3)` to logits `(B, num_classes)`, such
            as `from_preset("imagenet_fourier")`.
        class_names: a name for each class. Defaults to those that the model
            came with, `model.preprocessing["class_names"]`, or else to the
            numbers of the classes.
        top_k: how many classes to name; where there are fewer, all.
        max_pixels: larger images are refused before they are decoded. A file
            of a few bytes may hold any number of pixels.

    Raises:
        ValueError: if the model is no image classifier, its number of
            classes is not that of the names, or a number is out of range.
    """

    def __init__(
        self, model, class_names=None, top_k=5, max_pixels=images.MAX_PIXELS
    ):
        check_inputs("ClassifyImage", model, "images")
        check_range("max_pixels", max_pixels, 1, 2**31 - 1)
        super().__init__(
            model, tf.TensorSpec((None,), tf.string, "image_bytes")
        )
        self.labels = Labels(
            model.output.shape[-1], names_of(model, class_names), top_k
        )
        self.max_pixels = max_pixels
        self.image_shape = tuple(inputs_of(model)["images"].shape[1:])

    def __call__(self, images):
        """Classifies one image or a list of images.

        Args:
            images: the bytes of a JPEG or PNG file, a path, an image of PIL,
                or a uint8 array `(H, W)`, `(H, W, 1)`, `(H, W, 3)` or
                `(H, W, 4)`; or a list of these; or an array `(B, H, W, C)`.
                Grey becomes RGB and transparency is dropped.

        Returns:
            A `Prediction`, with `label`, `labels` and `probabilities`, or a
            list of them.

        Raises:
            ValueError: if an image is not one, is damaged or too large; the
                message says which.
            OSError: if a file cannot be read.
        """
        if image_files.is_one_image(images):
            return self([images])[0]
        # Messages name paths.
        images = [
            pathlib.Path(image) if isinstance(image, str) else image
            for image in images
        ]

        def read(image):
            encoded = image_files.image_bytes(image, self.max_pixels)
            return {"image_bytes": encoded}

        return [
            as_prediction(answer)
            for answer in self.answers("Image", images, read)
        ]

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3))
        pixels = pixels.astype("uint8")
        smooth = tf.image.resize(pixels[:8, :8], (90, 70)).numpy()
        png = tf.io.encode_png(pixels[..., :1])
        return {
            "image_bytes": tf.stack(
                [
                    tf.io.encode_jpeg(smooth.astype("uint8")),
                    png,
                    tf.strings.substr(png, 0, 200),
                    b"no image",
                ]
            )
        }

    def model_inputs(self, image_bytes):
        """What the model is shown of images.

        Args:
            image_bytes: string tensor `(B,)`, JPEG or PNG files.

        Returns:
            Pixels from 0 to 255 and the same normalized, both `(B, H, W, 3)`;
            and `(B,)`, what is wrong with each image, "" if nothing is.
        """
        height, width, _ = self.image_shape
        pixels, problems = images.read_images(
            image_bytes,
            lambda image: images.evaluation_crop(image, height, width),
            self.image_shape,
            self.max_pixels,
        )
        return pixels, images.normalize(pixels), problems

    def serve(self, image_bytes):
        """The task inside a graph: this is what an export answers with.

        Args:
            image_bytes: string tensor `(B,)`, JPEG or PNG files.

        Returns:
            A dictionary of `label_bytes` and `probabilities` `(B, top_k)`,
            best first, and `problem_bytes` `(B,)`, empty where all is well.
            An image with a problem has "" and 0 for answers, and never
            spoils its batchmates'.
        """
        _, inputs, problems = self.model_inputs(image_bytes)
        logits = call(self.model, {"images": inputs})
        best = self.labels.best(tf.nn.softmax(tf.cast(logits, tf.float32)))
        return with_problems(best, _about("the image ", problems))


def _about(subject, problems):
    return tf.where(
        tf.equal(problems, ""), "", tf.strings.join([subject, problems])
    )
