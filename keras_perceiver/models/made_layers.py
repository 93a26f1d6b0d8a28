"""Layers of a model that is built anew, each made once."""

import keras

from keras_perceiver.layers.transposed_dense import inference_dense
from keras_perceiver.layers.transposed_dense import set_dense
from keras_perceiver.models.copied_layer import copied_values
from keras_perceiver.models.copied_layer import unbuilt_copy


class MadeLayers:
    """Layers by what they stand for, so that later calls share them."""

    def __init__(self):
        self._layers = {}
        self._names = set()

    def made(self, key, make, set_values, *args, **kwargs):
        """Calls the layer of that key, which is made once for all calls.

        Args:
            key: hashable, what the layer stands for.
            make: makes the layer, unbuilt.
            set_values: sets its weights, once it is built.
            *args: of the call.
            **kwargs: of the call.
        """
        if key in self._layers:
            return self._layers[key](*args, **kwargs)
        layer = self._layers[key] = make()
        result = layer(*args, **kwargs)
        set_values(layer)
        return result

    def dense(self, key, name, x, values, like):
        """Calls a linear layer with the given kernel and, or without, a bias.

        Args:
            key: as `made` takes it.
            name: of the layer.
            x: what it takes.
            values: kernel, inputs by outputs, and bias.
            like: the layer in whose dtypes it is.
        """
        return self.made(
            key,
            lambda: inference_dense(
                values[0].shape[1],
                by_outputs(like),
                use_bias=len(values) > 1,
                name=name,
                dtype=like.dtype_policy,
            ),
            lambda dense: set_dense(dense, *values),
            x,
        )

    def copied(self, operation, *args, **kwargs):
        """Calls a copy of a layer, or the operation itself if it is none."""
        if not isinstance(operation, keras.layers.Layer):
            return operation(*args, **kwargs)
        return self.made(
            (id(operation),),
            lambda: unbuilt_copy(operation, self.unique(operation.name)),
            lambda copy: copied_values(operation, copy),
            *args,
            **kwargs,
        )

    def unique(self, name):
        """The name, or one like it: a layer may be copied and folded too."""
        while name in self._names:
            name = f"{name}_again"
        self._names.add(name)
        return name


def by_outputs(layer):
    """Whether what stands for a layer stores its kernels by outputs.

    In bfloat16 products are faster so, in float32 they are not.
    """
    return layer.compute_dtype == "bfloat16"
