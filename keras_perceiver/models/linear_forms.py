"""Sums of linear maps that wait for the next linear layer."""

import dataclasses

import keras
import numpy as np

from keras_perceiver.layers import SliceTokens
from keras_perceiver.models.folded_weights import dense_values
from keras_perceiver.models.folded_weights import values_of


@dataclasses.dataclass(frozen=True)
class Term:
    """A tensor, and the matrix that it would be multiplied by.

    Attributes:
        tensor: `(..., w)`.
        kernel: `(w, channels)`, or None for the tensor itself.
    """

    tensor: keras.KerasTensor
    kernel: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class LinearForm:
    """A tensor of the graph as a sum of products and a bias.

    Attributes:
        terms: the `Term`s.
        bias: `(channels,)`.
        origin: what the matrices were made of, to know them again.
        is_part: whether these are some rows of a tensor alone.
    """

    terms: tuple
    bias: np.ndarray
    origin: tuple
    is_part: bool = False

    def product(self, layer, kernel, bias):
        """The form of a linear layer on this one, multiplied out."""
        return LinearForm(
            tuple(
                Term(
                    x.tensor, kernel if x.kernel is None else x.kernel @ kernel
                )
                for x in self.terms
            ),
            self.bias @ kernel + bias,
            (*self.origin, id(layer)),
            self.is_part,
        )

    def pays(self, channels):
        """Whether multiplying out takes fewer operations for each row.

        For some rows it always does: the tensor itself has all of them.
        """
        if self.is_part:
            return True
        width = len(self.bias)
        widths = [x.tensor.shape[-1] for x in self.terms]
        made = sum(
            own * width
            for own, x in zip(widths, self.terms, strict=True)
            if x.kernel is not None
        )
        return sum(widths) * channels < made + width * channels

    def moved(self, operation, *arguments, **named):
        """The form of some of the rows, or None if rows get mixed.

        Args:
            operation: what is done to the tensor: a layer or a Keras
                operation.
            *arguments, **named: what it gets beside the tensor.
        """
        move = self._move(operation, arguments, named)
        if move is None:
            return None
        terms = (Term(move(x.tensor), x.kernel) for x in self.terms)
        is_part = not isinstance(operation, keras.layers.Reshape)
        return LinearForm(tuple(terms), self.bias, self.origin, is_part)

    def _move(self, operation, arguments, named):
        """What takes rows from a tensor of any width as `operation` does."""
        if isinstance(operation, SliceTokens):
            return lambda x: operation(x, *arguments, **named)
        if type(operation).__name__ == "GetItem" and not named:
            (key,) = arguments
            rank = len(self.terms[0].tensor.shape)
            if isinstance(key, tuple) and len(key) < rank:
                return lambda x: operation(x, key)
        # One row for each example, `(B, 1, E)`, as `(B, E)`.
        is_reshape = isinstance(operation, keras.layers.Reshape)
        if is_reshape and tuple(operation.target_shape) == self.bias.shape:
            return lambda x: x[:, 0]
        return None


def linear_layer(layer, arguments):
    """Kernel and bias of a call that is a matrix product, or None."""
    if type(layer) is keras.layers.Dense:
        return dense_values(layer)
    if isinstance(layer, keras.layers.ReversibleEmbedding):
        capped = layer.logit_soft_cap is not None
        if arguments.get("reverse") and layer.tie_weights and not capped:
            kernel = values_of(layer.embeddings).T
            return kernel, np.zeros(kernel.shape[1])
    return None
