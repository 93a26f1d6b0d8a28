"""Low-rank adaptation of a model that starts from trained weights."""

import zlib

import keras

from keras_perceiver.convert.naming import is_among
from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import SelfAttention


def adapt(model, rank, *, seed, whole=()):
    """Leaves little of a model to be trained: low-rank factors and the head.

    Every linear layer inside of the cross-attends and of the processor, that
    is queries, keys, values, what joins heads, and MLPs, gets two factors of
    that rank, whose product is added to its kernel and is zero at first, so
    the model answers as before. The factors and the layers named by `whole`
    are trained. All else keeps its values: kernels, their biases, norms,
    embeddings, positions and latents. What is trained and kept for a task is
    thereby small, and the rest is the same for every task.

    The scale of the product is 1 (Keras's `lora_alpha` is `rank`). It is to
    be called after first weights are set and before `compile`.
    `save_pretrained` keeps the factors beside the kernels.

    Args:
        model: a model of cross-attends and self-attends.
        rank: of the factors, far less than the widths.
        seed: of the factors' first values, which depend on it and on the
            layer's name alone.
        whole: names of layers, or patterns such as `*_logits`, that are
            trained whole: those of the task.
    """
    blocks = [
        layer
        for layer in model.layers
        if isinstance(layer, CrossAttention | SelfAttention)
    ]
    trained = set()
    for layer in _linear_layers(blocks):
        layer.enable_lora(
            rank,
            a_initializer=keras.initializers.HeUniform(
                seed=zlib.crc32(f"{seed}/{layer.path}".encode())
            ),
        )
        trained |= {layer.lora_kernel_a.path, layer.lora_kernel_b.path}
    for weight in model.trainable_variables:
        name = weight.path.partition("/")[0]
        weight.trainable = weight.path in trained or is_among(name, whole)


def _linear_layers(blocks):
    """Every `Dense` at any depth, once."""
    return [
        layer
        for block in blocks
        for layer in block._flatten_layers()
        if isinstance(layer, keras.layers.Dense)
    ]
