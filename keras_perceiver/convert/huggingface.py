"""The names of Hugging Face's Perceiver checkpoints.

Linear layers are stored `(out, in)` and convolutions `(out, in, height,
width)`; batch normalisation has its averages among the weights.
"""

from keras_perceiver.convert.naming import MODALITIES
from keras_perceiver.convert.naming import Family
from keras_perceiver.convert.naming import Scheme
from keras_perceiver.convert.naming import array_of
from keras_perceiver.convert.naming import dense
from keras_perceiver.convert.naming import transposed
from keras_perceiver.convert.naming import without_leading_ones

NAME = "Hugging Face"

_ATTENTION_AND_MLP = {
    "attention/query": "attention.self.query",
    "attention/key": "attention.self.key",
    "attention/value": "attention.self.value",
    "attention/output": "attention.output.dense",
    "mlp/hidden": "mlp.dense1",
    "mlp/output": "mlp.dense2",
    "mlp_norm": "layernorm",
}

SCHEME = Scheme(
    separator=".",
    cross_parts={
        "query_norm": "attention.self.layernorm1",
        "input_norm": "attention.self.layernorm2",
        **_ATTENTION_AND_MLP,
    },
    self_parts={
        "attention_norm": "attention.self.layernorm1",
        **_ATTENTION_AND_MLP,
    },
    norm_arrays={"gamma": "weight", "beta": "bias"},
    dense_arrays={"kernel": "weight", "bias": "bias"},
    self_attention=lambda number: f"self_attends.{number}",
    kernel=transposed,
)

_INPUTS = "perceiver.input_preprocessor"
_DECODER = "perceiver.decoder"
_TABLE = "position_embeddings.position_embeddings"
_QUERIES = "output_position_encodings.position_embeddings"


def _linear(ours, theirs):
    return dense(ours, theirs, SCHEME)


def _family(preset, decoder, others):
    return Family(
        preset,
        "perceiver.encoder.",
        "perceiver.embeddings.latents",
        f"{decoder}.decoding_cross_attention",
        others,
    )


def _conv_kernel(array, ndim):
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array


def _pixel_kernel(array, ndim):
    """A 1x1 convolution, whose kernel is a matrix."""
    if array.ndim == 4 and array.shape[2:] == (1, 1):
        return array[:, :, 0, 0].T
    return array


def _image_classifier(name, others):
    decoder = f"{_DECODER}.decoder"
    return {
        f"{name}_image_classifier": _family(
            f"imagenet_{name}",
            decoder,
            {
                **others,
                **array_of("output_query/array", f"{decoder}.{_QUERIES}"),
                **_linear("logits", f"{decoder}.final_layer"),
            },
        )
    }


def _modalities():
    sources = {}
    for ours, theirs in MODALITIES.items():
        post = f"perceiver.output_postprocessor.modalities.{theirs}.classifier"
        sources |= _linear(f"{ours}_output", post)
        for weight, key in {
            f"{ours}_padding/padding": f"{_INPUTS}.padding.{theirs}",
            f"{ours}_mask/token": f"{_INPUTS}.mask.{theirs}",
            f"{ours}_query_padding/padding": f"{_DECODER}.padding.{theirs}",
        }.items():
            sources |= array_of(weight, key, without_leading_ones)
    return sources


FAMILIES = {
    "language": _family(
        "language_bytes",
        _DECODER,
        {
            **array_of(
                "token_embedding/embeddings", f"{_INPUTS}.embeddings.weight"
            ),
            **array_of(
                "input_positions/array", f"{_INPUTS}.position_embeddings.weight"
            ),
            **array_of("output_queries/array", f"{_DECODER}.{_QUERIES}"),
            **array_of("logits/bias", "embedding_decoder.bias"),
        },
    ),
    **_image_classifier("fourier", {}),
    **_image_classifier(
        "learned",
        {
            **array_of(
                "pixel_projection/kernel",
                f"{_INPUTS}.convnet_1x1.weight",
                _pixel_kernel,
            ),
            **array_of("pixel_projection/bias", f"{_INPUTS}.convnet_1x1.bias"),
            **array_of("input_positions/array", f"{_INPUTS}.{_TABLE}"),
            **_linear("position_projection", f"{_INPUTS}.positions_projection"),
        },
    ),
    **_image_classifier(
        "conv",
        {
            **array_of(
                "conv_stem/conv_0/kernel",
                f"{_INPUTS}.convnet.conv.weight",
                _conv_kernel,
            ),
            **{
                path: source
                for ours, theirs in {
                    "gamma": "weight",
                    "beta": "bias",
                    "moving_mean": "running_mean",
                    "moving_variance": "running_var",
                }.items()
                for path, source in array_of(
                    f"conv_stem/norm_0/{ours}",
                    f"{_INPUTS}.convnet.batchnorm.{theirs}",
                ).items()
            },
        },
    ),
    "patch_flow": _family(
        "optical_flow",
        f"{_DECODER}.decoder",
        {
            **_linear("patch_projection", f"{_INPUTS}.conv_after_patches"),
            **_linear("flow", f"{_DECODER}.decoder.final_layer"),
        },
    ),
    "autoencoder": _family(
        "kinetics_autoencoder",
        f"{_DECODER}.decoder",
        {
            **_modalities(),
            **array_of(
                "label_query/array",
                f"{_DECODER}.modalities.label.decoder.{_QUERIES}",
            ),
            **_linear("decoder_output", f"{_DECODER}.decoder.final_layer"),
        },
    ),
}


def is_ignored(key):
    """Whether a tensor has no counterpart because inference needs none."""
    return key.endswith(".num_batches_tracked")
