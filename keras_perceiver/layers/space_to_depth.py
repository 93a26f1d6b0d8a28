"""Patches of images and videos as channels."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class SpaceToDepth(keras.layers.Layer):
    """Moves the content of every patch into channels.

    How the multimodal models make video tokens: Perceiver IO, section 4.3.
    The channels of a patch run through its positions row by row, those of
    one position together, as in the reference: `(dt, dh, dw, c)`.

    Args:
        patch_shape: the patch's size in each dimension of the grid:
            `(height, width)` for images, `(frames, height, width)` for
            videos.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, H, W, C)`, or `(B, T, H, W, C)` with a `patch_shape` of
            three numbers.

    Returns:
        `(B, H / ph, W / pw, ph * pw * C)`, or `(B, T / pt, H / ph, W / pw,
        pt * ph * pw * C)`.

    Raises:
        ValueError: if the inputs have another number of dimensions than the
            patches, or a size that is not divisible by the patch's.
    """

    def __init__(self, patch_shape, **kwargs):
        super().__init__(**kwargs)
        self.patch_shape = tuple(patch_shape)

    def call(self, inputs):
        grid = self._grid_shape(inputs.shape)
        batch, channels = ops.shape(inputs)[0], inputs.shape[-1]
        sizes = [
            size
            for pair in zip(grid, self.patch_shape, strict=True)
            for size in pair
        ]
        x = ops.reshape(inputs, (batch, *sizes, channels))
        grid_axes = range(1, 1 + len(sizes), 2)
        patch_axes = range(2, 2 + len(sizes), 2)
        x = ops.transpose(x, (0, *grid_axes, *patch_axes, 1 + len(sizes)))
        return ops.reshape(
            x, (batch, *grid, math.prod(self.patch_shape) * channels)
        )

    def _grid_shape(self, inputs_shape):
        sizes = tuple(inputs_shape[1:-1])
        if len(sizes) != len(self.patch_shape) or None in sizes:
            raise ValueError(
                f"Layer {self.name!r} takes inputs of shape (batch, "
                f"{len(self.patch_shape)} known sizes, channels), one size "
                "for each number of patch_shape. Received: inputs of shape "
                f"{tuple(inputs_shape)}, patch_shape={self.patch_shape}"
            )
        pairs = list(zip(sizes, self.patch_shape, strict=True))
        if any(size % patch for size, patch in pairs):
            raise ValueError(
                f"Layer {self.name!r} needs sizes that are divisible by "
                "those of patch_shape; crop or resize the inputs, or choose "
                "other patches. Received: inputs of shape "
                f"{tuple(inputs_shape)}, patch_shape={self.patch_shape}"
            )
        return tuple(size // patch for size, patch in pairs)

    def compute_output_shape(self, inputs_shape):
        return (
            inputs_shape[0],
            *self._grid_shape(inputs_shape),
            math.prod(self.patch_shape) * inputs_shape[-1],
        )

    def get_config(self):
        return {**super().get_config(), "patch_shape": self.patch_shape}
