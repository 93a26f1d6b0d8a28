"""Perceiver IO for optical flow, from the pixels of two frames."""

import keras

from keras_perceiver.layers import NeighborhoodPatches
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input
from keras_perceiver.models.grid_positions import position_joiner


def patch_flow(
    *,
    image_shape,
    patch_size,
    projection_dim,
    num_bands,
    max_resolution,
    flow_scale=0.2,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the optical flow model of Perceiver IO, section 4.2.

    An input element is a pixel: what stands around it in the first frame,
    then what stands there in the second, projected, with the Fourier
    features of its place. The same elements are the output queries, so that
    each one says what it looks for as well as where it is (appendix H).

    Args:
        image_shape: `(H, W, 3)` of one frame. Any size takes the same
            weights, as long as `max_resolution` stays.
        patch_size: side of a pixel's neighbourhood: 3, or 1 for bare pixels.
        projection_dim: width of a projected pixel.
        num_bands: number of Fourier bands a dimension.
        max_resolution: `(height, width)` that the highest bands resolve: the
            size at which the weights were trained.
        flow_scale: what the last linear layer is multiplied by to be in
            pixels. The reference divides by 100 and multiplies by 20: 0.2.
            Hugging Face's port leaves out the second: 0.01.
        dtype: dtype policy of every layer. Flow is float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `frames` `(B, 2, H, W, 3)` in [-1, 1] to the
        flow `(B, H, W, 2)` from the first to the second, in pixels, x before
        y. It is zero until trained. Its view `encode` takes `frames` and
        gives a dictionary of `latents` and `features` `(B, H * W,
        projection_dim)`, a row for each pixel. Its view `decode` takes
        `latents`, the `features` of any `O` pixels and their `pixel_indices`
        `(B, O)`, row by row, and gives their flow `(B, O, 2)`.
    """
    height, width, _ = image_shape
    frames = keras.Input((2, *image_shape), name="frames")
    patches = _patches(frames, patch_size, dtype)  # (B, 2, H, W, P)
    patches = frames_behind_channels(patches, dtype)  # (B, H, W, 2 * P)
    features = _project(patches, projection_dim, dtype)  # (B, H * W, F)
    with_positions = position_joiner(
        (height, width), num_bands, max_resolution, dtype
    )
    inputs = with_positions(features)  # (B, M, C)
    latents = encode(
        inputs, gelu_approximate=gelu_approximate, dtype=dtype, **encoder
    )  # (B, N, D)
    return _with_views(
        "patch_flow",
        frames=frames,
        latents=latents,
        features=features,
        queries=inputs,
        with_positions=with_positions,
        write=decoder(
            num_decoder_heads=num_decoder_heads,
            decoder_qk_channels=decoder_qk_channels,
            decoder_v_channels=decoder_v_channels,
            decoder_query_residual=decoder_query_residual,
            gelu_approximate=gelu_approximate,
            dtype=dtype,
        ),
        flow_scale=flow_scale,
    )


def separate_frames_flow(
    *,
    image_shape,
    patch_size,
    projection_dim,
    num_bands,
    max_resolution,
    flow_scale=0.2,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the optical flow model that is not told what stands where.

    Perceiver IO, section 4.2 and table 16, rows without concatenated frames:
    a pixel of either frame is an input element of its own, twice as many as
    in `patch_flow`, and time is a third dimension of its position. Elements
    of the first frame alone are output queries.

    Args:
        image_shape: `(H, W, 3)` of one frame. Any size takes the same
            weights, as long as `max_resolution` stays.
        patch_size: side of a pixel's neighbourhood: 3, or 1 for bare pixels.
        projection_dim: width of a projected pixel.
        num_bands: number of Fourier bands a dimension.
        max_resolution: `(time, height, width)` that the highest bands
            resolve: 2 and the size at which the weights were trained.
        flow_scale: what the last linear layer is multiplied by to be in
            pixels, as in `patch_flow`.
        dtype: dtype policy of every layer. Flow is float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model with the inputs, outputs and views of
        `patch_flow`. The `features` are those of the first frame.
    """
    height, width, _ = image_shape
    frames = keras.Input((2, *image_shape), name="frames")
    patches = _patches(frames, patch_size, dtype)  # (B, 2, H, W, P)
    features = _project(patches, projection_dim, dtype)  # (B, 2 * H * W, F)
    with_positions = position_joiner(
        (2, height, width), num_bands, max_resolution, dtype
    )
    inputs = with_positions(features)  # (B, M, C)
    latents = encode(
        inputs, gelu_approximate=gelu_approximate, dtype=dtype, **encoder
    )  # (B, N, D)
    first_frame = keras.layers.Cropping1D(
        (0, height * width), name="first_frame", dtype=dtype
    )
    return _with_views(
        "separate_frames_flow",
        frames=frames,
        latents=latents,
        features=first_frame(features),
        queries=first_frame(inputs),
        with_positions=with_positions,
        write=decoder(
            num_decoder_heads=num_decoder_heads,
            decoder_qk_channels=decoder_qk_channels,
            decoder_v_channels=decoder_v_channels,
            decoder_query_residual=decoder_query_residual,
            gelu_approximate=gelu_approximate,
            dtype=dtype,
        ),
        flow_scale=flow_scale,
    )


def frames_behind_channels(frames, dtype):
    """`(B, 2, H, W, C)` as `(B, H, W, 2 * C)`, the first frame's in front."""
    _, number, height, width, channels = frames.shape
    frames = keras.layers.Permute(
        (2, 3, 1, 4), name="frames_behind_pixels", dtype=dtype
    )(frames)
    return keras.layers.Reshape(
        (height, width, number * channels),
        name="frames_behind_channels",
        dtype=dtype,
    )(frames)


def _patches(frames, patch_size, dtype):
    return NeighborhoodPatches(patch_size, name="patches", dtype=dtype)(frames)


def _project(patches, projection_dim, dtype):
    """A projected row for each pixel."""
    rows = keras.layers.Reshape(
        (-1, patches.shape[-1]), name="patch_rows", dtype=dtype
    )(patches)
    return keras.layers.Dense(
        projection_dim,
        kernel_initializer=haiku_linear(),
        name="patch_projection",
        dtype=dtype,
    )(rows)


def _with_views(
    name,
    *,
    frames,
    latents,
    features,
    queries,
    with_positions,
    write,
    flow_scale,
):
    """The whole model, and its views, which decode any pixels."""
    _, _, height, width, _ = frames.shape
    output = keras.layers.Dense(
        2, kernel_initializer="zeros", name="flow", dtype="float32"
    )
    to_grid = keras.layers.Reshape(
        (height, width, 2), name="flow_grid", dtype="float32"
    )

    def flow_of(queries, latents):
        return output(write(queries, latents)) * flow_scale

    given_latents = latents_input(latents)
    given_features = keras.Input(
        (None, features.shape[-1]), dtype=features.dtype, name="features"
    )
    indices = keras.Input((None,), dtype="int32", name="pixel_indices")
    return attach_views(
        keras.Model(frames, to_grid(flow_of(queries, latents)), name=name),
        encode=keras.Model(
            frames,
            {"latents": latents, "features": features},
            name=f"{name}_encode",
        ),
        decode=keras.Model(
            {
                "latents": given_latents,
                "features": given_features,
                "pixel_indices": indices,
            },
            flow_of(with_positions(given_features, indices), given_latents),
            name=f"{name}_decode",
        ),
    )
