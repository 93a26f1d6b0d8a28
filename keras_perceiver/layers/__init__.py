"""Layers of Perceiver and Perceiver IO; one public class in each file."""

from keras_perceiver.layers.attention import Attention as Attention
from keras_perceiver.layers.bias import Bias as Bias
from keras_perceiver.layers.cross_attention import (
    CrossAttention as CrossAttention,
)
from keras_perceiver.layers.fourier_position_encoding import (
    FourierPositionEncoding as FourierPositionEncoding,
)
from keras_perceiver.layers.grid_indices import GridIndices as GridIndices
from keras_perceiver.layers.learned_array import LearnedArray as LearnedArray
from keras_perceiver.layers.mlp import MLP as MLP
from keras_perceiver.layers.self_attention import SelfAttention as SelfAttention
