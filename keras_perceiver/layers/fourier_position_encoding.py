"""Fourier features of positions on a grid."""

import keras
from keras import ops

from keras_perceiver.layers.fourier_features import FourierFeatures


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FourierPositionEncoding(keras.layers.Layer):
    """Fourier features of the positions with the given flat indices.

    Perceiver, section 3.2. Positions are computed from indices inside the
    graph, so no table of them is ever stored, and any subset of a grid costs
    only what it holds. `GridIndices` gives the indices of a whole grid.

    The channels are those of `FourierFeatures`.

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
        self.features = FourierFeatures(
            num_bands, resolutions, name="features", dtype=self.dtype_policy
        )

    def build(self, indices_shape):
        self.features.build((*indices_shape, len(self.grid_shape)))

    def call(self, indices):
        return self.features(self._positions(ops.cast(indices, "int32")))

    def _positions(self, indices):
        """Float32 `(B, O, d)`, slowest dimension first."""
        positions = []
        for size in reversed(self.grid_shape):
            coordinate = ops.mod(indices, size)
            indices = ops.floor_divide(indices, size)
            # Whole numbers up to the one division, so that every position is
            # the float32 nearest to its true value.
            last = max(size - 1, 1) if self.endpoint else size
            numerator = ops.cast(2 * coordinate - last, "float32")
            positions.append(numerator / float(last))
        return ops.stack(positions[::-1], axis=-1)

    def compute_output_shape(self, indices_shape):
        return self.features.compute_output_shape(
            (*indices_shape, len(self.grid_shape))
        )

    def get_config(self):
        return {
            **super().get_config(),
            "grid_shape": self.grid_shape,
            "num_bands": self.num_bands,
            "max_resolution": self.max_resolution,
            "endpoint": self.endpoint,
        }
