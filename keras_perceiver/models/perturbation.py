"""A model whose inner numbers can be moved, to see what that does."""

import keras

from keras_perceiver import errors
from keras_perceiver.models.bare_graph import bare_graph


def with_perturbation(model, layer_name):
    """Builds a model that adds a second input to what a layer gives.

    What integers stand for, such as tokens, has no gradient; the sum behind
    the layer that embeds them has one.

    Args:
        model: a functional model, of this library or another.
        layer_name: the name of a layer of it with one output. Of a layer
            that is called several times, the first call counts.

    Returns:
        A functional model, with the layers and weights of the old one, from
        `[inputs, perturbation]` to its output. `perturbation` has the shape
        of the layer's output; zeros change nothing.

    Raises:
        ValueError: if there is no such layer (the message names the nearest),
            or if the model is no functional one.
    """
    graph = bare_graph(model, "Perturbations need")
    layers = {layer.name: layer for layer in graph.layers}
    if layer_name not in layers:
        raise errors.unknown(
            f"layer of model {model.name!r}:", layer_name, layers
        )
    added = layers[layer_name].output
    perturbation = keras.Input(
        batch_shape=added.shape, dtype=added.dtype, name="perturbation"
    )
    is_added = False

    def call(layer, *args, **kwargs):
        nonlocal is_added
        result = layer(*args, **kwargs)
        if is_added or layer is not layers[layer_name]:
            return result
        is_added = True
        return result + perturbation

    # Cloning checks that what comes out depends on what goes in.
    inputs = [graph.input, perturbation]
    return keras.models.clone_model(
        keras.Model(
            inputs, graph.output, name=f"{model.name}_with_perturbation"
        ),
        input_tensors=inputs,
        clone_function=lambda layer: layer,
        call_function=call,
    )
