"""Flow as colours, against the benchmark's formula, pixel by pixel."""

import math

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.visualization.flow_colors import color_wheel
from keras_perceiver.visualization.flow_colors import flow_to_rgb

RED, WHITE, BLACK = [255, 0, 0], [255, 255, 255], [0, 0, 0]


def wheel_by_hand():
    colours = [(255, 255 * i // 15, 0) for i in range(15)]
    colours += [(255 - 255 * i // 6, 255, 0) for i in range(6)]
    colours += [(0, 255, 255 * i // 4) for i in range(4)]
    colours += [(0, 255 - 255 * i // 11, 255) for i in range(11)]
    colours += [(255 * i // 13, 0, 255) for i in range(13)]
    colours += [(255, 0, 255 - 255 * i // 6) for i in range(6)]
    return colours


def colour_by_hand(u, v, longest):
    wheel = wheel_by_hand()
    length = math.hypot(u, v) / longest
    place = (math.atan2(-v, -u) / math.pi + 1) / 2 * 54
    before = int(place)
    colour = []
    for channel in range(3):
        here = wheel[before][channel] / 255
        there = wheel[(before + 1) % 55][channel] / 255
        value = here + (place - before) * (there - here)
        value = 1 - length * (1 - value) if length <= 1 else 0.75 * value
        colour.append(255 * value)
    return colour


def test_the_wheel_is_the_benchmarks():
    assert color_wheel().tolist() == [list(c) for c in wheel_by_hand()]


@pytest.mark.parametrize("max_motion", [None, 2.0, 40.0])
def test_colours_are_those_of_the_formula(max_motion):
    flow = np.random.default_rng(0).normal(scale=4, size=(20, 30, 2))
    flow = flow.astype("float32")
    colours = flow_to_rgb(flow, max_motion).numpy()
    assert colours.dtype == np.uint8
    longest = max_motion or np.linalg.norm(flow, axis=-1).max()
    for row, column in np.ndindex(20, 30):
        expected = colour_by_hand(*map(float, flow[row, column]), longest)
        # Cut to whole numbers, which float32 may do one lower or higher.
        difference = colours[row, column] - np.array(expected)
        assert (np.abs(difference + 0.5) < 0.51).all()


def test_directions_look_different():
    """Right is red, down yellow, left cyan, up blue."""
    flow = [[[3.0, 0.0], [0.0, 3.0], [-3.0, 0.0], [0.0, -3.0]]]
    right, down, left, up = flow_to_rgb(flow).numpy()[0].tolist()
    assert right == RED
    assert down[0] == 255
    assert down[1] > 200 > down[2]
    assert left[0] < 50 < 200 < left[1]
    assert up[2] == 255
    assert max(up[:2]) < 150


def test_rest_is_white_and_the_unknown_black():
    assert (flow_to_rgb(np.zeros((2, 3, 2))).numpy() == 255).all()
    unknown = [np.nan, np.inf, -np.inf, 1.7e9, 3e38]
    flow = [[[1.0, 0.0], [0.0, 0.0], *([value, 0.5] for value in unknown)]]
    colours = flow_to_rgb(flow).numpy()[0].tolist()
    assert colours == [RED, WHITE, *([BLACK] * 5)]
    everything = np.full((2, 2, 2), np.nan)
    assert (flow_to_rgb(everything).numpy() == 0).all()


def test_a_fixed_scale_makes_pictures_comparable():
    small, large = [[[1.0, 0.5]]], [[[1.0, 0.5], [8.0, 0.0]]]
    assert (flow_to_rgb(small) != flow_to_rgb(large)[:, :1]).numpy().any()
    fixed = flow_to_rgb(small, 8.0), flow_to_rgb(large, 8.0)[:, :1]
    np.testing.assert_array_equal(*fixed)


def test_a_graph_draws_the_same():
    flow = np.random.default_rng(1).normal(size=(9, 8, 2)).astype("float32")
    draw = tf.function(
        flow_to_rgb, input_signature=[tf.TensorSpec((None, None, 2))]
    )
    np.testing.assert_array_equal(draw(flow), flow_to_rgb(flow))
