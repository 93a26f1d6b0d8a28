"""Starting values that let every attention begin next door.

From random values, a small model stays with the frequencies of tokens for
thousands of steps: three attentions have to find each other before the first
of them is of use. Here positions, latents and output queries start as Fourier
features of their place in the text, and each head starts looking a fixed step
away. Only values are set, the model stays what it is, and training is free to
leave them. The published model needs none of this in 500,000 steps.
"""

import numpy as np

# Sharp enough that a head sees one place, soft enough to move.
SHARPNESS = 3.0
LATENT_SCALE = 2.0


def start_local(model):
    """Sets the first values of a model of tokens.

    Args:
        model: from `language` or `text_classifier`, with latents at least as
            wide as its token embedding. A classifier has no queries with a
            place in the text.

    Raises:
        ValueError: if the latents are narrower.
    """
    positions = model.get_layer("input_positions")
    latents = model.get_layer("latents")
    check_widths(latents.channels, positions.channels)
    frequencies = _frequencies(positions.channels // 2)
    places = np.arange(positions.length)
    spacing = positions.length / latents.length
    centres = (np.arange(latents.length) + 0.5) * spacing - 0.5
    _set_rows(positions, _features(places, frequencies))
    if any(layer.name == "output_queries" for layer in model.layers):
        queries = model.get_layer("output_queries")
        _set_rows(queries, _features(places, frequencies))
    _set_rows(latents, _features(centres, frequencies), LATENT_SCALE)
    _point_heads(model, frequencies, spacing)


def check_widths(latent_dim, embedding_dim):
    """Raises `ValueError` for latents that no place can be written into."""
    if latent_dim < embedding_dim:
        raise ValueError(
            "A local start writes a place into each latent, so latents must "
            "be as wide as embeddings. Received: --model.latent-dim "
            f"{latent_dim}, --model.embedding-dim {embedding_dim}. "
            "Change one, or set --start.local false."
        )


def _frequencies(count):
    """Radians a byte, spread over (0, pi) without a common period."""
    golden_ratio = (np.sqrt(5) - 1) / 2
    return np.pi * np.modf(np.arange(1, count + 1) * golden_ratio)[0]


def _features(places, frequencies):
    """Sines, then cosines, of unit variance: `(places, 2 * frequencies)`."""
    angles = np.outer(places, frequencies)
    return np.sqrt(2) * np.concatenate([np.sin(angles), np.cos(angles)], -1)


def _rotation(step, frequencies):
    """The matrix that turns the features of a place into those of another."""
    cosines = np.diag(np.cos(frequencies * step))
    sines = np.diag(np.sin(frequencies * step))
    return np.block([[cosines, -sines], [sines, cosines]])


def _set_rows(layer, features, scale=None):
    """Replaces an array by features, at its own scale unless told."""
    array = layer.array.numpy()
    scale = np.std(array) if scale is None else scale
    rows = np.zeros_like(array)
    rows[:, : features.shape[1]] = scale * features
    layer.array.assign(rows)


def _point_heads(model, frequencies, spacing):
    """Turns each head's queries towards the keys one step away."""
    for layer in model.layers:
        if layer.name.startswith("self_attention_"):
            # Neighbours on both sides, nearest first; itself is residual.
            steps = [
                sign * distance * spacing
                for distance in range(1, layer.num_heads + 1)
                for sign in (-1, 1)
            ][: layer.num_heads]
        elif layer.name.endswith("_cross_attention"):
            steps = np.arange(layer.num_heads) - (layer.num_heads - 1) / 2
        else:
            continue
        _point(layer.attention, steps, frequencies)


def _point(attention, steps, frequencies):
    width = 2 * len(frequencies)
    queries = attention.query_dense.kernel.numpy()
    keys = attention.key_dense.kernel.numpy()
    head_width = queries.shape[1] // len(steps)
    for head, step in enumerate(steps):
        columns = slice(head * head_width, (head + 1) * head_width)
        turned = _rotation(step, frequencies) @ keys[:width, columns]
        queries[:width, columns] = SHARPNESS * turned
    attention.query_dense.kernel.assign(queries)
