"""What images, videos and audio cost on their way to tokens."""

import math

# One layer of the convolutional stem.
_KERNEL = 7
_POOL = 3
_STRIDE = 2


def with_positions(trace, data, num_dimensions, num_bands):
    """Fourier positions on a grid behind the data of all its places."""
    width = fourier_channels(num_dimensions, num_bands)
    return trace.concatenate_channels(data, trace.constant(data.rows, width))


def fourier_channels(num_dimensions, num_bands):
    """The width of `FourierFeatures`."""
    return num_dimensions * (2 * num_bands + 1)


def conv_stem(
    trace, images, image_shape, channels, *, num_layers=1, same_padding=True
):
    """What `ConvStem` does with images of `image_shape` `(H, W, C)`."""
    height, width, _ = image_shape
    x = images
    for _ in range(num_layers):
        if not same_padding:
            edges = _KERNEL - 1
            padded = (height + edges) * (width + edges)
            x = trace.operation([x], padded, x.channels)
        height, width = -(-height // _STRIDE), -(-width // _STRIDE)
        x = _convolution(trace, x, height * width, channels)
        x = trace.relu(trace.norm(x))
        height, width = (
            _pooled(side, same_padding) for side in (height, width)
        )
        x = trace.operation([x], height * width, channels, keeps=[x])
    return x


def _convolution(trace, x, rows, channels):
    numbers = _KERNEL**2 * x.channels * channels
    trace.add_parameters(numbers)
    return trace.operation(
        [x], rows, channels, flops=2 * rows * numbers, keeps=[x]
    )


def _pooled(side, same_padding):
    if same_padding:
        return -(-side // _STRIDE)
    return (side - _POOL) // _STRIDE + 1


def video_tokens(trace, video_shape, patch_shape, num_bands):
    """What `models.modality_tokens.video_tokens` makes."""
    *sizes, channels = video_shape
    patch = math.prod(patch_shape)
    pixels = trace.given(math.prod(sizes), channels)
    patches = trace.operation([pixels], pixels.rows // patch, patch * channels)
    return with_positions(trace, patches, len(sizes), num_bands)


def waveform_tokens(trace, num_audio_samples, samples_per_patch, num_bands):
    """What `models.modality_tokens.waveform_tokens` makes."""
    patches = trace.given(
        num_audio_samples // samples_per_patch, samples_per_patch
    )
    return with_positions(trace, patches, 1, num_bands)


def spectrogram_tokens(trace, spectrogram_shape, num_bands):
    """What `models.modality_tokens.spectrogram_tokens` makes."""
    values = trace.given(math.prod(spectrogram_shape), 1)
    return with_positions(trace, values, len(spectrogram_shape), num_bands)


def pad_to_widest(trace, tokens, min_padding):
    """What `models.modality_tokens.pad_to_widest` makes of a list."""
    channels = min_padding + max(rows.channels for rows in tokens)
    padded = []
    for rows in tokens:
        missing = channels - rows.channels
        trace.add_parameters(missing)
        padded.append(trace.operation([rows], rows.rows, channels))
    return padded
