"""The names of DeepMind's released checkpoints (Haiku's scheme).

An array is called by its module, a slash and its name, such as
`perceiver_encoder/~/cross_attention/attention/linear/w`.
"""

from keras_perceiver.convert.naming import MODALITIES
from keras_perceiver.convert.naming import Family
from keras_perceiver.convert.naming import Scheme
from keras_perceiver.convert.naming import array_of
from keras_perceiver.convert.naming import as_it_is
from keras_perceiver.convert.naming import dense
from keras_perceiver.convert.naming import without_leading_ones

NAME = "DeepMind"

_ATTENTION_AND_MLP = {
    "attention/query": "attention/linear",
    "attention/key": "attention/linear_1",
    "attention/value": "attention/linear_2",
    "attention/output": "attention/linear_3",
    "mlp/hidden": "mlp/linear",
    "mlp/output": "mlp/linear_1",
}


def numbered(name, number):
    """Haiku's name of the second and further modules of one name."""
    return f"{name}_{number}" if number else name


SCHEME = Scheme(
    separator="/",
    cross_parts={
        "query_norm": "layer_norm",
        "input_norm": "layer_norm_1",
        "mlp_norm": "layer_norm_2",
        **_ATTENTION_AND_MLP,
    },
    self_parts={
        "attention_norm": "layer_norm",
        "mlp_norm": "layer_norm_1",
        **_ATTENTION_AND_MLP,
    },
    norm_arrays={"gamma": "scale", "beta": "offset"},
    dense_arrays={"kernel": "w", "bias": "b"},
    self_attention=lambda number: numbered("self_attention", number),
    kernel=as_it_is,
)

_TABLE = "trainable_position_encoding/pos_embs"
_CLASSES = "classification_decoder/~/basic_decoder"
_MULTIMODAL = "multimodal_decoder/~"
STEM = "image_preprocessor/~/conv2_d_downsample/~"
# More layers than an image has room for: 224 pixels are 4 after three.
MAX_STEM_LAYERS = 4


def _linear(ours, theirs):
    return dense(ours, theirs, SCHEME)


def _family(preset, decoder, others, encoder="perceiver_encoder/~/"):
    return Family(preset, encoder, encoder + _TABLE, decoder, others)


def _conv_stem():
    sources = {}
    for i in range(MAX_STEM_LAYERS):
        conv = f"{STEM}/{numbered('conv', i)}"
        norm = f"{STEM}/{numbered('batchnorm', i)}"
        sources |= array_of(f"conv_stem/conv_{i}/kernel", f"{conv}/w")
        for ours, theirs in {
            "gamma": "scale",
            "beta": "offset",
            # Zero-debiased, unlike what lies beside them as `hidden`.
            "moving_mean": "~/mean_ema/average",
            "moving_variance": "~/var_ema/average",
        }.items():
            sources |= array_of(
                f"conv_stem/norm_{i}/{ours}",
                f"{norm}/{theirs}",
                without_leading_ones,
            )
    return sources


def _learned_positions():
    network = "image_preprocessor/~_build_network_inputs"
    pixels = "image_preprocessor/~/conv2_d"
    return {
        # A 1x1 convolution, whose kernel is a matrix.
        **array_of(
            "pixel_projection/kernel", f"{pixels}/w", without_leading_ones
        ),
        **array_of("pixel_projection/bias", f"{pixels}/b"),
        **array_of("input_positions/array", f"{network}/{_TABLE}"),
        **_linear(
            "position_projection",
            f"{network}/position_encoding_projector/linear",
        ),
    }


def _image_classifiers(name, others):
    """A family for each head: a decoder, or the mean of the latents."""
    return {
        f"{name}_image_classifier": _family(
            f"imagenet_{name}",
            f"{_CLASSES}/cross_attention",
            {
                **others,
                **array_of("output_query/array", f"{_CLASSES}/~/{_TABLE}"),
                **_linear("logits", f"{_CLASSES}/output"),
            },
        ),
        f"{name}_mean_classifier": _family(
            f"imagenet_{name}_mean_head",
            None,
            {**others, **_linear("logits", "projection_decoder/~/logits")},
        ),
    }


def _vector(ours, theirs):
    return array_of(ours, f"{theirs}/pos_embs", without_leading_ones)


def _modalities():
    sources = {}
    for ours, theirs in MODALITIES.items():
        inputs = f"multimodal_preprocessor/{theirs}"
        queries = f"{_MULTIMODAL}decoder_query/{theirs}"
        sources |= _vector(f"{ours}_padding/padding", f"{inputs}_padding")
        sources |= _vector(f"{ours}_mask/token", f"{inputs}_mask_token")
        sources |= _vector(
            f"{ours}_query_padding/padding", f"{queries}_padding"
        )
    return sources


FAMILIES = {
    "language": _family(
        "language_bytes",
        "basic_decoder/cross_attention",
        {
            **array_of("token_embedding/embeddings", "embed/embeddings"),
            **array_of("input_positions/array", _TABLE),
            **array_of("output_queries/array", f"basic_decoder/~/{_TABLE}"),
            **array_of("logits/bias", "embedding_decoder/bias"),
        },
    ),
    **_image_classifiers("fourier", {}),
    **_image_classifiers("learned", _learned_positions()),
    **_image_classifiers("conv", _conv_stem()),
    "patch_flow": _family(
        "optical_flow",
        "flow_decoder/~/basic_decoder/cross_attention",
        {
            **_linear("patch_projection", "image_preprocessor/patches_linear"),
            **_linear("flow", "flow_decoder/~/basic_decoder/output"),
        },
    ),
    "autoencoder": _family(
        "kinetics_autoencoder",
        f"{_MULTIMODAL}/basic_decoder/cross_attention",
        {
            **_modalities(),
            **array_of("label_query/array", f"{_CLASSES}/~/{_TABLE}"),
            **_linear("decoder_output", f"{_MULTIMODAL}/basic_decoder/output"),
            **_linear("video_output", "projection_postprocessor/linear"),
            **_linear("audio_output", "audio_postprocessor/linear"),
            **_linear("label_output", "classification_postprocessor/linear"),
        },
        encoder="encoder/~/",
    ),
}


def is_ignored(key):
    """Whether a tensor has no counterpart because inference needs none.

    These are the running sums from which the averages of batch
    normalisation are made.
    """
    return key.endswith(
        tuple(
            f"/~/{average}_ema/{array}"
            for average in ("mean", "var")
            for array in ("hidden", "counter")
        )
    )
