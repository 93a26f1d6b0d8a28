"""The optical flow models."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import conv_flow
from keras_perceiver.models import patch_flow
from keras_perceiver.models import separate_frames_flow
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values

SHAPE = (8, 12, 3)
FRAMES = np.tanh(random_array(2, 2, *SHAPE))
COMMON = {
    "image_shape": SHAPE,
    "num_bands": 3,
    "num_latents": 5,
    "latent_dim": 16,
    "num_self_attends_per_block": 2,
    "num_blocks": 2,
    "num_self_attention_heads": 4,
    "num_decoder_heads": 2,
    "decoder_qk_channels": 8,
    "decoder_v_channels": 12,
}
PATCHES = {**COMMON, "patch_size": 3, "projection_dim": 6}
BUILDERS = {
    patch_flow: {**PATCHES, "max_resolution": (8, 12)},
    separate_frames_flow: {**PATCHES, "max_resolution": (2, 8, 12)},
    conv_flow: {
        **COMMON,
        "max_resolution": (2, 3),
        "stem_channels": 6,
        "decoder_output_dim": 10,
        "upsampling_dim": 7,
    },
}
ALL_FORMS = pytest.mark.parametrize("builder", BUILDERS)
PATCH_FORMS = pytest.mark.parametrize(
    "builder", [patch_flow, separate_frames_flow]
)


def tiny(builder, **settings):
    model = builder(**{**BUILDERS[builder], **settings})
    randomize(model)
    return model


def output_of(weights, features, grid_shape, max_resolution, num_queries):
    """What the decoder gives, in float64, from projected features on."""
    positions = float64_reference.fourier_features(
        grid_shape, 3, max_resolution
    )
    positions = np.broadcast_to(positions, (len(features), *positions.shape))
    inputs = np.concatenate([features, positions], axis=-1)
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        inputs,
        num_heads=1,
    )
    for layer in ("self_attention_0", "self_attention_1") * 2:
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=4
        )
    return float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        inputs[:, :num_queries],
        latents,
        num_heads=2,
        query_residual=False,
    )


def patch_reference(weights, frames, size, max_resolution=(8, 12)):
    """`patch_flow` in float64."""
    batch, _, height, width, _ = frames.shape
    patches = [
        float64_reference.neighborhood_patches(frames[:, i], size)
        for i in range(2)
    ]
    rows = np.concatenate(patches, -1).reshape(batch, height * width, -1)
    features = float64_reference.linear(rows, part(weights, "patch_projection"))
    outputs = output_of(
        weights, features, (height, width), max_resolution, height * width
    )
    flow = 0.2 * float64_reference.linear(outputs, part(weights, "flow"))
    return flow.reshape(batch, height, width, 2)


def separate_reference(weights, frames, size, max_resolution=(2, 8, 12)):
    """`separate_frames_flow` in float64."""
    batch, _, height, width, _ = frames.shape
    patches = float64_reference.neighborhood_patches(frames, size)
    rows = patches.reshape(batch, 2 * height * width, -1)
    features = float64_reference.linear(rows, part(weights, "patch_projection"))
    outputs = output_of(
        weights, features, (2, height, width), max_resolution, height * width
    )
    flow = 0.2 * float64_reference.linear(outputs, part(weights, "flow"))
    return flow.reshape(batch, height, width, 2)


REFERENCES = {
    patch_flow: patch_reference,
    separate_frames_flow: separate_reference,
}


@PATCH_FORMS
@pytest.mark.parametrize("patch_size", [1, 3])
def test_patches_equal_the_reference(builder, patch_size):
    model = tiny(builder, patch_size=patch_size)
    expected = REFERENCES[builder](weight_values(model), FRAMES, patch_size)
    assert_near(model(FRAMES), expected)


def test_convolutions_equal_the_reference():
    """From the stem's features on; the stem has a test of its own."""
    model = tiny(conv_flow)
    joined = np.concatenate([FRAMES[:, 0], FRAMES[:, 1]], axis=-1)
    features = np.array(model.get_layer("conv_stem")(joined), "float64")
    weights = weight_values(model)
    outputs = output_of(weights, features.reshape(2, 6, 6), (2, 3), (2, 3), 6)
    outputs = float64_reference.linear(outputs, part(weights, "decoder_output"))
    expected = 0.2 * float64_reference.raft_upsampling(
        part(weights, "upsampling"), outputs.reshape(2, 2, 3, 10), factor=4
    )
    assert_near(model(FRAMES), expected)


@PATCH_FORMS
def test_another_size_takes_the_same_weights(builder):
    """Its positions lie closer or wider; the bands stay what they were."""
    frames = np.tanh(random_array(2, 2, 5, 7, 3))
    model, other = tiny(builder), tiny(builder, image_shape=(5, 7, 3))
    other.set_weights(model.get_weights())
    expected = REFERENCES[builder](weight_values(model), frames, 3)
    assert_near(other(frames), expected)


def test_convolutions_at_another_size_take_the_same_weights():
    model = tiny(conv_flow)
    other = tiny(conv_flow, image_shape=(4, 8, 3))
    other.set_weights(model.get_weights())
    assert other(FRAMES[:, :, :4, :8]).shape == (2, 4, 8, 2)


@ALL_FORMS
def test_the_batch_is_free(builder):
    model = tiny(builder)
    assert model.input.name == "frames"
    assert model.input.shape == (None, 2, *SHAPE)
    assert model.output.shape == (None, 8, 12, 2)
    assert model(FRAMES[:0]).shape == (0, 8, 12, 2)
    assert_near(model(FRAMES[1:]), model(FRAMES)[1:], 1e-5)


def test_inputs_and_outputs_of_views_are_the_documented_ones():
    for builder, rows, width in (
        (patch_flow, 96, 6),
        (separate_frames_flow, 96, 6),
        (conv_flow, 6, 6),
    ):
        model = tiny(builder)
        encoded = model.encode(FRAMES)
        assert set(encoded) == {"latents", "features"}
        assert encoded["latents"].shape == (2, 5, 16)
        assert encoded["features"].shape == (2, rows, width)
        extra = set() if builder is conv_flow else {"pixel_indices"}
        assert set(model.decode.input) == {"latents", "features"} | extra


def decoded(model, encoded, indices):
    """The flow of chosen pixels, whose features are taken by hand."""
    features = np.take_along_axis(
        np.array(encoded["features"]), indices[..., None], axis=1
    )
    return model.decode(
        {
            "latents": encoded["latents"],
            "features": keras.ops.convert_to_tensor(features),
            "pixel_indices": keras.ops.convert_to_tensor(indices, "int32"),
        }
    )


@PATCH_FORMS
def test_decode_gives_any_pixels_of_the_whole(builder):
    model = tiny(builder)
    flow = np.array(model(FRAMES)).reshape(2, 96, 2)
    encoded = model.encode(FRAMES)
    for indices in (
        np.array([[95, 0, 3, 3], [50, 1, 0, 2]]),
        np.array([[7], [0]]),
        np.zeros((2, 0), "int32"),
        np.broadcast_to(np.arange(96), (2, 96)),
    ):
        rows = decoded(model, encoded, indices)
        assert rows.shape == (*indices.shape, 2)
        if indices.size:
            expected = np.take_along_axis(flow, indices[..., None], axis=1)
            assert_near(rows, expected, 1e-5)


def test_convolutions_are_decoded_whole():
    model = tiny(conv_flow)
    assert_near(model.decode(model.encode(FRAMES)), model(FRAMES), 1e-5)


@ALL_FORMS
def test_views_share_the_weights_of_the_whole(builder):
    model = tiny(builder)
    weights = {id(weight) for weight in model.weights}
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode < weights
    assert decode < weights
    assert encode | decode == weights


@ALL_FORMS
def test_weights_have_the_names_that_conversion_goes_by(builder):
    paths = [weight.path for weight in tiny(builder).weights]
    assert len(set(paths)) == len(paths)
    assert "decoder_cross_attention/attention/query/kernel" in paths
    own = {"patch_projection/kernel", "flow/kernel"}
    if builder is conv_flow:
        own = {
            "conv_stem/conv_0/kernel",
            "decoder_output/kernel",
            "upsampling/flow/kernel",
        }
    assert own < set(paths)
    assert tiny(builder).name == builder.__name__


def test_time_alone_tells_the_frames_apart_where_they_are_separate():
    """By its raw position: its bands differ by whole turns."""
    model = tiny(separate_frames_flow)
    indices = np.array([[0, 95, 96, 191]])
    positions = np.array(model.get_layer("input_positions")(indices))[0]
    np.testing.assert_array_equal(positions[:, 0], [-1, -1, 1, 1])
    np.testing.assert_allclose(positions[:2, 1:], positions[2:, 1:], atol=1e-6)


@ALL_FORMS
def test_flow_scale_multiplies(builder):
    model, other = tiny(builder), tiny(builder, flow_scale=0.01)
    assert_near(other(FRAMES), 0.05 * np.array(model(FRAMES)), 1e-5)


@ALL_FORMS
def test_arguments_reach_encoder_and_decoder(builder):
    model = tiny(
        builder,
        encoder_query_residual=False,
        decoder_query_residual=True,
        gelu_approximate=False,
    )
    for name, residual in (("encoder", False), ("decoder", True)):
        layer = model.get_layer(f"{name}_cross_attention")
        assert layer.query_residual is residual
        assert layer.gelu_approximate is False


@ALL_FORMS
def test_mixed_precision_gives_float32_flow(builder):
    exact, mixed = tiny(builder), tiny(builder, dtype="mixed_bfloat16")
    encoded = mixed.encode(FRAMES)
    assert {tensor.dtype.name for tensor in encoded.values()} == {"bfloat16"}
    assert mixed.decode.output.dtype == "float32"
    flow = mixed(FRAMES)
    assert flow.dtype == "float32"
    assert 1e-4 < relative_error(flow, exact(FRAMES)) < 0.1


@ALL_FORMS
def test_survives_a_keras_file(builder, tmp_path):
    model = tiny(builder)
    model.save(tmp_path / "flow.keras")
    loaded = keras.saving.load_model(tmp_path / "flow.keras")
    np.testing.assert_array_equal(loaded(FRAMES), model(FRAMES))


@pytest.mark.parametrize(
    ("shape", "nearest"),
    [((370, 496, 3), "(372, 496)"), ((368, 497, 3), "(368, 500)")],
)
def test_sides_that_convolutions_cannot_quarter_are_named(shape, nearest):
    with pytest.raises(ValueError, match="divisible by 4") as error:
        tiny(conv_flow, image_shape=shape)
    assert f"image_shape={shape}" in str(error.value)
    assert nearest in str(error.value)
