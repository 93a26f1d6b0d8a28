"""Attention that always answers with its scores."""

import keras


@keras.saving.register_keras_serializable(package="keras_perceiver")
class Scored(keras.layers.Wrapper):
    """An attention layer, asked for its scores at every call.

    Keras's functional models want as many outputs from every call of a layer
    as from its first one, so that a layer which has answered without scores
    cannot answer with them later. This layer around it can.

    Args:
        layer: the layer, built, whose `call` takes
            `return_attention_scores`. Weights are shared with it.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        *args, **kwargs: those of `layer`.

    Returns:
        What `layer` gives with `return_attention_scores=True`: its output
        and its scores.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        # Nothing but the layer is built, and that through its own config.
        self.built = True

    def call(self, *args, **kwargs):
        return self.layer(*args, **{**kwargs, "return_attention_scores": True})

    def compute_output_spec(self, *args, **kwargs):
        return self.layer.compute_output_spec(
            *args, **{**kwargs, "return_attention_scores": True}
        )

    def get_build_config(self):
        return {"layer": self.layer.get_build_config()}

    def build_from_config(self, config):
        self.layer.build_from_config(config["layer"])
