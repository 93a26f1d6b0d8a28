"""Fourier features of positions that are given as numbers."""

import math

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FourierFeatures(keras.layers.Layer):
    """Fourier features of positions in [-1, 1].

    Perceiver, section 3.2. The channels are the `d` raw positions, then the
    sines of all dimensions, then the cosines. They are computed in float32
    even under a policy of half precision, since the highest bands would be
    lost in it. For positions of a grid see `FourierPositionEncoding`.

    Args:
        num_bands: number of frequencies a dimension, from 1 to half of
            `max_resolution`, evenly spaced.
        max_resolution: the resolution of each of the `d` dimensions that the
            highest frequency resolves.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        positions: `(..., d)`, such as the coordinates of points.

    Returns:
        `(..., d * (2 * num_bands + 1))`.

    Raises:
        ValueError: if the positions have another number of dimensions than
            `max_resolution`.
    """

    def __init__(self, num_bands, max_resolution, **kwargs):
        # Keras would cast the positions to half precision on the way in.
        super().__init__(autocast=False, **kwargs)
        self.num_bands = num_bands
        self.max_resolution = tuple(max_resolution)
        self._frequencies = [
            np.linspace(1.0, resolution / 2, num_bands)
            for resolution in self.max_resolution
        ]

    def build(self, positions_shape):
        if positions_shape[-1] != len(self.max_resolution):
            raise ValueError(
                f"Layer {self.path!r} needs positions with one number for "
                "each dimension of max_resolution. Received: positions of "
                f"shape {tuple(positions_shape)}, "
                f"max_resolution={self.max_resolution}"
            )

    def call(self, positions):
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        positions = ops.cast(positions, dtype)
        angles = ops.concatenate(
            [
                positions[..., i : i + 1]
                * ops.convert_to_tensor(frequencies, dtype)
                * math.pi
                for i, frequencies in enumerate(self._frequencies)
            ],
            axis=-1,
        )
        features = [positions, ops.sin(angles), ops.cos(angles)]
        return ops.cast(ops.concatenate(features, axis=-1), self.compute_dtype)

    def compute_output_shape(self, positions_shape):
        num_dimensions = len(self.max_resolution)
        channels = num_dimensions * (2 * self.num_bands + 1)
        return (*positions_shape[:-1], channels)

    def get_config(self):
        return {
            **super().get_config(),
            "num_bands": self.num_bands,
            "max_resolution": self.max_resolution,
        }
