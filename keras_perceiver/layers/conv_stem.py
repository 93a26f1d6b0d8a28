"""A convolutional downsampling of images, as at the start of a ResNet."""

import keras
from keras import ops

from keras_perceiver.layers.initializers import haiku_linear


@keras.saving.register_keras_serializable(package="keras_perceiver")
class ConvStem(keras.layers.Layer):
    """Convolution, batch norm, ReLU and max-pool, which leave a 16th.

    Perceiver IO, appendix A: what the convolutional ImageNet models and the
    light optical flow model read in place of pixels. A stem layer is a 7x7
    convolution of stride 2 without bias, and a 3x3 max-pool of stride 2.

    Batch norm takes statistics of the batch in training, and moving averages
    otherwise. Haiku corrects its averages for their start at zero; Keras's
    mean starts at zero and its variance at one, uncorrected. After some
    twenty steps there is nothing left of either start.

    Args:
        channels: width of every convolution.
        num_layers: how many stem layers follow each other.
        same_padding: True pads as the reference does ("SAME": an image of
            224 pixels a side becomes 112, then 56). False is the form of
            Hugging Face's port: 3 zero pixels on every side in front of the
            convolution, none around the max-pool (224, 112, 55).
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        images: `(B, H, W, C)`.
        training: whether batch norm takes the batch's own statistics.

    Returns:
        `(B, H', W', channels)`; with `same_padding` H' is H / 4 rounded up
        for one layer.

    Raises:
        ValueError: if the images have no height, width and channel axis, or
            are too small to leave a pixel.
    """

    def __init__(self, channels=64, num_layers=1, same_padding=True, **kwargs):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(
                f"Layer {self.name!r} needs at least one stem layer. "
                f"Received: num_layers={num_layers}"
            )
        self.channels = channels
        self.num_layers = num_layers
        self.same_padding = same_padding

    def build(self, images_shape):
        if len(images_shape) != 4 or images_shape[-1] is None:
            raise ValueError(
                f"Layer {self.path!r} takes images of shape (batch, height, "
                "width, channels). Received: images of shape "
                f"{tuple(images_shape)}. Frames of a video have to be moved "
                "to the batch axis first."
            )
        self.convolutions = []
        self.norms = []
        channels = images_shape[-1]
        for i in range(self.num_layers):
            self.convolutions.append(self._convolution(f"conv_{i}"))
            self.norms.append(self._norm(f"norm_{i}"))
            self.convolutions[i].build((None, None, None, channels))
            channels = self.channels
            self.norms[i].build((None, None, None, channels))

    def _convolution(self, name):
        return keras.layers.Conv2D(
            self.channels,
            7,
            strides=2,
            padding="same" if self.same_padding else "valid",
            data_format="channels_last",
            use_bias=False,
            kernel_initializer=haiku_linear(),
            name=name,
            dtype=self.dtype_policy,
        )

    def _norm(self, name):
        # Haiku's epsilon and the reference's decay. Keras would take 1e-3,
        # which answers wrongly with the published weights, and 0.99.
        return keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name=name, dtype=self.dtype_policy
        )

    def call(self, images, training=None):
        self._check_size(images.shape)
        x = images
        for convolution, norm in zip(
            self.convolutions, self.norms, strict=True
        ):
            x = norm(self._convolved(x, convolution), training=training)
            x = ops.max_pool(
                ops.relu(x),
                3,
                strides=2,
                padding="same" if self.same_padding else "valid",
                data_format="channels_last",
            )
        return x

    def _convolved(self, x, convolution):
        batch, height, width, _ = ops.shape(x)
        if not self.same_padding:
            x = ops.pad(x, [(0, 0), (3, 3), (3, 3), (0, 0)])
        # TensorFlow's CPU kernel leaves an empty batch with the shape it had.
        return ops.reshape(
            convolution(x),
            (batch, (height + 1) // 2, (width + 1) // 2, self.channels),
        )

    def _check_size(self, images_shape):
        sizes = self.compute_output_shape(images_shape)[1:3]
        if any(size is not None and size < 1 for size in sizes):
            raise ValueError(
                f"Layer {self.path!r} has nothing left of images this small. "
                "Make them larger, or num_layers less, or same_padding=True. "
                f"Received: images of shape {tuple(images_shape)}, "
                f"num_layers={self.num_layers}, "
                f"same_padding={self.same_padding}"
            )

    def compute_output_shape(self, images_shape):
        batch, *sizes, _ = images_shape
        for _ in range(self.num_layers):
            sizes = [size and self._reduced(size) for size in sizes]
        return (batch, *sizes, self.channels)

    def _reduced(self, size):
        """What one stem layer leaves of a height or a width."""
        if self.same_padding:
            return -(-size // 4)
        return ((size - 1) // 2 - 2) // 2 + 1

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "num_layers": self.num_layers,
            "same_padding": self.same_padding,
        }
