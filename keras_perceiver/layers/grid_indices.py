"""The flat indices of a whole grid."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class GridIndices(keras.layers.Layer):
    """The flat indices of every position of a grid, row by row.

    What `FourierPositionEncoding` and `LearnedArray` take as `indices` for
    all positions at once.

    Args:
        grid_shape: the grid's size in each dimension, such as
            `(height, width)`.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: any tensor of the graph. Its values are not read: a functional
            model needs an edge that leads here.

    Returns:
        int32 `(1, M)` with M the product of `grid_shape`; the batch of one
        broadcasts.
    """

    def __init__(self, grid_shape, **kwargs):
        super().__init__(**kwargs)
        self.grid_shape = tuple(grid_shape)

    def call(self, inputs):
        return ops.expand_dims(
            ops.arange(math.prod(self.grid_shape), dtype="int32"), axis=0
        )

    def compute_output_shape(self, inputs_shape):
        return (1, math.prod(self.grid_shape))

    def compute_output_spec(self, inputs):
        # The layer's own dtype is that of floats; indices stay whole.
        return keras.KerasTensor(
            self.compute_output_shape(inputs.shape), dtype="int32"
        )

    def get_config(self):
        return {**super().get_config(), "grid_shape": self.grid_shape}
