"""Reading images inside a graph, against PIL and float64 numpy."""

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from tests.float64_reference import assert_near
from tests.image_samples import as_tensor
from tests.image_samples import encoded
from tests.image_samples import jpeg_of_size
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import png_of_size
from tests.image_samples import smooth

PNG = encoded(noise(20, 30))
JPEG = encoded(smooth(20, 30), "JPEG")
DAMAGED = "is damaged or cut off: its {} bytes cannot be decoded."
UNKNOWN = (
    "is neither JPEG nor PNG. Convert it; in Python, what PIL.Image.open "
    "returns may be passed instead."
)
TOO_LARGE = (
    "has 50000 x 60000 pixels, and at most 67108864 in all are decoded. Make "
    "it smaller, or raise max_pixels."
)
PROBLEMS = {
    b"": "is empty: 0 bytes came.",
    b"no image": UNKNOWN,
    b"\xff\xd8": UNKNOWN,
    encoded(noise(20, 30), "GIF"): UNKNOWN,
    encoded(noise(20, 30), "BMP"): UNKNOWN,
    PNG[:8]: DAMAGED.format(8),
    PNG[:20]: DAMAGED.format(20),
    PNG[:-20]: DAMAGED.format(len(PNG) - 20),
    PNG[:100] + b"?" + PNG[101:]: DAMAGED.format(len(PNG)),
    JPEG[:3]: DAMAGED.format(3),
    JPEG[:-9]: DAMAGED.format(len(JPEG) - 9),
    PNG[:16] + b"\xff" * 8 + PNG[24:]: DAMAGED.format(len(PNG)),
    PNG[:16] + b"\0" * 8 + PNG[24:]: DAMAGED.format(len(PNG)),
    png_of_size(60_000, 50_000): TOO_LARGE,
    jpeg_of_size(60_000, 50_000): TOO_LARGE,
}


@pytest.fixture(scope="module")
def read_image():
    return tf.function(
        images.read_image, input_signature=[tf.TensorSpec((), tf.string)]
    )


@pytest.fixture(scope="module")
def read_crops():
    """Crops of 16 x 16."""

    def read(contents):
        return images.read_images(
            contents,
            lambda image: images.evaluation_crop(image, 16, 16),
            (16, 16, 3),
        )

    return tf.function(
        read, input_signature=[tf.TensorSpec((None,), tf.string)]
    )


def samples():
    picture = PIL.Image.fromarray(smooth(21, 30))
    yield from (
        encoded(picture.convert(mode), "PNG")
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA")
    )
    yield encoded(picture, "PNG", save_all=True, append_images=[picture])
    yield from (
        encoded(picture.convert(mode), "JPEG") for mode in ("L", "RGB", "CMYK")
    )
    yield encoded(picture, "JPEG", progressive=True, quality=30)


def test_pixels_are_those_that_others_decode(read_image):
    for content in samples():
        pixels, problem = read_image(content)
        assert problem == b""
        np.testing.assert_array_equal(pixels, pixels_of(content))


def test_sixteen_bits_become_eight(read_image):
    values = noise(5, 6, 1).astype("uint16") * 257
    pixels, _ = read_image(encoded(PIL.Image.fromarray(values)))
    np.testing.assert_array_equal(pixels[..., 1], values // 256)


def test_a_problem_is_told_in_words(read_image):
    for content, problem in PROBLEMS.items():
        pixels, found = read_image(content)
        assert found.numpy().decode() == problem
        assert pixels.shape == (0, 0, 3)


def test_as_many_pixels_as_are_allowed_are_read():
    for limit, is_fine in ((600, True), (599, False)):
        pixels, problem = images.read_image(tf.constant(PNG), limit)
        assert (problem == b"") == is_fine
        assert tf.size(pixels) == 1800 * is_fine
        for content in (PNG, JPEG):
            crops, problems = images.read_images(
                as_tensor([content]),
                lambda image: tf.cast(image[:1, :1], tf.float32),
                (1, 1, 3),
                limit,
            )
            assert (problems == [b""]) == is_fine
            assert tf.reduce_any(crops > 0) == is_fine


def test_bad_rows_do_not_disturb_the_others(read_crops):
    good = [PNG, JPEG, encoded(noise(9, 7))]
    bad = list(PROBLEMS)
    mixed = [*bad[:3], good[0], *bad[3:9], good[1], good[2], *bad[9:]]
    crops, problems = read_crops(as_tensor(mixed))
    alone, no_problems = read_crops(as_tensor(good))
    assert no_problems.numpy().tolist() == [b""] * 3
    is_good = np.array([content in good for content in mixed])
    np.testing.assert_array_equal(crops[is_good], alone)
    assert not tf.reduce_any(crops[~is_good] != 0)
    expected = [PROBLEMS.get(content, "") for content in mixed]
    assert [word.decode() for word in problems.numpy()] == expected


def test_all_rows_may_be_bad_and_there_may_be_none(read_crops):
    crops, problems = read_crops(as_tensor([b"", b"?"]))
    assert crops.shape == (2, 16, 16, 3)
    assert all(problems.numpy())
    crops, problems = read_crops(as_tensor([]))
    assert crops.shape == (0, 16, 16, 3)
    assert problems.shape == (0,)


def test_many_rows_keep_their_order(read_crops):
    levels = np.arange(50, dtype="uint8")
    contents = [encoded(np.full((2 + n, 5, 3), n, "uint8")) for n in levels]
    crops, _ = read_crops(as_tensor(contents))
    assert_near(crops[:, 3, 4, 1], levels)


def keys_cubic(x):
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def resize_matrix(size, wanted):
    """What each wanted pixel takes of each there is, along one side."""
    matrix = np.zeros((wanted, size))
    for row in range(wanted):
        centre = (row + 0.5) * size / wanted - 0.5
        for column in range(size):
            matrix[row, column] = keys_cubic(centre - column)
    return matrix / matrix.sum(axis=1, keepdims=True)


def crop_by_hand(image, height, width):
    rows, columns = image.shape[:2]
    if rows / height <= columns / width:
        size = (rows, rows * width / height)
    else:
        size = (columns * height / width, columns)
    tall, wide = (max(int(0.875 * side), 1) for side in size)
    top, left = (rows - tall + 1) // 2, (columns - wide + 1) // 2
    image = image[top : top + tall, left : left + wide].astype("float64")
    down, across = resize_matrix(tall, height), resize_matrix(wide, width)
    return np.einsum("ij,jkc,lk->ilc", down, image, across)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        # The crop has 56 pixels: as many, half, a quarter, and twice.
        ((64, 64), (56, 56)),
        ((64, 93), (28, 28)),
        ((80, 64), (14, 14)),
        ((64, 71), (112, 112)),
        # An odd rest goes to the bottom right; a form that is no square.
        ((65, 66), (28, 28)),
        ((64, 200), (28, 56)),
        ((128, 64), (14, 28)),
    ],
)
def test_the_crop_is_that_of_the_formula(size, wanted):
    image = noise(*size)
    crop = images.evaluation_crop(tf.constant(image), *wanted)
    assert crop.dtype == tf.float32
    assert_near(crop, crop_by_hand(image, *wanted))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((50, 71), (37, 37)), ((3, 4), (16, 16)), ((1, 1), (4, 4))],
)
def test_other_ratios_are_near(size, wanted):
    """TensorFlow rounds where a pixel stands to 1/1024."""
    image = noise(*size)
    crop = images.evaluation_crop(tf.constant(image), *wanted)
    assert_near(crop, crop_by_hand(image, *wanted), 1e-3)


def test_enlarging_is_as_pil_does_it():
    image = noise(64, 64)
    crop = images.evaluation_crop(tf.constant(image), 224, 224)
    for channel in range(3):
        inner = PIL.Image.fromarray(
            image[4:60, 4:60, channel].astype("float32")
        )
        expected = inner.resize((224, 224), PIL.Image.Resampling.BICUBIC)
        assert_near(crop[..., channel], np.array(expected))


def test_overshoots_are_kept():
    image = np.zeros((64, 64, 3), "uint8")
    image[:, 32:] = 255
    crop = images.evaluation_crop(tf.constant(image), 112, 112).numpy()
    assert crop.min() < -10
    assert crop.max() > 265


def test_the_means_of_imagenet_become_zero():
    mean = np.array([0.485, 0.456, 0.406]) * 255
    deviation = np.array([0.229, 0.224, 0.225]) * 255
    pixels = np.stack([mean, mean + deviation, mean - 2 * deviation])
    values = images.normalize(tf.constant(pixels, tf.float32))
    expected = np.tile([[0.0], [1.0], [-2.0]], (1, 3))
    np.testing.assert_allclose(values, expected, atol=1e-6)
