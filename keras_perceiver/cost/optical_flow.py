"""What the models of optical flow cost."""

from keras_perceiver.cost.blocks import read_and_write
from keras_perceiver.cost.inputs import conv_stem
from keras_perceiver.cost.inputs import with_positions

_STEM_FACTOR = 4


def patch_flow(
    trace, *, image_shape, patch_size, projection_dim, num_bands, **others
):
    """What `models.patch_flow` builds."""
    with trace.part("preprocessing"):
        patches = _patches(trace, image_shape, patch_size)
        both = trace.operation(
            [patches], patches.rows // 2, 2 * patches.channels
        )
        features = trace.linear(both, projection_dim)
        inputs = with_positions(trace, features, 2, num_bands)
    outputs = read_and_write(trace, inputs, lambda: inputs, **others)
    _linear_flow(trace, outputs)


def separate_frames_flow(
    trace, *, image_shape, patch_size, projection_dim, num_bands, **others
):
    """What `models.separate_frames_flow` builds."""
    with trace.part("preprocessing"):
        patches = _patches(trace, image_shape, patch_size)
        features = trace.linear(patches, projection_dim)
        inputs = with_positions(trace, features, 3, num_bands)
        first_frame = trace.operation(
            [inputs], inputs.rows // 2, inputs.channels
        )
    outputs = read_and_write(trace, inputs, lambda: first_frame, **others)
    _linear_flow(trace, outputs)


def conv_flow(
    trace,
    *,
    image_shape,
    stem_channels,
    num_bands,
    decoder_output_dim,
    upsampling_dim,
    **others,
):
    """What `models.conv_flow` builds."""
    height, width, channels = image_shape
    with trace.part("preprocessing"):
        frames = trace.given(2 * height * width, channels)
        both = trace.operation([frames], height * width, 2 * channels)
        features = conv_stem(trace, both, image_shape, stem_channels)
        inputs = with_positions(trace, features, 2, num_bands)
    outputs = read_and_write(trace, inputs, lambda: inputs, **others)
    with trace.part("head"):
        outputs = trace.linear(outputs, decoder_output_dim)
        _upsample(trace, trace.float32(outputs), upsampling_dim)


def _patches(trace, image_shape, patch_size):
    height, width, channels = image_shape
    frames = trace.given(2 * height * width, channels)
    return trace.operation([frames], frames.rows, patch_size**2 * channels)


def _linear_flow(trace, outputs):
    with trace.part("head"):
        flow = trace.linear(trace.float32(outputs), 2)
        trace.output(trace.elementwise(flow))


def _upsample(trace, features, hidden_channels):
    """What `RaftUpsampling` does."""
    features = trace.as_it_is(features)
    fine_pixels, neighbors = _STEM_FACTOR**2, 9
    flow = trace.linear(features, 2)
    coarse = trace.operation([flow], flow.rows, neighbors * 2)
    hidden = trace.relu(trace.linear(features, hidden_channels))
    scores = trace.linear(hidden, neighbors * fine_pixels)
    weights = trace.elementwise(scores)
    fine = trace.operation(
        [weights, coarse],
        flow.rows * fine_pixels,
        2,
        flops=2 * flow.rows * fine_pixels * neighbors * 2,
        keeps=[weights, coarse],
    )
    trace.output(trace.elementwise(fine))
