"""Fourier positions behind features that lie on a grid."""

from keras_perceiver.layers import ConcatenateChannels
from keras_perceiver.layers import FourierPositionEncoding
from keras_perceiver.layers import GridIndices


def position_joiner(grid_shape, num_bands, max_resolution, dtype, name="input"):
    """Makes the layers that put positions behind features.

    Args:
        grid_shape: size of the grid whose rows the features are.
        num_bands: number of Fourier bands a dimension.
        max_resolution: what the highest bands resolve in each dimension.
            None takes the size of the grid.
        dtype: dtype policy of the layers; None takes Keras's global one.
        name: what the layers' names begin with.

    Returns:
        A function of features `(B, O, F)` and their indices `(B, O)` in the
        grid, or None for the whole of it, which may be called repeatedly.
    """
    whole_grid = GridIndices(grid_shape, name=f"{name}_grid", dtype=dtype)
    positions = FourierPositionEncoding(
        grid_shape,
        num_bands,
        max_resolution,
        name=f"{name}_positions",
        dtype=dtype,
    )
    join = ConcatenateChannels(name=f"{name}_with_positions", dtype=dtype)

    def with_positions(features, indices=None):
        if indices is None:
            indices = whole_grid(features)
        return join(features, positions(indices))

    return with_positions
