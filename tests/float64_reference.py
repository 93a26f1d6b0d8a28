"""Perceiver IO, appendix E.1, once more: numpy, float64, one row at a time.

Written from the paper and not from the library, so that a mistake would have
to be made twice. Weights are dictionaries from a path within a layer, such as
`"attention/query/kernel"`, to an array.
"""

import math

import numpy as np


def relative_error(actual, expected):
    """max|a - b| / max|b|, the project's measure of parity."""
    actual = np.asarray(actual, "float64")
    expected = np.asarray(expected, "float64")
    assert actual.shape == expected.shape
    assert np.isfinite(actual).all()
    return np.abs(actual - expected).max() / np.abs(expected).max()


def assert_near(actual, expected, tolerance=1e-5):
    error = relative_error(actual, expected)
    assert error <= tolerance, f"relative error {error:.2e} > {tolerance:.0e}"


def part(weights, name):
    """The weights below `name`, by their paths within it."""
    prefix = f"{name}/"
    return {
        path.removeprefix(prefix): array
        for path, array in weights.items()
        if path.startswith(prefix)
    }


def linear(x, weights):
    return x @ weights["kernel"] + weights["bias"]


def standardized(x, epsilon=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + epsilon)


def layer_norm(x, weights, epsilon=1e-5):
    return standardized(x, epsilon) * weights["gamma"] + weights["beta"]


def gelu_tanh(x):
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(inner))


def gelu_exact(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def mlp(x, weights, gelu=gelu_tanh):
    hidden = gelu(linear(x, part(weights, "hidden")))
    return linear(hidden, part(weights, "output"))


def attend_row(query, keys, values, allowed):
    """What one query reads with one head: a mean over allowed rows only."""
    if not allowed.any():
        return np.zeros(values.shape[-1])
    scores = keys[allowed] @ query / math.sqrt(len(query))
    exponentials = np.exp(scores - scores.max())
    return exponentials @ values[allowed] / exponentials.sum()


def attend(query, key, value, mask=None):
    """Softmax attention on `(B, H, length, channels)`, row by row.

    Args:
        query: `(B, H, O, d)`; a batch of 1 is repeated.
        key: `(B, H, M, d)`.
        value: `(B, H, M, e)`.
        mask: broadcasts against `(B, O, M)`.
    """
    batch, heads, length = len(key), query.shape[1], query.shape[2]
    query = np.broadcast_to(query, (batch, *query.shape[1:]))
    mask = np.broadcast_to(
        True if mask is None else mask, (batch, length, key.shape[2])
    )
    mixed = np.zeros((batch, heads, length, value.shape[-1]))
    for b, h, o in np.ndindex(batch, heads, length):
        mixed[b, h, o] = attend_row(
            query[b, h, o], key[b, h], value[b, h], mask[b, o]
        )
    return mixed


def attention(weights, queries, inputs, num_heads, attention_mask=None):
    """Multi-head attention; head `h` has the `h`-th run of channels."""

    def heads_of(x, name):
        projected = linear(x, part(weights, name))
        return np.stack(np.split(projected, num_heads, axis=-1), axis=1)

    mixed = attend(
        heads_of(queries, "query"),
        heads_of(inputs, "key"),
        heads_of(inputs, "value"),
        attention_mask,
    )
    joined = np.concatenate(list(mixed.swapaxes(0, 1)), axis=-1)
    return linear(joined, part(weights, "output"))


def residual_mlp(x, weights, gelu=gelu_tanh):
    normed = layer_norm(x, part(weights, "mlp_norm"))
    return x + mlp(normed, part(weights, "mlp"), gelu)


def cross_attention(
    weights,
    queries,
    inputs,
    num_heads,
    input_mask=None,
    query_mask=None,
    query_residual=True,
    gelu=gelu_tanh,
):
    mask = np.ones((len(inputs), queries.shape[1], inputs.shape[1]), bool)
    if query_mask is not None:
        mask &= query_mask[:, :, None]
    if input_mask is not None:
        mask &= input_mask[:, None, :]
    read = attention(
        part(weights, "attention"),
        layer_norm(queries, part(weights, "query_norm")),
        layer_norm(inputs, part(weights, "input_norm")),
        num_heads,
        mask,
    )
    x = queries + read if query_residual else read
    return residual_mlp(x, weights, gelu)


def self_attention(
    weights, latents, num_heads, latent_mask=None, gelu=gelu_tanh
):
    normed = layer_norm(latents, part(weights, "attention_norm"))
    mask = None if latent_mask is None else latent_mask[:, None, :]
    update = attention(
        part(weights, "attention"), normed, normed, num_heads, mask
    )
    return residual_mlp(latents + update, weights, gelu)


def attention_scores(weights, queries, inputs, num_heads, attention_mask=None):
    """`(B, H, O, M)`: a distribution over inputs, or zeros, in each row."""
    keys = linear(inputs, part(weights, "key"))
    queries = linear(queries, part(weights, "query"))
    queries = np.broadcast_to(queries, (len(inputs), *queries.shape[1:]))
    batch, length, channels = queries.shape
    scores = np.zeros((batch, num_heads, length, inputs.shape[1]))
    mask = np.broadcast_to(
        True if attention_mask is None else attention_mask,
        (batch, *scores.shape[2:]),
    )
    width = channels // num_heads
    for b, h, o in np.ndindex(batch, num_heads, length):
        allowed, head = mask[b, o], slice(h * width, (h + 1) * width)
        if allowed.any():
            products = keys[b, :, head] @ queries[b, o, head] / width**0.5
            exponentials = np.exp(products - products[allowed].max()) * allowed
            scores[b, h, o] = exponentials / exponentials.sum()
    return scores


def cross_attention_scores(
    weights, queries, inputs, num_heads, input_mask=None, query_mask=None
):
    """The scores of what `cross_attention` computes."""
    mask = np.ones((len(inputs), queries.shape[1], inputs.shape[1]), bool)
    if query_mask is not None:
        mask &= query_mask[:, :, None]
    if input_mask is not None:
        mask &= input_mask[:, None, :]
    return attention_scores(
        part(weights, "attention"),
        layer_norm(queries, part(weights, "query_norm")),
        layer_norm(inputs, part(weights, "input_norm")),
        num_heads,
        mask,
    )


def self_attention_scores(weights, latents, num_heads, latent_mask=None):
    """The scores of what `self_attention` computes."""
    normed = layer_norm(latents, part(weights, "attention_norm"))
    mask = None if latent_mask is None else latent_mask[:, None, :]
    return attention_scores(
        part(weights, "attention"), normed, normed, num_heads, mask
    )


def fourier_features(grid_shape, num_bands, max_resolution=None, endpoint=True):
    """`(M, channels)` for a whole grid, row by row."""
    axes = [np.linspace(-1, 1, size, endpoint=endpoint) for size in grid_shape]
    grids = np.meshgrid(*axes, indexing="ij")
    positions = np.stack([grid.ravel() for grid in grids], axis=-1)
    bands = np.stack(
        [
            np.linspace(1, resolution / 2, num_bands)
            for resolution in max_resolution or grid_shape
        ]
    )
    # (M, dimensions, bands): a dimension's bands stay together.
    angles = np.pi * positions[:, :, None] * bands
    angles = angles.reshape(len(positions), -1)
    return np.concatenate([positions, np.sin(angles), np.cos(angles)], axis=-1)


def neighborhood_patches(images, size):
    """`(..., H, W, size * size * C)`, zero beyond the border."""
    *_, height, width, channels = images.shape
    reach = size // 2
    patches = np.zeros((*images.shape[:-1], size, size, channels))
    for y, x, row, column in np.ndindex(height, width, size, size):
        from_y, from_x = y + row - reach, x + column - reach
        if 0 <= from_y < height and 0 <= from_x < width:
            patches[..., y, x, row, column, :] = images[..., from_y, from_x, :]
    return patches.reshape(*images.shape[:-1], -1)


def raft_upsampling(weights, features, factor):
    """`(B, h * factor, w * factor, 2)`, one fine pixel at a time."""
    batch, height, width, _ = features.shape
    coarse = factor * linear(features, part(weights, "flow"))
    hidden = np.maximum(linear(features, part(weights, "hidden")), 0)
    scores = linear(hidden, part(weights, "scores"))
    fine = np.zeros((batch, height * factor, width * factor, 2))
    for b, y, x in np.ndindex(*fine.shape[:3]):
        row, column = y // factor, x // factor
        of_pixel = 9 * (y % factor * factor + x % factor)
        exponentials = np.exp(scores[b, row, column, of_pixel : of_pixel + 9])
        for i, share in enumerate(exponentials / exponentials.sum()):
            near_y, near_x = row + i // 3 - 1, column + i % 3 - 1
            if 0 <= near_y < height and 0 <= near_x < width:
                fine[b, y, x] += share * coarse[b, near_y, near_x]
    return fine


def same_padding(size, window):
    """What TensorFlow's SAME puts before and behind at a stride of two."""
    missing = max(2 * ((size - 1) // 2) + window - size, 0)
    return missing // 2, missing - missing // 2


def windows(images, size, padding, fill=0.0):
    """`(B, h, w, size, size, C)`: every second window of padded images."""
    padded = np.pad(images, [(0, 0), *padding, (0, 0)], constant_values=fill)
    height, width = ((n - size) // 2 + 1 for n in padded.shape[1:3])
    taken = np.zeros((len(images), height, width, size, size, images.shape[-1]))
    for y, x in np.ndindex(height, width):
        rows, columns = slice(2 * y, 2 * y + size), slice(2 * x, 2 * x + size)
        taken[:, y, x] = padded[:, rows, columns]
    return taken


def conv_stem(weights, images, num_layers=1, same=True, training=False):
    """`(B, h, w, channels)`; batch norm by the averages or by the batch."""
    for i in range(num_layers):
        sizes = images.shape[1:3]
        padding = [same_padding(n, 7) if same else (3, 3) for n in sizes]
        kernel, norm = weights[f"conv_{i}/kernel"], part(weights, f"norm_{i}")
        x = np.einsum("bhwijc,ijcd->bhwd", windows(images, 7, padding), kernel)
        mean, variance = norm["moving_mean"], norm["moving_variance"]
        if training:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        x = (x - mean) / np.sqrt(variance + 1e-5)
        x = np.maximum(x * norm["gamma"] + norm["beta"], 0)
        sizes = x.shape[1:3]
        padding = [same_padding(n, 3) if same else (0, 0) for n in sizes]
        images = windows(x, 3, padding, -np.inf).max((3, 4))
    return images
