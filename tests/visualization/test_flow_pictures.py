import numpy as np
import pytest

from keras_perceiver.visualization import flow_pictures
from keras_perceiver.visualization.flow_colors import flow_to_rgb
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of


def test_the_wheel_shows_each_direction_in_its_colour():
    flow = np.zeros((300, 400, 2), "float32")
    flow[0, 0] = 10
    picture = flow_pictures.draw_with_wheel(flow, max_motion=5.0)
    plain = flow_to_rgb(flow, 5.0).numpy()
    # All but the corner is as without.
    np.testing.assert_array_equal(picture[:200], plain[:200])
    np.testing.assert_array_equal(picture[:, :200], plain[:, :200])
    # The wheel is 60 pixels wide, 4 from the bottom and the right.
    middle = np.array([300 - 4 - 30, 400 - 4 - 30])
    for across, down in ((1, 0), (0, 1), (-0.7, -0.7), (-0.5, 0.6)):
        place = (middle + np.round([20 * down, 20 * across])).astype(int)
        shown = np.float32([[[across, down]]]) * 5 * 20 / 28.5
        expected = flow_to_rgb(shown, 5.0).numpy()[0, 0].astype(int)
        np.testing.assert_allclose(picture[*place], expected, atol=25)


def test_the_scale_stands_beside_the_wheel():
    flow = np.ones((300, 400, 2), "float32")
    pictures = [flow_pictures.draw_with_wheel(flow, s) for s in (5.0, 7.0)]
    colour = flow_to_rgb(flow[:1, :1], 5.0).numpy()[0, 0]
    beside = pictures[0][260:, 200:330]
    assert has(beside.astype(int), (0, 0, 0))
    assert has(beside.astype(int), colour)
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.parametrize("shape", [(16, 16), (300, 100)])
def test_small_pictures_and_what_rests_have_no_wheel(shape):
    flow = np.random.default_rng(0).normal(size=(*shape, 2)).astype("float32")
    if min(shape) > 50:
        flow *= 0
    picture = flow_pictures.draw_with_wheel(flow)
    np.testing.assert_array_equal(picture, flow_to_rgb(flow))


def test_the_longest_known_motion_is_found():
    flow = np.zeros((2, 2, 2))
    flow[0, 0] = 3, 4
    flow[1, 1] = np.nan
    assert flow_pictures.longest_motion(flow) == 5
    assert flow_pictures.longest_motion(flow[:0]) == 0


def test_a_sheet_shows_both_flows_on_one_scale():
    frames = [np.full((2, 20, 30, 3), 90, "uint8")] * 2
    right = np.zeros((20, 30, 2), "float32")
    right[..., 0] = 4
    sheet = pixels_of(
        flow_pictures.draw_sheet(frames, [right, right], [right / 4, right])
    )
    full = flow_to_rgb(right[:1, :1], 4.0).numpy()[0, 0].astype(int)
    pale = flow_to_rgb(right[:1, :1] / 4, 4.0).numpy()[0, 0].astype(int)
    width = sheet.shape[1]
    assert has(sheet[:, : width // 2], (90, 90, 90))
    assert has(sheet[:, width // 2 :], full)
    assert has(sheet[:, 3 * width // 4 :], pale)
    assert not has(sheet[:, : 3 * width // 4], pale)
