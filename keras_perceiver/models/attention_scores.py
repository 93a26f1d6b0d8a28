"""What a model attends to, from the forward pass that answers."""

import inspect

import keras

from keras_perceiver import errors
from keras_perceiver.layers.scored import Scored
from keras_perceiver.models.functional_graph import bare_graph


def with_attention_scores(model, layer_names):
    """Builds a model that gives its attention scores beside its output.

    The new model has the layers, the weights and the inputs of the old one;
    both answers come from one forward pass. For example, with `model` and
    `inputs` of `language`:

    ```python
    seeing = with_attention_scores(model, ["encoder_cross_attention"])
    answer = seeing(inputs)
    answer["output"]  # The logits, as of `model`.
    answer["attention_scores"]["encoder_cross_attention"][0]  # (B, H, N, M)
    ```

    Scores are held whole: an encoder that reads 50,176 pixels with 512
    latents has 103 MB of them for each head and example in float32.

    Args:
        model: a functional model, of this library or with layers of it in
            it. `model.encode` and `model.decode` are such models too.
        layer_names: names of layers of `model` whose `call` takes
            `return_attention_scores`: `CrossAttention`, `SelfAttention`,
            `Attention`, `PerceiverResampler` and Keras's own
            `MultiHeadAttention`. One name may stand without a list.

    Returns:
        A functional model from the same inputs to a dictionary:
        `output` is the model's own output; `attention_scores` has for each
        name a list with one entry for each call of the layer, in order, so
        that a layer of shared blocks has as many as there are blocks. An
        entry is `(B, num_heads, O, M)`, or what else the layer gives. Its
        rows sum to 1, and to 0 where a query may attend to nothing.

    Raises:
        ValueError: if a name is not that of such a layer of the model (the
            message names the nearest), or if the model is no functional one.
    """
    if isinstance(layer_names, str):
        layer_names = [layer_names]
    graph = bare_graph(model)
    scores = {name: [] for name in layer_names}
    layers = {
        layer.name: layer for layer in graph.layers if _gives_scores(layer)
    }
    for name in scores:
        if name not in layers:
            raise errors.unknown(
                f"attention layer of model {model.name!r}:", name, layers
            )
    scored = {
        name: Scored(layers[name], name=name, dtype=layers[name].dtype_policy)
        for name in scores
    }

    def call(layer, *args, **kwargs):
        # By identity, since an operation may have the name of a layer.
        if layer.name not in scored or layer is not layers[layer.name]:
            return layer(*args, **kwargs)
        asked_already = kwargs.pop("return_attention_scores", False)
        result = scored[layer.name](*args, **kwargs)
        scores[layer.name].append(result[1])
        return result if asked_already else result[0]

    copy = keras.models.clone_model(
        graph, clone_function=lambda layer: layer, call_function=call
    )
    return keras.Model(
        copy.input,
        {"output": copy.output, "attention_scores": scores},
        name=f"{model.name}_with_attention_scores",
    )


def _gives_scores(layer):
    parameters = inspect.signature(layer.call).parameters
    return "return_attention_scores" in parameters
