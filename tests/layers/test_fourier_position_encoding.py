"""Fourier features of positions on a grid."""

import functools

import numpy as np
import pytest

from keras_perceiver.layers import FourierPositionEncoding
from keras_perceiver.layers import GridIndices
from tests.float64_reference import assert_near
from tests.float64_reference import fourier_features
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check


def rows(weights, indices, **settings):
    return fourier_features(**settings)[indices]


def fourier_case(name, config, indices):
    return LayerCase(
        name,
        FourierPositionEncoding,
        config,
        {"indices": np.array(indices, "int32")},
        {},
        functools.partial(rows, **config),
        half_tolerance=0.004,
    )


CASES = (
    fourier_case(
        "endpoint", {"grid_shape": (4, 5), "num_bands": 3}, [[0, 19], [7, 7]]
    ),
    fourier_case(
        "no_endpoint",
        {
            "grid_shape": (2, 3, 4),
            "num_bands": 2,
            "max_resolution": (6, 8, 10),
            "endpoint": False,
        },
        [[0, 5, 23]],
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize(
    ("grid_shape", "max_resolution"),
    [
        ((9,), None),
        ((9,), (64,)),
        ((4, 5), None),
        ((5, 4), (30, 20)),
        ((2, 3, 4), None),
        ((1,), None),
        ((1, 1), (8, 8)),
        ((1, 3), None),
    ],
)
def test_whole_grids_and_parts_of_them(grid_shape, max_resolution, endpoint):
    settings = (grid_shape, 4, max_resolution, endpoint)
    layer = FourierPositionEncoding(*settings)
    expected = fourier_features(*settings)
    indices = np.array(GridIndices(grid_shape)(np.zeros((1, 1))))
    assert_near(layer(indices)[0], expected)
    part = np.random.default_rng(0).integers(0, len(expected), (3, 5))
    assert_near(layer(part), expected[part])


def test_one_band_is_the_lowest_frequency():
    layer = FourierPositionEncoding((5,), 1)
    assert_near(layer(np.arange(5)[None])[0], fourier_features((5,), 1), 1e-6)


def test_the_end_is_included_or_left_out():
    ends = np.array([[0, 4]])
    included = np.array(FourierPositionEncoding((5,), 1)(ends))
    left_out = np.array(FourierPositionEncoding((5,), 1, endpoint=False)(ends))
    np.testing.assert_array_equal(included[0, :, 0], [-1, 1])
    np.testing.assert_allclose(left_out[0, :, 0], [-1, 0.6], rtol=1e-7)


def test_channels_are_positions_then_sines_then_cosines():
    """One position, channel by channel, worked out by hand."""
    layer = FourierPositionEncoding((3, 5), 2, max_resolution=(6, 8))
    # Row 0 is y = -1, column 3 is x = 0.5; bands 1, 3 and 1, 4.
    expected = [-1, 0.5]
    expected += [0, 0, np.sin(np.pi / 2), np.sin(2 * np.pi)]
    expected += [-1, -1, np.cos(np.pi / 2), np.cos(2 * np.pi)]
    np.testing.assert_allclose(
        layer(np.array([[3]]))[0, 0], expected, atol=2e-6
    )


@pytest.mark.parametrize("size", [224, 48_000])
def test_positions_are_the_nearest_float32(size):
    """The highest bands multiply what is lost here by thousands."""
    positions = FourierPositionEncoding((size,), 1)(np.arange(size)[None])
    expected = (2.0 * np.arange(size) - (size - 1)) / (size - 1)
    np.testing.assert_array_equal(
        positions[0, :, 0], expected.astype("float32")
    )


def test_half_precision_rounds_the_result_alone():
    """In bfloat16 itself an angle of a hundred turns would be noise."""
    settings = ((224, 224), 64)
    indices = np.arange(100, 200)[None]
    exact = FourierPositionEncoding(*settings)(indices)
    for policy in ("mixed_bfloat16", "bfloat16", "float16"):
        half = FourierPositionEncoding(*settings, dtype=policy)(indices)
        assert half.dtype.name == policy.removeprefix("mixed_")
        assert_near(half.numpy().astype("float32"), exact, 0.002)


def test_a_resolution_for_each_dimension_is_needed():
    with pytest.raises(ValueError, match="one number for each dim") as error:
        FourierPositionEncoding((4, 5), 3, max_resolution=(8,), name="rows")
    assert "'rows'" in str(error.value)
    assert "max_resolution=(8,)" in str(error.value)
    assert "grid_shape=(4, 5)" in str(error.value)
