"""Fourier features of positions on a grid."""

import math

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FourierPositionEncoding(keras.layers.Layer):
    """Fourier features of the positions with the given flat indices.

    Perceiver, section 3.2. Positions are computed from indices inside the
    graph, so no table of them is ever stored, and any subset of a grid costs
    only what it holds. `GridIndices` gives the indices of a whole grid.

    The channels are the `d` raw positions, then the sines of all dimensions,
    then the cosines. They are computed in float32 under every dtype policy,
    since the highest bands are lost in half precision.

    Args:
        grid_shape: the grid's size in each of its `d` dimensions, such as
            `(height, width)`. Flat indices run through it row by row.
        num_bands: number of frequencies a dimension, from 1 to half of
            `max_resolution`, evenly spaced.
        max_resolution: the resolution of each dimension that the highest
            frequency resolves. Defaults to `grid_shape`.
        endpoint: True spreads `n` positions from -1 to 1 inclusive, as the
            reference does for whole grids. False leaves the end out
            (`-1 + 2 i / n`), as it does for subsampled queries.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        indices: integer `(B, O)`, each within the grid; one beyond it wraps
            around, since a graph cannot tell.

    Returns:
        `(B, O, d * (2 * num_bands + 1))`.

    Raises:
        ValueError: if `max_resolution` has another number of dimensions than
            `grid_shape`.
    """

    def __init__(
        self,
        grid_shape,
        num_bands,
        max_resolution=None,
        endpoint=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.grid_shape = tuple(grid_shape)
        self.num_bands = num_bands
        self.max_resolution = max_resolution and tuple(max_resolution)
        self.endpoint = endpoint
        resolutions = self.max_resolution or self.grid_shape
        if len(resolutions) != len(self.grid_shape):
            raise ValueError(
                f"Layer {self.name!r} needs max_resolution to have one number "
                "for each dimension of grid_shape. Received: "
                f"max_resolution={max_resolution}, grid_shape={grid_shape}"
            )
        self._frequencies = [
            np.linspace(1.0, resolution / 2, num_bands, dtype="float32")
            for resolution in resolutions
        ]

    def call(self, indices):
        positions = self._positions(ops.cast(indices, "int32"))
        angles = ops.concatenate(
            [
                position * frequencies * math.pi
                for position, frequencies in zip(
                    positions, self._frequencies, strict=True
                )
            ],
            axis=-1,
        )
        features = [*positions, ops.sin(angles), ops.cos(angles)]
        return ops.cast(ops.concatenate(features, axis=-1), self.compute_dtype)

    def _positions(self, indices):
        """One float32 `(B, O, 1)` a dimension, slowest dimension first."""
        positions = []
        for size in reversed(self.grid_shape):
            coordinate = ops.expand_dims(ops.mod(indices, size), axis=-1)
            indices = ops.floor_divide(indices, size)
            # Whole numbers up to the one division, so that every position is
            # the float32 nearest to its true value.
            last = max(size - 1, 1) if self.endpoint else size
            numerator = ops.cast(2 * coordinate - last, "float32")
            positions.append(numerator / float(last))
        return positions[::-1]

    def compute_output_shape(self, indices_shape):
        num_dimensions = len(self.grid_shape)
        return (*indices_shape, num_dimensions * (2 * self.num_bands + 1))

    def get_config(self):
        return {
            **super().get_config(),
            "grid_shape": self.grid_shape,
            "num_bands": self.num_bands,
            "max_resolution": self.max_resolution,
            "endpoint": self.endpoint,
        }
