"""The original Perceiver's ablations have the sizes of the paper."""

import pytest

from keras_perceiver import from_preset
from tests.random_values import without_values

UNSHARED = {"share_cross_attention": False, "share_self_attention": False}


def cross_attends_alone(number):
    return {
        "num_cross_attends": number,
        "num_blocks": number,
        "num_self_attends_per_block": 0,
        "share_cross_attention": False,
    }


@pytest.mark.parametrize(
    ("overrides", "parameters", "published"),
    [
        ({"num_cross_attends": 1}, 42_135_859, "42.1M"),
        ({"num_cross_attends": 2}, 44_912_254, "44.9M"),
        ({"num_cross_attends": 4}, 44_912_254, "44.9M"),
        ({"num_cross_attends": 8}, 44_912_254, "44.9M"),
        ({"interleaved": False}, 44_912_254, "44.9M"),
        (UNSHARED, 326_241_856, "326.2M"),
        (cross_attends_alone(4), 12_654_868, "12.7M"),
        (cross_attends_alone(8), 23_760_448, "23.8M"),
        (cross_attends_alone(12), 34_866_028, "34.9M"),
    ],
)
def test_parameters_of_the_ablations(overrides, parameters, published):
    """Perceiver, tables 5 and 6 and section 4.1."""
    with without_values():
        model = from_preset("imagenet_perceiver", **overrides)
    assert model.count_params() == parameters
    assert f"{parameters / 1e6:.1f}M" == published
