"""Layers of Perceiver and Perceiver IO; one public class in each file."""

from keras_perceiver.layers.attention import Attention as Attention
from keras_perceiver.layers.attention_memory import (
    attention_memory as attention_memory,
)
from keras_perceiver.layers.attention_memory import (
    get_attention_memory as get_attention_memory,
)
from keras_perceiver.layers.attention_memory import (
    set_attention_memory as set_attention_memory,
)
from keras_perceiver.layers.bias import Bias as Bias
from keras_perceiver.layers.broadcast_batch import (
    BroadcastBatch as BroadcastBatch,
)
from keras_perceiver.layers.concatenate_channels import (
    ConcatenateChannels as ConcatenateChannels,
)
from keras_perceiver.layers.conv_stem import ConvStem as ConvStem
from keras_perceiver.layers.cross_attention import (
    CrossAttention as CrossAttention,
)
from keras_perceiver.layers.folded_cross_attention import (
    FoldedCrossAttention as FoldedCrossAttention,
)
from keras_perceiver.layers.folded_self_attention import (
    FoldedSelfAttention as FoldedSelfAttention,
)
from keras_perceiver.layers.fourier_features import (
    FourierFeatures as FourierFeatures,
)
from keras_perceiver.layers.fourier_position_encoding import (
    FourierPositionEncoding as FourierPositionEncoding,
)
from keras_perceiver.layers.gelu_dense import GeluDense as GeluDense
from keras_perceiver.layers.grid_indices import GridIndices as GridIndices
from keras_perceiver.layers.layer_norm import LayerNorm as LayerNorm
from keras_perceiver.layers.learned_array import LearnedArray as LearnedArray
from keras_perceiver.layers.mask_rows import MaskRows as MaskRows
from keras_perceiver.layers.masked_mean import MaskedMean as MaskedMean
from keras_perceiver.layers.mlp import MLP as MLP
from keras_perceiver.layers.modality_mask import ModalityMask as ModalityMask
from keras_perceiver.layers.modality_padding import (
    ModalityPadding as ModalityPadding,
)
from keras_perceiver.layers.neighborhood_patches import (
    NeighborhoodPatches as NeighborhoodPatches,
)
from keras_perceiver.layers.perceiver_resampler import (
    PerceiverResampler as PerceiverResampler,
)
from keras_perceiver.layers.pointer_logits import PointerLogits as PointerLogits
from keras_perceiver.layers.raft_upsampling import (
    RaftUpsampling as RaftUpsampling,
)
from keras_perceiver.layers.self_attention import SelfAttention as SelfAttention
from keras_perceiver.layers.slice_tokens import SliceTokens as SliceTokens
from keras_perceiver.layers.space_to_depth import SpaceToDepth as SpaceToDepth
from keras_perceiver.layers.standardize import Standardize as Standardize
from keras_perceiver.layers.transposed_dense import (
    TransposedDense as TransposedDense,
)
