"""Training's views: their parts, what they are made of, and bad files."""

import dataclasses
import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.image_augmentation.crops import TrainingViews
from keras_perceiver.data.image_augmentation.crops import training_views
from tests.data.image_augmentation.kinds_of_views import PLAIN
from tests.data.image_augmentation.kinds_of_views import PUBLISHED
from tests.data.image_augmentation.kinds_of_views import SHAPE
from tests.image_samples import as_tensor
from tests.image_samples import encoded
from tests.image_samples import jpeg_of_size
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import png_of_size
from tests.image_samples import smooth

SEED = 5

NO_OPERATIONS = dataclasses.replace(PUBLISHED, rand_augment_layers=0)

PICTURE = PIL.Image.fromarray(smooth(60, 90))

GOOD = [
    encoded(noise(70, 60)),
    encoded(smooth(61, 93), "JPEG"),
    encoded(noise(48, 64, seed=3)),
    encoded(smooth(200, 300), "JPEG", quality=95),
]


def function_of(views, shape=SHAPE, max_pixels=images.MAX_PIXELS):
    return tf.function(
        lambda contents, numbers: training_views(
            contents, numbers, SEED, shape, views, max_pixels
        ),
        input_signature=[
            tf.TensorSpec((None,), tf.string),
            tf.TensorSpec((None,), tf.int64),
        ],
    )


@pytest.fixture(scope="module")
def published():
    return function_of(PUBLISHED)


@pytest.fixture(scope="module")
def plain():
    return function_of(PLAIN)


def test_the_published_views_are_the_default():
    assert dataclasses.astuple(PUBLISHED) == (0.08, 4 / 3, True, 4, 5)


def test_a_view_of_all_is_the_image_resized(plain):
    views, problems = plain(as_tensor(GOOD), range(4))
    assert not any(problems.numpy())
    assert views.dtype == tf.float32
    for view, content in zip(views, GOOD, strict=True):
        expected = tf.image.resize(pixels_of(content), SHAPE[:2], "bicubic")
        np.testing.assert_array_equal(view, expected)


def test_half_of_the_views_are_mirrored(plain):
    mirrored = function_of(dataclasses.replace(PLAIN, flip=True))
    pixels = noise(*SHAPE[:2])
    views, _ = mirrored(as_tensor([encoded(pixels)] * 500), range(500))
    is_plain = (views.numpy() == pixels).all((1, 2, 3))
    is_mirrored = (views.numpy() == pixels[:, ::-1]).all((1, 2, 3))
    assert (is_plain != is_mirrored).all()
    # Four and a half deviations of the binomial; the seeds are fixed.
    assert abs(is_plain.mean() - 0.5) < 4.5 * 0.5 / np.sqrt(500)


def test_overshoots_are_kept(plain):
    pixels = np.zeros((6, 8, 3), "uint8")
    pixels[:, 4:] = 255
    views, _ = plain(as_tensor([encoded(pixels)]), [0])
    assert tf.reduce_min(views) < -10
    assert tf.reduce_max(views) > 265


def test_operations_come_before_the_resize(published):
    """Hence their squares and shifts are in pixels of the crop."""
    views, _ = published(as_tensor([GOOD[3]] * 200), range(200))
    without, _ = function_of(NO_OPERATIONS)(
        as_tensor([GOOD[3]] * 200), range(200)
    )
    is_same = (views.numpy() == without.numpy()).all((1, 2, 3))
    # All four layers draw one of the four that do nothing: 1 in 256.
    assert is_same.mean() < 0.04
    # Whole bands of the fill value, where crops were moved by 50 pixels.
    is_grey = (views.numpy() == 128).all((1, 3)).any(1)
    assert is_grey.mean() > 0.1


def test_a_view_depends_on_its_seed_number_and_file_alone(published):
    contents, numbers = as_tensor(GOOD * 8), np.arange(32) + 2**40
    views, _ = published(contents, numbers)
    order = np.random.default_rng(0).permutation(32)
    permuted, _ = published(tf.gather(contents, order), numbers[order])
    np.testing.assert_array_equal(permuted, views.numpy()[order])
    for n in (0, 9, 31):
        alone, _ = published(contents[n : n + 1], numbers[n : n + 1])
        np.testing.assert_array_equal(alone[0], views[n])
    # The bad ones among them change nothing.
    with_bad = tf.concat([contents[:5], [b"?", GOOD[1][:-30]], contents[5:]], 0)
    beside, _ = published(with_bad, [*numbers[:5], 1, 2, *numbers[5:]])
    np.testing.assert_array_equal(beside[7:], views[5:])


def test_numbers_and_seeds_give_different_views(published):
    contents = as_tensor([GOOD[3]] * 20)
    views, _ = published(contents, range(20))
    assert len({view.numpy().tobytes() for view in views}) == 20
    other = tf.function(training_views)(
        contents, tf.range(20, dtype=tf.int64), SEED + 1, SHAPE, PUBLISHED
    )[0]
    assert not (views.numpy() == other.numpy()).all((1, 2, 3)).any()


def test_views_are_the_same_in_parallel_and_from_any_start(published):
    contents = as_tensor(GOOD)

    def dataset(start):
        numbers = tf.data.Dataset.range(start, 48).batch(6)
        return numbers.map(
            lambda numbers: training_views(
                tf.gather(contents, numbers % 4),
                numbers,
                SEED,
                SHAPE,
                PUBLISHED,
            )[0],
            num_parallel_calls=3,
        )

    whole = np.concatenate(list(dataset(0).as_numpy_iterator()))
    rest = np.concatenate(list(dataset(21).as_numpy_iterator()))
    np.testing.assert_array_equal(rest, whole[21:])
    expected, _ = published(tf.gather(contents, range(4)), range(4))
    np.testing.assert_array_equal(whole[:4], expected)


def unusual():
    """Files of every kind, each beside the RGB that it stands for."""
    for mode in ("1", "L", "LA", "P", "RGBA"):
        yield mode, encoded(PICTURE.convert(mode))
    for mode in ("L", "CMYK"):
        yield f"JPEG, {mode}", encoded(PICTURE.convert(mode), "JPEG")
    yield "progressive", encoded(PICTURE, "JPEG", progressive=True)
    negative = PIL.Image.fromarray(255 - smooth(60, 90))
    yield (
        "animated",
        encoded(PICTURE, save_all=True, append_images=[negative]),
    )
    for size in ((1, 1), (1, 70), (70, 1), (2, 2), (1, 5000)):
        yield str(size), encoded(noise(*size))


@pytest.mark.parametrize(
    "content", [pytest.param(content, id=name) for name, content in unusual()]
)
def test_unusual_files_give_the_views_of_their_rgb(content, published):
    # Of PNG both: a JPEG's part is not to the last digit that of the whole.
    twin = encoded(pixels_of(content))
    if content.startswith(b"\xff\xd8"):
        published = function_of(
            dataclasses.replace(PUBLISHED, smallest_area=1.0)
        )
    views, problems = published(
        as_tensor([content, twin] * 4), [0, 0, 1, 1] * 2
    )
    assert not any(problems.numpy())
    np.testing.assert_array_equal(views[::2], views[1::2])
    assert np.isfinite(views).all()


def test_of_sixteen_bits_the_higher_eight_are_seen(plain):
    values = noise(*SHAPE[:2], 1).astype("uint16") * 257
    views, _ = plain(as_tensor([encoded(PIL.Image.fromarray(values))]), [0])
    np.testing.assert_array_equal(views[0, ..., 1], values // 257)


def test_a_cameras_orientation_is_not_followed(plain):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # A quarter turn.
    turned = encoded(PICTURE, "JPEG", exif=exif)
    assert PIL.Image.open(io.BytesIO(turned)).getexif()[0x0112]
    views, _ = plain(as_tensor([turned, encoded(PICTURE, "JPEG")]), [0, 0])
    np.testing.assert_array_equal(views[0], views[1])


def test_bad_files_are_told_in_the_words_of_images(published):
    bad = {
        b"": "is empty: 0 bytes came.",
        encoded(PICTURE, "GIF"): (
            "is neither JPEG nor PNG. Convert it; in Python, what "
            "PIL.Image.open returns may be passed instead."
        ),
        GOOD[0][:-20]: (
            f"is damaged or cut off: its {len(GOOD[0]) - 20} bytes cannot be "
            "decoded."
        ),
        **{
            of_size(50_000, 60_000): (
                "has 60000 x 50000 pixels, and at most 67108864 in all are "
                "decoded. Make it smaller, or raise max_pixels."
            )
            for of_size in (png_of_size, jpeg_of_size)
        },
    }
    views, problems = published(as_tensor([*bad, GOOD[1]]), range(len(bad) + 1))
    assert [word.decode() for word in problems.numpy()] == [*bad.values(), ""]
    assert not views.numpy()[:-1].any()
    assert views.numpy()[-1].any()


def test_as_many_pixels_as_are_allowed_are_read():
    for limit, is_fine in ((4200, True), (4199, False)):
        _, problems = function_of(PLAIN, max_pixels=limit)(
            as_tensor(GOOD[:1]), [0]
        )
        assert (problems == [b""]) == is_fine


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("smallest_area", 0.0, "above 0 and at most 1"),
        ("smallest_area", 8.0, "above 0 and at most 1"),
        ("smallest_area", float("nan"), "above 0 and at most 1"),
        ("largest_aspect", 0.75, "longer over its shorter side, 1 or more"),
        ("largest_aspect", float("inf"), "1 or more"),
        ("rand_augment_layers", -1, "0 layers or more"),
        ("rand_augment_magnitude", 11, "from 0 to 10"),
        ("rand_augment_magnitude", -0.5, "from 0 to 10"),
    ],
)
def test_views_that_cannot_be_are_refused(name, value, words):
    with pytest.raises(ValueError, match=words) as caught:
        TrainingViews(**{name: value})
    assert f"Received: {name}={value}" in str(caught.value)
