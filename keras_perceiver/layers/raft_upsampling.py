"""Optical flow at full resolution from coarse features."""

import keras
from keras import ops

from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.layers.neighborhood_patches import NeighborhoodPatches


@keras.saving.register_keras_serializable(package="keras_perceiver")
class RaftUpsampling(keras.layers.Layer):
    """Reads a coarse flow from features and refines it, as RAFT does.

    Perceiver IO, appendix H: a linear layer gives a coarse flow, and every
    fine pixel takes a weighted mean of the 3x3 coarse flows around it, by a
    softmax over weights that are predicted from the features too. As in RAFT
    (arXiv 2003.12039), coarse flows are multiplied by `factor`, which makes
    lengths in coarse pixels lengths in fine ones, and are zero beyond the
    border.

    The paper says no more of the weights. Here a hidden layer with ReLU
    predicts them from the features of the pixel itself, without RAFT's 3x3
    convolution: what comes from a Perceiver has seen the whole image.

    Args:
        factor: fine pixels along a coarse pixel's side.
        hidden_channels: width of the hidden layer. RAFT's own is twice that
            of its features.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        features: `(B, h, w, C)`.

    Returns:
        `(B, h * factor, w * factor, 2)`, in fine pixels. It is zero until
        the layer is trained, since its linear layer `flow` starts at zero as
        the reference's does.

    Raises:
        ValueError: if the features are no image.
    """

    def __init__(self, factor=4, hidden_channels=128, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.hidden_channels = hidden_channels

    def build(self, features_shape):
        if len(features_shape) != 4:
            raise ValueError(
                f"Layer {self.path!r} takes features of shape (batch, height, "
                "width, channels). Received: features of shape "
                f"{tuple(features_shape)}. A sequence has to be reshaped to "
                "its grid first."
            )
        self.flow_dense = self._linear("flow", 2, "zeros")
        self.hidden_dense = self._linear("hidden", self.hidden_channels)
        self.scores_dense = self._linear("scores", 9 * self.factor**2)
        self.neighborhood = NeighborhoodPatches(
            3, name="neighborhood", dtype=self.dtype_policy
        )
        self.flow_dense.build(features_shape)
        self.hidden_dense.build(features_shape)
        self.scores_dense.build((*features_shape[:-1], self.hidden_channels))
        self.neighborhood.build((*features_shape[:-1], 2))

    def _linear(self, name, channels, initializer=None):
        return keras.layers.Dense(
            channels,
            kernel_initializer=initializer or haiku_linear(),
            name=name,
            dtype=self.dtype_policy,
        )

    def call(self, features):
        batch, height, width, _ = ops.shape(features)
        factor = self.factor
        grid = (batch, height, width)
        coarse = self.neighborhood(factor * self.flow_dense(features))
        scores = self.scores_dense(ops.relu(self.hidden_dense(features)))
        weights = ops.softmax(
            ops.reshape(scores, (*grid, factor**2, 9)), axis=-1
        )
        # (B, h, w, factor * factor, 2): the fine pixels of a coarse one.
        fine = ops.matmul(weights, ops.reshape(coarse, (*grid, 9, 2)))
        fine = ops.reshape(fine, (*grid, factor, factor, 2))
        return ops.reshape(
            ops.transpose(fine, (0, 1, 3, 2, 4, 5)),
            (batch, height * factor, width * factor, 2),
        )

    def compute_output_shape(self, features_shape):
        batch, height, width, _ = features_shape
        return (
            batch,
            None if height is None else height * self.factor,
            None if width is None else width * self.factor,
            2,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "factor": self.factor,
            "hidden_channels": self.hidden_channels,
        }
