"""Random small configurations of every preset's builder."""

from hypothesis import strategies as st

from keras_perceiver import models
from keras_perceiver import presets

# One preset of each builder.
PRESETS = {preset.builder: name for name, preset in presets().items()}

_HEADS = st.sampled_from([1, 2, 3, 4])
# Divisible by every number of heads.
_WIDTHS = st.integers(1, 4).map(lambda k: 12 * k)
_ANY_WIDTH = st.integers(1, 9)
_FEW = st.integers(1, 4)

_SIZES = {
    "vocabulary_size": _ANY_WIDTH,
    "max_length": _ANY_WIDTH,
    "embedding_dim": _WIDTHS,
    "num_latents": _ANY_WIDTH,
    "latent_dim": _WIDTHS,
    "num_blocks": _FEW,
    "num_self_attends_per_block": st.integers(0, 3),
    "num_self_attends": st.integers(0, 3),
    "num_self_attention_heads": _HEADS,
    "num_decoder_heads": _HEADS,
    "qk_channels": st.none() | _WIDTHS,
    "v_channels": st.none() | _WIDTHS,
    "decoder_qk_channels": st.none() | _WIDTHS,
    "decoder_v_channels": st.none() | _WIDTHS,
    "widening_factor": _FEW,
    "cross_attention_widening_factor": _FEW,
    "encoder_query_residual": st.booleans(),
    "decoder_query_residual": st.booleans(),
    "query_dim": _ANY_WIDTH,
    "num_classes": _ANY_WIDTH,
    "num_bands": _FEW,
    "image_shape": st.tuples(
        st.sampled_from([24, 28, 36]), st.sampled_from([24, 32]), st.just(3)
    ),
    "pixel_projection_dim": _ANY_WIDTH,
    "position_dim": _ANY_WIDTH,
    "position_projection_dim": _ANY_WIDTH,
    "stem_channels": _ANY_WIDTH,
    "num_stem_layers": st.integers(1, 2),
    "stem_same_padding": st.booleans(),
    "num_points": _ANY_WIDTH,
    "share_cross_attention": st.booleans(),
    "share_self_attention": st.booleans(),
    "interleaved": st.booleans(),
    "num_cross_attends": _FEW,
    "patch_size": st.sampled_from([1, 3, 5]),
    "projection_dim": _ANY_WIDTH,
    "decoder_output_dim": _ANY_WIDTH,
    "upsampling_dim": _ANY_WIDTH,
    "num_entities": _ANY_WIDTH,
    "entity_dim": _WIDTHS,
    "pointer_channels": _ANY_WIDTH,
    "video_shape": st.tuples(
        st.sampled_from([2, 4]),
        st.sampled_from([4, 8]),
        st.sampled_from([4, 12]),
        st.just(3),
    ),
    "video_patch_shape": st.sampled_from([(1, 2, 2), (2, 4, 4), (1, 4, 2)]),
    "num_audio_samples": st.sampled_from([24, 48]),
    "samples_per_patch": st.sampled_from([2, 3, 8]),
    "video_num_bands": _FEW,
    "audio_num_bands": _FEW,
    "min_padding": _FEW,
    "query_min_padding": _FEW,
    "label_query_dim": _ANY_WIDTH,
    "task_outputs": st.lists(_FEW, min_size=1, max_size=3).map(
        lambda outputs: tuple((f"task_{i}", n) for i, n in enumerate(outputs))
    ),
    "spectrogram_shape": st.tuples(_ANY_WIDTH, _FEW),
}
# These cost nothing, whatever they are, but for bytes in training.
_AS_PUBLISHED = {
    "attention_dropout",
    "audio_max_resolution",
    "dropout",
    "dtype",
    "embedding_stddev",
    "flow_scale",
    "gelu_approximate",
    "max_resolution",
    "position_stddev",
    "rematerialize",
    "video_max_resolution",
}


@st.composite
def overrides(draw, builder):
    """Overrides of `PRESETS[builder]` that set every size to a small one."""
    names = set(presets()[PRESETS[builder]].arguments) - _AS_PUBLISHED
    drawn = {}
    for name in sorted(names - {"num_cross_attention_heads"}):
        drawn[name] = draw(_SIZES[name], label=name)
    if "num_cross_attention_heads" in names:
        # The width of what is read has no divisor but one for sure.
        divisible = drawn["qk_channels"] is not None
        heads = draw(_HEADS) if divisible else 1
        drawn["num_cross_attention_heads"] = heads
    if drawn.get("interleaved"):
        drawn["num_cross_attends"] = min(
            drawn["num_cross_attends"], drawn["num_blocks"]
        )
    if builder is models.point_perceiver:
        dimensions = draw(st.integers(1, 3), label="dimensions")
        drawn["max_resolution"] = (8,) * dimensions
    return drawn
