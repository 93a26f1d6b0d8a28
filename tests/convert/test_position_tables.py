"""Learned positions of one length made to serve another."""

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.convert.position_tables import PositionTables
from keras_perceiver.convert.position_tables import grids_of
from keras_perceiver.convert.position_tables import interpolated
from tests.convert.checkpoints import TINY
from tests.random_values import without_values


def table(*grid, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(int(np.prod(grid)), channels)).astype("float32")


@pytest.mark.parametrize("grid", [(5,), (4, 6)])
def test_the_same_grid_changes_nothing(grid):
    given = table(*grid)
    np.testing.assert_allclose(interpolated(given, grid, grid), given, 1e-6)


def test_tokens_keep_their_ends_and_a_straight_line():
    line = np.linspace(2, 5, 7, dtype="float32")[:, None]
    for length in (3, 7, 12, 100):
        found = interpolated(line, (7,), (length,))
        expected = np.linspace(2, 5, length)[:, None]
        np.testing.assert_allclose(found, expected, 1e-6)


@pytest.mark.parametrize(("old", "new"), [(1, 4), (5, 1), (2, 3)])
def test_short_tables_are_fine(old, new):
    found = interpolated(table(old), (old,), (new,))
    assert found.shape == (new, 3)
    np.testing.assert_allclose(found[0], table(old)[0], 1e-6)
    found = interpolated(table(old, old), (old, old), (new, new))
    assert found.shape == (new * new, 3)
    assert np.isfinite(found).all()


def test_images_keep_their_places():
    """Pixels are centres of squares; a slope stays one, but for ripples."""
    rows, columns = np.mgrid[:8, :10].astype("float32")
    slope = np.stack([rows, columns], -1).reshape(80, 2)
    found = interpolated(slope, (8, 10), (16, 5)).reshape(16, 5, 2)
    # Away from the edges, where rows are repeated.
    expected = np.arange(16) / 2 - 0.25
    np.testing.assert_allclose(found[4:-4, 2, 0], expected[4:-4], atol=0.05)
    expected = np.arange(5) * 2 + 0.5
    np.testing.assert_allclose(found[8, 1:-1, 1], expected[1:-1], atol=0.05)


def test_a_constant_stays_constant():
    ones = np.ones((6 * 7, 2), "float32")
    for grid in ((3, 3), (6, 14), (31, 2)):
        np.testing.assert_allclose(interpolated(ones, (6, 7), grid), 1, 1e-6)


def test_height_and_width_are_not_mixed_up():
    rows = np.repeat(np.arange(4.0), 6)[:, None]
    found = interpolated(rows, (4, 6), (9, 5)).reshape(9, 5)
    np.testing.assert_allclose(found, found[:, :1] * np.ones(5), atol=1e-6)
    assert (np.diff(found[:, 0]) > 0).all()


@pytest.mark.parametrize(
    ("preset", "grids"),
    [
        (
            "language_bytes",
            {"input_positions/array": (6,), "output_queries/array": (6,)},
        ),
        ("imagenet_learned", {"input_positions/array": (9, 9)}),
        ("imagenet_fourier", {}),
        ("kinetics_autoencoder", {}),
    ],
)
def test_the_tables_of_a_model_are_found(preset, grids):
    with without_values():
        assert grids_of(from_preset(preset, **TINY[preset])) == grids


def test_queries_that_are_no_positions_are_none():
    """As many as there are tasks, whatever the length of the text."""
    inputs = keras.Input((6,), name="token_ids")
    rows = keras.layers.EinsumDense("bm,mc->bc", (3,), name="input_positions")
    model = keras.Model(inputs, rows(inputs))
    assert grids_of(model) == {}


def test_a_known_grid_is_believed_and_a_wrong_one_is_not():
    path = "input_positions/array"
    tables = PositionTables({path: (6, 4)}, False, {path: (4, 6)})
    said = tables.difference(path, (24, 3), (24, 3))
    assert said.startswith("positions (4, 6) in the file, (6, 4) in the model")
    tables = PositionTables({path: (6, 4)}, False, {path: (5, 5)})
    assert tables.difference(path, (24, 3), (24, 3)) is None


def test_only_what_differs_is_interpolated(capsys):
    path = "input_positions/array"
    tables = PositionTables({path: (5,)}, True)
    given = table(5)
    assert tables.fitted(path, given, given.shape) is given
    assert tables.fitted("latents/array", given, (7, 3)) is given
    assert capsys.readouterr().out == ""
    assert tables.fitted(path, table(9), (5, 3)).shape == (5, 3)
    said = "input_positions/array: interpolated from (9,) to (5,).\n"
    assert capsys.readouterr().out == said
