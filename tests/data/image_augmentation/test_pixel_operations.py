"""Operations on the values of pixels, against Pillow's."""

import numpy as np
import PIL.Image
import PIL.ImageEnhance
import PIL.ImageOps
import pytest

from keras_perceiver.data.image_augmentation import pixel_operations
from tests.image_samples import noise
from tests.image_samples import smooth

IMAGES = {
    "smooth": smooth(40, 61),
    "noise": noise(31, 17),
    "narrow": smooth(50, 40, seed=1) // 3 + 60,
    "many pixels": smooth(300, 200, seed=2),
    "two values": (noise(20, 20) > 200).astype("uint8") * 90 + 20,
    "one value": np.full((9, 7, 3), 77, "uint8"),
    "one pixel": noise(1, 1),
    "one row": noise(1, 30),
    "two columns": noise(30, 2),
}
FACTORS = (0.0, 0.1, 0.46, 0.82, 1.0, 1.18, 1.54, 1.9)
ENHANCERS = {
    "color": PIL.ImageEnhance.Color,
    "contrast": PIL.ImageEnhance.Contrast,
    "brightness": PIL.ImageEnhance.Brightness,
    "sharpness": PIL.ImageEnhance.Sharpness,
}

for_each_image = pytest.mark.parametrize(
    "pixels", IMAGES.values(), ids=IMAGES.keys()
)


def image_of(pixels):
    return PIL.Image.fromarray(pixels)


@for_each_image
def test_auto_contrast_is_pillows(pixels):
    """Where the exact value is whole, Pillow's rounding loses one.

    It multiplies by the rounded 255 / (high - low), and rounds down.
    """
    found = pixel_operations.auto_contrast(pixels).numpy().astype(int)
    expected = np.array(PIL.ImageOps.autocontrast(image_of(pixels)), int)
    low, high = pixels.min((0, 1)).astype(int), pixels.max((0, 1)).astype(int)
    spread = np.maximum(high - low, 1)
    is_whole = (pixels - low) * 255 % spread == 0
    np.testing.assert_array_equal(found[~is_whole], expected[~is_whole])
    lost = (found - expected)[is_whole]
    assert set(lost.tolist()) <= {0, 1}


def test_auto_contrast_reaches_both_ends():
    for high in range(61, 256):
        pixels = np.array([[[60] * 3, [high] * 3]], "uint8")
        found = pixel_operations.auto_contrast(pixels).numpy()
        np.testing.assert_array_equal(found, [[[0] * 3, [255] * 3]])


@for_each_image
def test_equalize_is_pillows(pixels):
    np.testing.assert_array_equal(
        pixel_operations.equalize(pixels),
        PIL.ImageOps.equalize(image_of(pixels)),
    )


def test_equalize_is_pillows_where_the_table_leaves_its_range():
    rng = np.random.default_rng(0)
    for height in range(8, 40):
        pixels = rng.integers(0, 256, (height, 16, 3), dtype="uint8")
        pixels[rng.random((height, 16)) < 0.7] = (3, 250, 128)
        np.testing.assert_array_equal(
            pixel_operations.equalize(pixels),
            PIL.ImageOps.equalize(image_of(pixels)),
        )


@for_each_image
def test_invert_is_pillows(pixels):
    np.testing.assert_array_equal(
        pixel_operations.invert(pixels), PIL.ImageOps.invert(image_of(pixels))
    )


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize_is_pillows(bits):
    pixels = IMAGES["noise"]
    np.testing.assert_array_equal(
        pixel_operations.posterize(pixels, bits),
        PIL.ImageOps.posterize(image_of(pixels), bits),
    )


def test_posterize_to_no_bits_is_black():
    assert not pixel_operations.posterize(IMAGES["noise"], 0).numpy().any()


@pytest.mark.parametrize("threshold", [0, 1, 77, 128, 255, 256])
def test_solarize_is_pillows(threshold):
    pixels = IMAGES["many pixels"]
    np.testing.assert_array_equal(
        pixel_operations.solarize(pixels, threshold),
        PIL.ImageOps.solarize(image_of(pixels), threshold),
    )


@pytest.mark.parametrize("addition", [0, 1, 55, 110, 127])
def test_solarize_add_is_pillows_table_of_the_formula(addition):
    pixels = IMAGES["many pixels"]
    table = [min(v + addition, 255) if v < 128 else v for v in range(256)]
    np.testing.assert_array_equal(
        pixel_operations.solarize_add(pixels, addition),
        image_of(pixels).point(table * 3),
    )


@for_each_image
@pytest.mark.parametrize("name", ENHANCERS)
def test_enhancing_is_pillows(name, pixels):
    operation = getattr(pixel_operations, name)
    enhancer = ENHANCERS[name](image_of(pixels))
    for factor in FACTORS:
        np.testing.assert_array_equal(
            operation(pixels, factor), enhancer.enhance(factor), str(factor)
        )


@pytest.mark.parametrize("name", ENHANCERS)
def test_factor_one_computes_nothing(name):
    pixels = IMAGES["noise"]
    assert getattr(pixel_operations, name)(pixels, 1.0) is pixels
