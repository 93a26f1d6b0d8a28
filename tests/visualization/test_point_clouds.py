import numpy as np

from keras_perceiver.visualization import point_clouds
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

DARK, YELLOW = (68, 1, 84), (253, 231, 37)  # the ends of viridis
RED = (214, 39, 40)


def drawn(clouds, weights, **others):
    titles = [f"cloud {number}" for number in range(len(clouds))]
    return pixels_of(point_clouds.draw(clouds, weights, titles, **others))


def test_what_is_attended_to_is_bright():
    cloud = np.random.default_rng(0).uniform(-1, 1, (400, 3))
    upper = drawn([cloud], [(cloud[:, 2] > 0).astype("float32")])
    assert upper.std() > 20
    assert has(upper, YELLOW)
    assert has(upper, DARK)
    is_yellow = np.abs(upper - YELLOW).sum(axis=-1) < 30
    is_dark = np.abs(upper - DARK).sum(axis=-1) < 30
    rows = np.arange(len(upper))[:, None]
    assert (rows * is_yellow).sum() / is_yellow.sum() < len(upper) / 2
    assert (rows * is_dark).sum() / is_dark.sum() > len(upper) / 2
    alike = drawn([cloud], [np.full(400, 1 / 400)])
    assert has(alike, DARK)
    assert not has(alike, YELLOW)


def test_clouds_fill_rows_of_four():
    cloud = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    one = drawn([cloud], [cloud[:, 0]])
    five = drawn([cloud] * 5, [cloud[:, 0]] * 5)
    assert five.shape[1] == 4 * one.shape[1]
    assert five.shape[0] == 2 * one.shape[0]
    # Behind the fifth there is nothing.
    assert five[one.shape[0] + 5 :, one.shape[1] + 5 :].min() == 255
    wrong = drawn([cloud], [cloud[:, 0]], colours=["tab:red"])
    assert has(wrong, RED)
    assert not has(one, RED)


def test_what_is_nearer_hides_what_is_behind_it():
    places, away = point_clouds.seen_from_the_side(np.eye(3))
    # Turning keeps lengths and angles.
    seen = np.column_stack([places, away])
    np.testing.assert_allclose(seen @ seen.T, np.eye(3), atol=1e-12)
    # Upwards is up, and seen from above, so that higher is nearer.
    assert places[2, 1] > 0.9
    assert away[2] < 0
    line = point_clouds.seen_from_the_side([[0, 0, 0]])[0]
    np.testing.assert_array_equal(line, [[0, 0]])
