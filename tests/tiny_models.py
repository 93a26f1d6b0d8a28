"""Models that build in half a second and still tell one input from another."""

import keras
import tensorflow as tf

from keras_perceiver import from_preset
from tests.random_values import named_weights
from tests.random_values import randomize

TINY_LANGUAGE = {
    "max_length": 32,
    "embedding_dim": 16,
    "num_latents": 4,
    "latent_dim": 24,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 2,
    "num_decoder_heads": 2,
    "qk_channels": 16,
    "v_channels": 24,
    "decoder_qk_channels": 16,
    "decoder_v_channels": 16,
}


def tiny_language(**overrides):
    """A byte model of 32 positions with random weights.

    They are large, so that its answers differ plainly from one position to
    the next and a wrong one is noticed.
    """
    model = from_preset("language_bytes", **{**TINY_LANGUAGE, **overrides})
    randomize(model)
    for path, weight in named_weights(model).items():
        if weight.ndim > 1 and not path.startswith("token_embedding"):
            weight.assign(3 * weight)
    return model


class LengthTask:
    """The least that can be exported; its model is of no preset.

    Args:
        exception: what `serve` raises, if anything.
        share: how much of an answer comes from the whole batch.
    """

    input_signature = {
        "text_bytes": tf.TensorSpec([None], tf.string, "text_bytes")
    }

    model_output = "logits"

    def __init__(self, exception=None, share=0.0):
        inputs = keras.Input((1,))
        self.model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
        self.exception = exception
        self.share = share

    def more_functions(self):
        return {}

    def example_request(self):
        return {"text_bytes": tf.constant(["a", "bcde"])}

    def serve(self, text_bytes):
        if self.exception:
            raise self.exception
        lengths = tf.cast(tf.strings.length(text_bytes), tf.float32)
        lengths += self.share * tf.reduce_mean(lengths)
        return {"numbers": self.model(lengths[:, None])}
