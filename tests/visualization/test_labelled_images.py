import numpy as np

from keras_perceiver.visualization import labelled_images
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

GREEN, RED = (44, 160, 44), (214, 39, 40)


def drawn(count, predicted, labels):
    pixels = np.random.default_rng(0).uniform(-40, 300, (count, 6, 6, 3))
    return pixels_of(labelled_images.draw(pixels, predicted, labels))


def test_images_fill_the_sheet():
    picture = drawn(9, ["cat"] * 9, ["cat"] * 9)
    height, width, _ = picture.shape
    # Two rows of up to eight.
    assert width > 2 * height
    for column in range(8):
        place = picture[: height // 2, column * width // 8 :][:, : width // 8]
        assert place.std() > 50
    # Behind the ninth there is nothing.
    assert picture[height // 2 :, width // 4 :].min() == 255


def test_right_answers_are_green_and_wrong_ones_red():
    right = drawn(1, ["cat"], ["cat"])
    wrong = drawn(1, ["cat"], ["dog"])
    assert has(right, GREEN)
    assert not has(right, RED)
    assert has(wrong, RED)
    assert not has(wrong, GREEN)


def test_any_name_can_be_drawn():
    names = ["$x", "a" * 200, "n01440764 tench, Tinca tinca", ""]
    assert drawn(4, names, names[::-1]).std() > 10
