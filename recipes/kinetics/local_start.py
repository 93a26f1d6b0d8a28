"""Starting values that let latents begin at places in the video and the sound.

From random values, a small autoencoder stays with each clip's mean colour and
with silence for thousands of steps: reading and writing have to agree on what
each latent stands for before either is of use. Here each latent begins as the
Fourier features of a place, the heads that read begin around it, and outputs
begin with reading the latents of places near their own. Only values are set;
training is free to leave them. The published model needs none of this.
"""

import math

import numpy as np

# Latents are residual: what is read must not hide the place at once.
_LATENT_SCALE = 4.0
# Of reading, sharp enough that a head sees a few patches alone.
_READING_SHARPNESS = 4.0
# Of writing, so that an output takes from the one or two nearest latents.
_WRITING_SHARPNESS = 120.0
# What else the keys of latents hold is in the way at first.
_KEPT_OF_KEYS = 0.1


def start_local(model, video_places, audio_places):
    """Sets the first values of a model from `autoencoder`.

    Args:
        model: the model.
        video_places: frames, rows and columns of the grid of places.
        audio_places: number of places in the sound.

    Raises:
        ValueError: if there are too few latents, or they are too narrow.
    """
    video = _Places(model, "video", tuple(video_places))
    audio = _Places(model, "audio", (audio_places,))
    _check(model, video, audio)
    # Behind one another in the channels of a latent, and among the latents.
    audio.first_channel = video.num_features
    audio.first_latent = video.count
    parts = (video, audio)
    _set_latents(model, parts)
    _point_reading(model, parts)
    _point_writing(model, parts)


class _Places:
    """The places of one modality, and the features that tell them apart.

    Features are sines of all dimensions and bands, then cosines, in the order
    of `FourierFeatures`, without the raw positions before them.
    """

    def __init__(self, model, modality, grid):
        self.grid = grid
        self.count = math.prod(grid)
        self.first_channel = self.first_latent = 0
        rows = model.get_layer(f"{modality}_rows").output
        layer = model.get_layer(f"{modality}_positions")
        self.dimensions = len(layer.grid_shape)
        resolutions = layer.max_resolution or layer.grid_shape
        self.bands = [
            np.pi * np.linspace(1.0, resolution / 2, layer.num_bands)
            for resolution in resolutions
        ]
        self.num_features = 2 * sum(map(len, self.bands))
        self.first_token_channel = rows.shape[-1] + self.dimensions

    def features(self):
        """Of the centres of all places, `(count, num_features)`."""
        axes = [2 * (np.arange(n) + 0.5) / n - 1 for n in self.grid]
        centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        centres = centres.reshape(self.count, self.dimensions)
        angles = np.concatenate(
            [
                centres[:, i : i + 1] * bands
                for i, bands in enumerate(self.bands)
            ],
            axis=1,
        )
        return np.sqrt(2) * np.concatenate([np.sin(angles), np.cos(angles)], 1)

    def rotation(self, step):
        """The matrix that turns features of places into those a step on."""
        angles = np.concatenate(
            [bands * way for bands, way in zip(self.bands, step, strict=True)]
        )
        cosines, sines = np.diag(np.cos(angles)), np.diag(np.sin(angles))
        return np.block([[cosines, -sines], [sines, cosines]])

    def steps(self, num_heads):
        """Where in its place each head looks: parts of it, in turn."""
        if self.dimensions == 1:
            parts = (np.arange(num_heads) + 0.5) / num_heads * 2 - 1
            return parts[:, None] / self.grid[0]
        corners = [(0, y, x) for y in (-0.5, 0.5) for x in (-0.5, 0.5)]
        return [
            np.array(corners[head % len(corners)]) / self.grid
            for head in range(num_heads)
        ]

    def softness(self):
        """Weights of features: what is finer than the grid counts little."""
        weights = np.concatenate(
            [
                np.exp(-((bands / number) ** 2) / 2)
                for bands, number in zip(self.bands, self.grid, strict=True)
            ]
        )
        weights = np.concatenate([weights, weights])
        return weights / weights.sum()

    @property
    def channels(self):
        """Where a latent holds the features."""
        return slice(self.first_channel, self.first_channel + self.num_features)

    @property
    def token_channels(self):
        """Where a token that is read holds them."""
        first = self.first_token_channel
        return slice(first, first + self.num_features)

    @property
    def query_channels(self):
        """Where an output query holds them: behind the raw positions."""
        return slice(self.dimensions, self.dimensions + self.num_features)


def check_sizes(num_latents, latent_dim, places, features):
    """Raises `ValueError` for latents that the places do not fit into.

    Args:
        num_latents: number of latents.
        latent_dim: their width.
        places: in video and sound together.
        features: numbers that tell one place.
    """
    if places > num_latents:
        raise ValueError(
            f"--start.video-places and --start.audio-places are {places} "
            f"places, and there are {num_latents} latents. Take fewer "
            "places, or more --model.num-latents."
        )
    if features > latent_dim:
        raise ValueError(
            f"A local start writes {features} Fourier features into each "
            f"latent. Received: --model.latent-dim {latent_dim}. Take wider "
            "latents, fewer bands, or --start.video-places none."
        )


def _check(model, video, audio):
    latents = model.get_layer("latents")
    check_sizes(
        latents.length,
        latents.channels,
        video.count + audio.count,
        video.num_features + audio.num_features,
    )
    kernel = model.get_layer("decoder_cross_attention").attention
    query_width, key_width = kernel.query_dense.kernel.shape
    heads = model.get_layer("decoder_cross_attention").num_heads
    if key_width < query_width or heads != 1:
        raise ValueError(
            "A local start needs one decoder head, with keys as wide as its "
            f"queries, {query_width}. Received: --model.num-decoder-heads "
            f"{heads} and --model.decoder-qk-channels {key_width}. Change "
            "them, or set --start.video-places none."
        )


def _set_latents(model, parts):
    layer = model.get_layer("latents")
    # Those without a place begin as any.
    array = layer.array.numpy()
    array *= _LATENT_SCALE / array.std()
    for part in parts:
        rows = slice(part.first_latent, part.first_latent + part.count)
        array[rows] = 0
        array[rows, part.channels] = _LATENT_SCALE * part.features()
    layer.array.assign(array)


def _point_reading(model, parts):
    block = model.get_layer("encoder_cross_attention")
    keys = block.attention.key_dense.kernel.numpy()
    queries = np.zeros_like(block.attention.query_dense.kernel.numpy())
    width = queries.shape[1] // block.num_heads
    for part in parts:
        for head, step in enumerate(part.steps(block.num_heads)):
            columns = slice(head * width, (head + 1) * width)
            turned = part.rotation(step) @ keys[part.token_channels, columns]
            queries[part.channels, columns] = _READING_SHARPNESS * turned
    block.attention.query_dense.kernel.assign(queries)


def _point_writing(model, parts):
    attention = model.get_layer("decoder_cross_attention").attention
    keys = _KEPT_OF_KEYS * attention.key_dense.kernel.numpy()
    for part in parts:
        numbers = np.arange(part.num_features)
        keys[part.channels][numbers, part.query_channels.start + numbers] = (
            _WRITING_SHARPNESS * part.softness()
        )
    queries = np.eye(*attention.query_dense.kernel.shape)
    attention.query_dense.kernel.assign(queries)
    attention.key_dense.kernel.assign(keys)
