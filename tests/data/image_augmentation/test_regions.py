"""Parts of images, against the same parts of all that Pillow decodes."""

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.image_augmentation.regions import read_regions
from keras_perceiver.data.images import MAX_PIXELS
from tests.image_samples import as_tensor
from tests.image_samples import encoded
from tests.image_samples import jpeg_of_size
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import png_of_size
from tests.image_samples import smooth

PNG = encoded(noise(20, 30))
JPEG = encoded(smooth(20, 30), "JPEG")
BAD = [
    b"",
    b"no image",
    encoded(noise(20, 30), "GIF"),
    PNG[:-20],
    PNG[:100] + b"?" + PNG[101:],
    JPEG[:3],
    JPEG[:-9],
    png_of_size(60_000, 50_000),
    jpeg_of_size(60_000, 50_000),
]


def read_part(contents, part, max_pixels=MAX_PIXELS):
    """The part of each file, `(top, left, height, width)`, unchanged."""
    read = tf.function(
        lambda contents, numbers: read_regions(
            contents,
            numbers,
            lambda size, number: tf.constant(part),
            lambda image, number: tf.cast(image, tf.float32),
            (*part[2:], 3),
            max_pixels,
        )
    )
    return read(as_tensor(contents), tf.range(len(contents), dtype=tf.int64))


PARTS = [(0, 0, 64, 90), (0, 0, 20, 30), (11, 17, 31, 40), (63, 89, 1, 1)]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_that_of_the_whole(part):
    """But for colours in a JPEG's last column, by a few levels of 256."""
    top, left, height, width = part
    picture = PIL.Image.fromarray(smooth(64, 90))
    contents = [
        encoded(picture),
        *(
            encoded(picture.convert(mode), "JPEG")
            for mode in ("L", "RGB", "CMYK")
        ),
        encoded(picture, "JPEG", progressive=True),
    ]
    parts, problems = read_part(contents, part)
    assert not any(problems.numpy())
    whole = np.stack([pixels_of(content) for content in contents])
    expected = whole[:, top : top + height, left : left + width].astype(int)
    difference = np.abs(parts.numpy() - expected)
    assert not difference[:, :, :-1].any()
    assert difference.max() <= 8
    assert not difference[0].any()


def test_parts_go_by_the_size_and_the_number():
    contents = [encoded(noise(9, 12)), encoded(noise(20, 7))]
    read = tf.function(
        lambda: read_regions(
            as_tensor(contents),
            tf.constant([3, 5], tf.int64),
            lambda size, number: tf.stack(
                [size[0] - 1, tf.cast(number, tf.int32), 1, 1]
            ),
            lambda image, number: (
                tf.cast(image, tf.float32) + 1000 * tf.cast(number, tf.float32)
            ),
            (1, 1, 3),
        )
    )
    parts, _ = read()
    expected = [noise(9, 12)[8, 3] + 3000.0, noise(20, 7)[19, 5] + 5000.0]
    np.testing.assert_array_equal(parts[:, 0, 0], expected)


def test_parts_of_bad_files_are_zero_with_the_same_words():
    contents = [PNG, *BAD, JPEG]
    parts, problems = read_part(contents, (0, 0, 20, 30))
    _, expected = tf.function(images.read_images)(
        as_tensor(contents),
        lambda image: tf.cast(image[0, 0], tf.float32),
        (3,),
    )
    np.testing.assert_array_equal(problems, expected)
    assert (problems.numpy() == b"").sum() == 2
    assert tf.reduce_all(parts[1:-1] == 0)
    np.testing.assert_array_equal(parts[0], pixels_of(PNG))
    np.testing.assert_array_equal(parts[-1], pixels_of(JPEG))


def test_parts_of_too_large_files_are_refused():
    _, problems = read_part([PNG, JPEG], (0, 0, 2, 2), max_pixels=599)
    words = b"has 30 x 20 pixels, and at most 599 in all are decoded. "
    assert all(problem.startswith(words) for problem in problems.numpy())


def test_there_may_be_no_files():
    parts, problems = read_part([], (0, 0, 2, 2))
    assert parts.shape == (0, 2, 2, 3)
    assert problems.shape == (0,)


def test_a_cut_is_found_only_where_the_part_reaches_it():
    content = encoded(smooth(200, 300), "JPEG", quality=95)
    content = content[: len(content) // 2]
    _, problems = read_part([content], (0, 0, 20, 20))
    assert problems == [b""]
    _, problems = read_part([content], (180, 0, 20, 20))
    assert problems == [
        f"is damaged or cut off: its {len(content)} bytes cannot be "
        "decoded.".encode()
    ]
