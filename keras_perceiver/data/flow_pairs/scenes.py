"""Random scenes of moving layers, in the spirit of AutoFlow.

A photograph lies behind polygons cut out of other photographs. Each of these
layers moves by itself, so that flow has edges and parts get covered; flow and
what of it stays visible are known exactly. Frames may be blurred by their
motion, and lit differently.

A scene depends on the seed and its number alone.
"""

import dataclasses
import math

import tensorflow as tf

from keras_perceiver.data.flow_pairs import motion
from keras_perceiver.data.flow_pairs import photographs as photographs_lib
from keras_perceiver.data.flow_pairs.layers import NUM_DRAWS
from keras_perceiver.data.flow_pairs.layers import Layers
from keras_perceiver.data.flow_pairs.layers import pixel_places

# Numbers from 0 to 1 that are drawn for a scene besides those of its layers:
# blur, and light of two frames.
_LIGHT_DRAWS = 7
_SCENE_DRAWS = 2 + 2 * _LIGHT_DRAWS
# Pixels that are made at once; more fill the memory.
_PIXELS_AT_ONCE = 2**15


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenes:
    """What scenes look like.

    Attributes:
        polygons: how many there are in front of the background.
        motion: longest translation of a layer, in pixels.
        deformation: how much a layer is turned, scaled and sheared at most.
        warp: highest amplitude of a layer's smooth warp, in pixels.
        blur_share: of scenes that are blurred by their motion.
        blur: longest exposure, as a share of the time between the frames.
        light: how much brightness, colour and contrast of frames may change,
            from 0 to 1.
        reduction: how many pixels of a photograph make one of a frame at
            most, along a side; at least it is one.
    """

    polygons: int = 4
    motion: float = 32.0
    deformation: float = 0.1
    warp: float = 8.0
    blur_share: float = 0.2
    blur: float = 0.5
    light: float = 0.2
    reduction: float = 2.0

    def check(self, size):
        """Raises `ValueError` unless frames of that size can be made.

        Args:
            size: height and width.
        """
        for name, least, most in (
            ("polygons", 0, 32),
            ("motion", 0, 1e4),
            ("deformation", 0, 0.3),
            ("warp", 0, math.inf),
            ("blur_share", 0, 1),
            ("blur", 0, 1),
            ("light", 0, 1),
            ("reduction", 1, 2**photographs_lib.NUM_LEVELS),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(
                    f"Scenes take a {name} from {least} to {most}. "
                    f"Received: {value}"
                )
        steepest = motion.steepness(size, self.warp)
        if steepest > motion.STEEPEST_WARP:
            most = self.warp * motion.STEEPEST_WARP / steepest
            raise ValueError(
                f"A warp of {self.warp} pixels folds a frame of {size[1]} x "
                f"{size[0]}. It takes {most:.2f} at most."
            )


def generate(photographs, numbers, seed, size, scenes):
    """Makes pairs of frames, inside a graph.

    Args:
        photographs: the `Photographs` that layers are made of.
        numbers: int64 `(B,)`, of the scenes.
        seed: integer.
        size: height and width of a frame.
        scenes: the `Scenes`.

    Returns:
        A dictionary of `frames`, uint8 `(B, 2, H, W, 3)`; `flow`, float32
        `(B, H, W, 2)`, from each pixel of the first frame to the right and
        down; and `visible`, bool `(B, H, W)`: whether what is there can be
        seen in the second frame.
    """
    num_layers = scenes.polygons + 1
    count = num_layers * NUM_DRAWS + _SCENE_DRAWS
    seed = tf.cast(seed, tf.int64)
    draws = tf.map_fn(
        lambda number: tf.random.stateless_uniform((count,), [seed, number]),
        numbers,
        fn_output_signature=tf.TensorSpec((count,), tf.float32),
    )
    of_layers, of_scene = tf.split(
        draws, [num_layers * NUM_DRAWS, _SCENE_DRAWS], axis=1
    )
    of_layers = tf.reshape(of_layers, (-1, num_layers, NUM_DRAWS))
    layers = Layers(photographs, of_layers, size, scenes)
    blur, which_blur, light = tf.split(
        of_scene, [1, 1, 2 * _LIGHT_DRAWS], axis=1
    )
    exposure = tf.where(which_blur < scenes.blur_share, blur * scenes.blur, 0.0)
    frames = [
        _lit(layers.frame(time, exposure), draws, scenes.light, size)
        for time, draws in enumerate(tf.split(light, 2, axis=1))
    ]
    frames = tf.reshape(tf.stack(frames, axis=1), (-1, 2, *size, 3))
    flow, visible = layers.flow()
    return {
        "frames": tf.cast(tf.clip_by_value(frames, 0, 255) + 0.5, tf.uint8),
        "flow": tf.reshape(flow, (-1, *size, 2)),
        "visible": tf.reshape(visible, (-1, *size)),
    }


def scenes_at_once(size):
    """Returns how many scenes of a size are best made at once."""
    return max(1, _PIXELS_AT_ONCE // (size[0] * size[1]))


def _lit(frame, draws, most, size):
    """Changes the light of frames `(B, H * W, 3)`."""
    if not most:
        return frame
    draws = most * (2 * draws[..., None] - 1)
    x, y = pixel_places(size)
    slope = draws[:, 0] * x / size[1] + draws[:, 1] * y / size[0]
    gain = 1 + draws[:, 2] / 2 + slope / 2
    colours = 1 + draws[:, 3:6, 0][:, None] / 4
    shift = 128 * draws[:, 6:7] / 2
    return frame * gain[..., None] * colours + shift
