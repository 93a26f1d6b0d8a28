"""Perceiver IO for optical flow, from convolutional features."""

import keras

from keras_perceiver.layers import ConvStem
from keras_perceiver.layers import RaftUpsampling
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input
from keras_perceiver.models.grid_positions import position_joiner
from keras_perceiver.models.optical_flow import frames_behind_channels

# A convolution and a pooling, each of which halves the image.
_STRIDE = 4


def conv_flow(
    *,
    image_shape,
    stem_channels,
    num_bands,
    max_resolution,
    decoder_output_dim,
    upsampling_dim,
    flow_scale=0.2,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the faster optical flow model of Perceiver IO, appendix H.

    A convolution and a max-pooling make one input element of 4x4 pixels of
    both frames. These elements are the output queries too, and what they
    read is upsampled as in RAFT. DeepMind released no such model.

    Args:
        image_shape: `(H, W, 3)` of one frame, both sides divisible by 4. Any
            size takes the same weights, as long as `max_resolution` stays.
        stem_channels: width of the convolution's features.
        num_bands: number of Fourier bands a dimension.
        max_resolution: `(height, width)` that the highest bands resolve, in
            elements: a fourth of the size at which the weights were trained.
        decoder_output_dim: width of what is upsampled, 64 as published.
        upsampling_dim: width of the hidden layer that predicts the weights
            of the upsampling. Not published.
        flow_scale: what the upsampled flow is multiplied by to be in pixels,
            as in `patch_flow`.
        dtype: dtype policy of every layer. The upsampling and the flow are
            float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `frames` `(B, 2, H, W, 3)` in [-1, 1] to the
        flow `(B, H, W, 2)` from the first to the second, in pixels, x before
        y. It is zero until trained. Its view `encode` takes `frames` and
        gives a dictionary of `latents` and `features` `(B, H/4 * W/4,
        stem_channels)`. Its view `decode` takes these two and gives the
        whole flow, since upsampling needs neighbours.

    Raises:
        ValueError: if a side of `image_shape` is not divisible by 4.
    """
    grid_shape = _coarse_grid(image_shape)
    frames = keras.Input((2, *image_shape), name="frames")
    features = ConvStem(stem_channels, name="conv_stem", dtype=dtype)(
        frames_behind_channels(frames, dtype)
    )  # (B, h, w, F)
    features = keras.layers.Reshape(
        (-1, stem_channels), name="stem_rows", dtype=dtype
    )(features)
    with_positions = position_joiner(
        grid_shape, num_bands, max_resolution, dtype
    )
    inputs = with_positions(features)  # (B, M, C)
    latents = encode(
        inputs, gelu_approximate=gelu_approximate, dtype=dtype, **encoder
    )  # (B, N, D)
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    upsampled = _upsampler(
        grid_shape, decoder_output_dim, upsampling_dim, dtype
    )

    def flow_of(queries, latents):
        return upsampled(write(queries, latents)) * flow_scale

    encoded = {"latents": latents, "features": features}
    given = {
        "latents": latents_input(latents),
        "features": keras.Input(
            features.shape[1:], dtype=features.dtype, name="features"
        ),
    }
    return attach_views(
        keras.Model(frames, flow_of(inputs, latents), name="conv_flow"),
        encode=keras.Model(frames, encoded, name="conv_flow_encode"),
        decode=keras.Model(
            given,
            flow_of(with_positions(given["features"]), given["latents"]),
            name="conv_flow_decode",
        ),
    )


def _upsampler(grid_shape, decoder_output_dim, upsampling_dim, dtype):
    """A function from decoder outputs `(B, h * w, E)` to `(B, H, W, 2)`."""
    output = keras.layers.Dense(
        decoder_output_dim,
        kernel_initializer=haiku_linear(),
        name="decoder_output",
        dtype=dtype,
    )
    to_grid = keras.layers.Reshape(
        (*grid_shape, decoder_output_dim), name="output_grid", dtype=dtype
    )
    upsampling = RaftUpsampling(
        _STRIDE, upsampling_dim, name="upsampling", dtype="float32"
    )
    return lambda outputs: upsampling(to_grid(output(outputs)))


def _coarse_grid(image_shape):
    height, width, _ = image_shape
    if height % _STRIDE or width % _STRIDE:
        nearest = tuple(
            -(-side // _STRIDE) * _STRIDE for side in (height, width)
        )
        raise ValueError(
            f"conv_flow needs an image_shape with height and width divisible "
            f"by {_STRIDE}. Received: image_shape={tuple(image_shape)}. Pad "
            f"or resize the frames to {nearest}, or take patch_flow, which "
            "has no such need."
        )
    return height // _STRIDE, width // _STRIDE
