"""Bringing the tokens of several modalities to one width."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class ModalityPadding(keras.layers.Layer):
    """Joins one learned vector behind every token.

    Perceiver IO, section 4.3 and appendix I: modalities differ in width, and
    one attention reads them all. Each is padded by a vector of its own,
    which also tells the modalities apart.

    Args:
        channels: width to reach. Tokens that have it already pass unchanged,
            and the layer is without weights.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`; a batch of one stays one.

    Returns:
        `(B, M, channels)`.

    Raises:
        ValueError: if the tokens are wider than `channels`.
    """

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.padding = None

    def build(self, inputs_shape):
        missing = self.channels - inputs_shape[-1]
        if missing < 0:
            raise ValueError(
                f"Layer {self.path!r} cannot pad tokens to fewer channels "
                "than they have. Received: inputs of shape "
                f"{tuple(inputs_shape)}, channels={self.channels}"
            )
        if missing:
            self.padding = self.add_weight(
                shape=(missing,),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                name="padding",
            )

    def call(self, inputs):
        if self.padding is None:
            return inputs
        padding = ops.broadcast_to(
            ops.convert_to_tensor(self.padding),
            (*ops.shape(inputs)[:-1], self.channels - inputs.shape[-1]),
        )
        return ops.concatenate([inputs, padding], axis=-1)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.channels)

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}
