"""The numeric core of the layers, on tensors alone.

Layers own the weights and call these functions with tensors. Whatever has to
differ between backends for speed or memory belongs here, and nowhere else.
"""

from keras_perceiver.layers.kernels.attention import attend as attend
from keras_perceiver.layers.kernels.attention import (
    attend_with_scores as attend_with_scores,
)
from keras_perceiver.layers.kernels.backend import (
    times_transposed as times_transposed,
)
from keras_perceiver.layers.kernels.backend import wait_for as wait_for
from keras_perceiver.layers.kernels.dropout import Dropout as Dropout
from keras_perceiver.layers.kernels.dropout import draw_dropout as draw_dropout
from keras_perceiver.layers.kernels.masks import masked_logit as masked_logit
from keras_perceiver.layers.kernels.masks import masked_scores as masked_scores
from keras_perceiver.layers.kernels.masks import outer_mask as outer_mask
from keras_perceiver.layers.kernels.rowwise import as_before as as_before
from keras_perceiver.layers.kernels.rowwise import as_rows as as_rows
from keras_perceiver.layers.kernels.rowwise import gelu as gelu
from keras_perceiver.layers.kernels.rowwise import layer_norm as layer_norm
