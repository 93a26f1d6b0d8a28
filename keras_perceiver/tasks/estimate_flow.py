"""Say how everything moves between two frames."""

import dataclasses
import functools
import io
import math
import pathlib

import numpy as np
import PIL.Image
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import flow as flow_data
from keras_perceiver.data import image_files
from keras_perceiver.data import images
from keras_perceiver.tasks import tiles
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import inputs_of
from keras_perceiver.visualization.flow_colors import flow_to_rgb

# Beyond a frame of 4K; a pixel takes some 60 bytes while flow is estimated.
MAX_PIXELS = 2**24


@dataclasses.dataclass(frozen=True, eq=False)
class EstimatedFlow:
    """The motion between two frames.

    Attributes:
        flow: float32 `(H, W, 2)`: for each pixel of the first frame its
            motion to the right and down, in pixels.
        picture_bytes: a PNG of it: hue is direction, saturation length.
    """

    flow: np.ndarray
    picture_bytes: bytes

    @functools.cached_property
    def picture(self):
        """The picture as an image of PIL."""
        return PIL.Image.open(io.BytesIO(self.picture_bytes))

    def save(self, path):
        """Writes the flow as `.flo`, or its picture as `.png`.

        Args:
            path: the file; its ending says which. KITTI's form of PNG is
                written by `keras_perceiver.data.flow.write_kitti`.
        """
        path = pathlib.Path(path)
        if path.suffix == ".flo":
            flow_data.write_flo(path, self.flow)
        elif path.suffix == ".png":
            files.write_bytes(path, self.picture_bytes)
        else:
            raise ValueError(
                "Flow is saved as .flo, and its picture as .png. Received: "
                f"{path}"
            )


class EstimateFlow(Task):
    """Estimates optical flow between two images of any size.

    The model takes one size. A larger pair is cut into tiles of it, which
    overlap by 20 pixels or more, and the tiles' flows are averaged with
    weights that fall towards a tile's edges (appendix H). A smaller pair is
    filled up to the right and below with its last column and row, and the
    flow is cut back.

    Args:
        model: from `frames` `(B, 2, H, W, 3)` in [-1, 1] to flow
            `(B, H, W, 2)` in pixels, such as `from_preset("optical_flow")`.
        max_motion: the length in pixels that the pictures draw in full
            colour. Defaults to the longest in each pair; fix it to compare
            pictures, as those of a film.
        max_pixels: larger images are refused before they are decoded, and
            so are narrow ones that get larger when filled up to a tile.

    Raises:
        ValueError: if the model is no flow model, or a number is out of
            range.
    """

    model_output = "flow"

    def __init__(self, model, max_motion=None, max_pixels=MAX_PIXELS):
        check_inputs("EstimateFlow", model, "frames")
        check_range("max_pixels", max_pixels, 1, 2**27)
        if max_motion is not None:
            check_range("max_motion", max_motion, 1e-6, 1e6)
        super().__init__(
            model,
            tf.TensorSpec((None,), tf.string, "first_image_bytes"),
            tf.TensorSpec((None,), tf.string, "second_image_bytes"),
        )
        self.max_motion = max_motion
        self.max_pixels = max_pixels
        self.tile_shape = tuple(inputs_of(model)["frames"].shape[2:4])

    def __call__(self, first_images, second_images):
        """Estimates the flow of one pair of images or of a list of pairs.

        Args:
            first_images: the bytes of a JPEG or PNG file, a path, an image of
                PIL or a uint8 array, or a list of these, as `ClassifyImage`
                takes them.
            second_images: the same of the frames that follow. For a film,
                `estimate(frames[:-1], frames[1:])`.

        Returns:
            An `EstimatedFlow`, with `flow`, `picture` and `save`, or a list
            of them.

        Raises:
            ValueError: if an image is not one, is damaged or too large, or
                the two of a pair differ in size; the message says which.
            OSError: if a file cannot be read.
        """
        first_is_one, second_is_one = (
            image_files.is_one_image(image)
            for image in (first_images, second_images)
        )
        if first_is_one and second_is_one:
            return self([first_images], [second_images])[0]
        if first_is_one or second_is_one:
            raise ValueError(
                "Wanted: two images, or two lists of images. Received: one "
                "image and one list"
            )
        if len(first_images) != len(second_images):
            raise ValueError(
                "Every first image needs a second. Received: "
                f"{len(first_images)} and {len(second_images)} images"
            )
        pairs = list(zip(first_images, second_images, strict=True))
        # One pair at a time, since frames may be large.
        return [
            EstimatedFlow(
                flow_data.decode_flo(answer["flow_bytes"]),
                answer["picture_bytes"],
            )
            for answer in self.answers("Pair", pairs, self._read, 1)
        ]

    def _read(self, pair):
        return {
            f"{which}_image_bytes": image_files.image_bytes(
                image, self.max_pixels, f"the {which} image"
            )
            for which, image in zip(("first", "second"), pair, strict=True)
        }

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        height, width = self.tile_shape
        rng = np.random.default_rng(0)

        def frames(height, width):
            coarse = rng.integers(0, 256, (height // 8 + 2, width // 8 + 2, 3))
            smooth = tf.image.resize(coarse, (height + 2, width + 3))
            smooth = tf.cast(smooth, tf.uint8)
            return (
                tf.io.encode_png(smooth[:height, :width]),
                tf.io.encode_png(smooth[2:, 3:]),
            )

        # Two tiles; less than one; and none, for they differ in size.
        large = frames(height, width + max(width // 4, 1))
        small = frames(max(height // 2, 1), max(width // 2, 1))
        pairs = [large, small, (large[0], small[1])]
        first, second = zip(*pairs, strict=True)
        return {
            "first_image_bytes": tf.stack(first),
            "second_image_bytes": tf.stack(second),
        }

    def serve(self, first_image_bytes, second_image_bytes):
        """The task inside a graph: this is what an export answers with.

        Args:
            first_image_bytes: string tensor `(B,)`, JPEG or PNG files.
            second_image_bytes: `(B,)`: the frames that follow.

        Returns:
            A dictionary of string tensors `(B,)`: `flow_bytes`, the flow as
            a .flo file, `picture_bytes`, its picture as PNG, and
            `problem_bytes`, empty where all is well. A pair with a problem
            has no other answers, and never spoils its batchmates'.
        """
        flow_bytes, picture_bytes, problem_bytes = tf.map_fn(
            lambda pair: self._estimate(*pair),
            (first_image_bytes, second_image_bytes),
            fn_output_signature=(tf.string, tf.string, tf.string),
            parallel_iterations=1,
        )
        return {
            "flow_bytes": flow_bytes,
            "picture_bytes": picture_bytes,
            "problem_bytes": problem_bytes,
        }

    def _estimate(self, first_bytes, second_bytes):
        """Flow, picture and problem of one pair, all as strings `()`."""
        first, first_problem = images.read_image(first_bytes, self.max_pixels)
        second, second_problem = images.read_image(
            second_bytes, self.max_pixels
        )
        problem = first_of(
            _pair_problem(first, second, first_problem, second_problem),
            self._canvas_problem(tf.shape(first)[:2]),
        )

        def estimate():
            flow = tiles.map_tiles(
                self._flow_of_tile,
                tf.stack([first, second]),
                *self.tile_shape,
                num_outputs=2,
            )
            picture = flow_to_rgb(flow, self.max_motion)
            return flow_data.encode_flo(flow), tf.io.encode_png(picture)

        flow_bytes, picture_bytes = tf.cond(
            tf.equal(problem, ""),
            estimate,
            lambda: (tf.constant(""), tf.constant("")),
        )
        return flow_bytes, picture_bytes, problem

    def _canvas_problem(self, size):
        """What is wrong with images of this size when they are filled up."""
        canvas = tf.maximum(size, self.tile_shape)
        most = max(self.max_pixels, math.prod(self.tile_shape))
        words = tf.strings.join(
            [
                "the images have ",
                *_words(size),
                " pixels, ",
                *_words(canvas),
                f" when filled up to a tile, and at most {most} in all are "
                "estimated. Make them smaller, or raise max_pixels.",
            ]
        )
        fits = tf.reduce_prod(tf.cast(canvas, tf.int64)) <= most
        return tf.where(fits, "", words)

    def _flow_of_tile(self, frames):
        """uint8 `(2, height, width, 3)` to flow `(height, width, 2)`."""
        frames = tf.ensure_shape(frames, (2, *self.tile_shape, 3))
        frames = tf.cast(frames, tf.float32) / 255 * 2 - 1
        flow = call(self.model, {"frames": frames[None]})
        return tf.cast(flow[0], tf.float32)


def _pair_problem(first, second, first_problem, second_problem):
    size, second_size = (tf.shape(image)[:2] for image in (first, second))
    differ = tf.strings.join(
        [
            "the two images differ in size: ",
            *_words(size),
            " and ",
            *_words(second_size),
            " pixels. Cut or scale one to the size of the other.",
        ]
    )
    problem = tf.where(tf.reduce_all(tf.equal(size, second_size)), "", differ)
    problem = tf.where(
        tf.equal(second_problem, ""),
        problem,
        tf.strings.join(["the second image ", second_problem]),
    )
    return tf.where(
        tf.equal(first_problem, ""),
        problem,
        tf.strings.join(["the first image ", first_problem]),
    )


def _words(size):
    return tf.as_string(size[1]), " x ", tf.as_string(size[0])
