"""Every pixel with the pixels around it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class NeighborhoodPatches(keras.layers.Layer):
    """Joins to every pixel the channels of its square neighbourhood.

    Perceiver IO, appendix H: what optical flow reads instead of bare pixels.
    Beyond the border everything is zero. No image is made smaller; for
    patches that do not overlap see `SpaceToDepth`.

    Args:
        size: side of the neighbourhood in pixels, odd. 1 gives the pixels
            themselves.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        images: `(B, H, W, C)`, or with more axes in front, such as
            `(B, 2, H, W, C)` for pairs of frames.

    Returns:
        `(B, H, W, size * size * C)`, with as many axes in front as came. The
        channels run through rows, columns and `C`, the last one fastest.

    Raises:
        ValueError: if `size` is even or below 1, so that no pixel is in the
            middle, or if the images lack an axis.
    """

    def __init__(self, size=3, **kwargs):
        super().__init__(**kwargs)
        if size < 1 or size % 2 == 0:
            raise ValueError(
                f"Layer {self.name!r} needs an odd size of at least 1, so "
                f"that every pixel is in the middle. Received: size={size}"
            )
        self.size = size

    def build(self, images_shape):
        if len(images_shape) < 4:
            raise ValueError(
                f"Layer {self.path!r} takes images of shape (batch, height, "
                "width, channels), or with more axes in front. Received: "
                f"images of shape {tuple(images_shape)}. A single image "
                "needs a batch axis in front, a grey one a channel axis."
            )

    def call(self, images):
        *_, height, width, _ = ops.shape(images)
        reach = self.size // 2
        unpadded = [(0, 0)] * (len(images.shape) - 3)
        padded = ops.pad(images, [*unpadded, *[(reach, reach)] * 2, (0, 0)])
        return ops.concatenate(
            [
                padded[..., row : row + height, column : column + width, :]
                for row in range(self.size)
                for column in range(self.size)
            ],
            axis=-1,
        )

    def compute_output_shape(self, images_shape):
        return (*images_shape[:-1], self.size**2 * images_shape[-1])

    def get_config(self):
        return {**super().get_config(), "size": self.size}
