"""Learned positions of one length made to serve another."""

import dataclasses
import math

import numpy as np

# Keys's kernel as PyTorch and OpenCV take it.
_CUBIC = -0.75


@dataclasses.dataclass
class PositionTables:
    """Fits learned positions to a model of another size.

    Attributes:
        grids: the grid of each table in the model, by `weight.path`:
            `(length,)` or `(height, width)`.
        interpolate: whether to interpolate at all. If not, the differences
            say how to.
        old_grids: the same of the checkpoint, where it is known.
    """

    grids: dict
    interpolate: bool = False
    old_grids: dict = dataclasses.field(default_factory=dict)

    def fitted(self, path, table, shape):
        """Returns the table interpolated, or as it is where it stays so."""
        old_grid = self._old_grid(path, table.shape, shape)
        if not self.interpolate or old_grid in (None, self.grids.get(path)):
            return table
        print(f"{path}: interpolated from {old_grid} to {self.grids[path]}.")
        return interpolated(table, old_grid, self.grids[path])

    def difference(self, path, old_shape, shape):
        """What interpolation would cure but may not, or cannot; or None."""
        old_grid = self._old_grid(path, old_shape, shape)
        if old_grid not in (None, self.grids.get(path)):
            if self.interpolate:
                return None
            return (
                f"positions {old_grid} in the file, {self.grids[path]} in the "
                "model; pass interpolate_positions=True to interpolate them"
            )
        if old_grid is None and self._may_differ(path, old_shape, shape):
            return (
                f"{old_shape[0]} positions in the file, {self.grids[path]} in "
                "the model; only those of square images can be interpolated, "
                "since the file does not say how high and wide its images are"
            )
        return None

    def _may_differ(self, path, old_shape, shape):
        return (
            path in self.grids
            and len(old_shape) == len(shape) == 2
            and old_shape[0] > 0
            and old_shape[1] == shape[1]
        )

    def _old_grid(self, path, old_shape, shape):
        """The grid of the checkpoint's table, or None if nobody knows."""
        if not self._may_differ(path, old_shape, shape):
            return None
        length, new_grid = old_shape[0], self.grids[path]
        known = self.old_grids.get(path)
        if known is not None and math.prod(known) == length:
            return tuple(known)
        if math.prod(new_grid) == length:
            return new_grid
        if len(new_grid) == 1:
            return (length,)
        side = math.isqrt(length)
        return (side, side) if side * side == length else None


def grids_of(model):
    """The grids of a model's learned positions, by `weight.path`.

    A model of images has one table with a row for each pixel; a model of
    tokens one with a row for each position, and often as many queries.
    """
    shapes = {weight.path: tuple(weight.shape) for weight in model.weights}
    grids = {}
    for tensor in model.inputs:
        grid = tuple(
            tensor.shape[1:3] if len(tensor.shape) == 4 else tensor.shape[1:2]
        )
        if None in grid:
            continue
        for path in ("input_positions/array", "output_queries/array"):
            if path in shapes and shapes[path][0] == math.prod(grid):
                grids[path] = grid
    return grids


def interpolated(table, old_grid, new_grid):
    """Interpolates a table of positions to another grid.

    Tokens linearly, the first and the last row staying what they are. Images
    by bicubic interpolation with pixel centres as in
    `torch.nn.functional.interpolate(mode="bicubic", align_corners=False)`,
    so the corners of the image stay where they are.

    Args:
        table: `(prod(old_grid), channels)`.
        old_grid: `(length,)` or `(height, width)`.
        new_grid: the same of the result.

    Returns:
        `(prod(new_grid), channels)` in float32.
    """
    matrix = _linear_weights if len(old_grid) == 1 else _cubic_weights
    values = np.asarray(table, "float64").reshape(*old_grid, -1)
    for axis, (old, new) in enumerate(zip(old_grid, new_grid, strict=True)):
        values = np.moveaxis(
            np.tensordot(matrix(old, new), values, axes=(1, axis)), 0, axis
        )
    return values.reshape(math.prod(new_grid), -1).astype("float32")


def _linear_weights(old, new):
    """`(new, old)`: how much each old row gives to each new one."""
    places = np.linspace(0, old - 1, new)
    distances = np.abs(places[:, None] - np.arange(old))
    return np.maximum(1 - distances, 0)


def _cubic_weights(old, new):
    places = (np.arange(new) + 0.5) * old / new - 0.5
    weights = np.zeros((new, old))
    start = np.floor(places).astype(int)
    for offset in range(-1, 3):
        # Beyond the edge, its row is repeated.
        columns = np.clip(start + offset, 0, old - 1)
        share = _keys(np.abs(places - (start + offset)))
        np.add.at(weights, (np.arange(new), columns), share)
    return weights


def _keys(distance):
    a, x = _CUBIC, distance
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))
