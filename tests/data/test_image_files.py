"""Images as people have them."""

import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import image_files
from tests.image_samples import encoded
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import smooth


def test_files_are_passed_on_as_they_are(tmp_path):
    content = encoded(smooth(9, 8), "JPEG")
    path = tmp_path / "it.jpg"
    path.write_bytes(content)
    for image in (content, bytearray(content), memoryview(content)):
        assert image_files.image_bytes(image) == content
    assert image_files.image_bytes(path) == content
    assert image_files.image_bytes(str(path)) == content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_images_of_pil_lose_nothing(mode):
    image = PIL.Image.fromarray(noise(7, 8)).convert(mode)
    content = image_files.image_bytes(image)
    np.testing.assert_array_equal(pixels_of(content), image.convert("RGB"))


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV"])
def test_other_modes_of_pil_become_rgb(mode):
    image = PIL.Image.fromarray(noise(7, 8)).convert(mode)
    content = image_files.image_bytes(image)
    np.testing.assert_array_equal(pixels_of(content), image.convert("RGB"))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_arrays_lose_nothing(channels):
    array = noise(5, 6, channels).reshape(5, 6, channels)
    for image in (array, tf.constant(array)):
        content = image_files.image_bytes(image)
        np.testing.assert_array_equal(tf.io.decode_png(content), array)
    grey = image_files.image_bytes(array[..., 0])
    np.testing.assert_array_equal(tf.io.decode_png(grey), array[..., :1])


@pytest.mark.parametrize(
    ("array", "received"),
    [
        (np.zeros((4, 5, 3), "float32"), "float32 of shape (4, 5, 3)"),
        (np.zeros((4, 5, 5), "uint8"), "uint8 of shape (4, 5, 5)"),
        (np.zeros((4,), "uint8"), "uint8 of shape (4,)"),
        (np.zeros((0, 5, 3), "uint8"), "uint8 of shape (0, 5, 3)"),
        (None, "object of shape ()"),
        (7, "int64 of shape ()"),
    ],
)
def test_what_is_no_image_is_told(array, received):
    with pytest.raises(ValueError, match=r"^it is no array of pixels") as error:
        image_files.image_bytes(array, name="it")
    assert str(error.value).endswith(f"Received: {received}")


def test_an_image_of_pil_is_measured_before_it_is_read():
    content = encoded(noise(10, 20))
    image = PIL.Image.open(io.BytesIO(content[:50]))
    with pytest.raises(
        ValueError, match=r"^the image has 20 x 10 pixels, and at most 199"
    ):
        image_files.image_bytes(image, 199)
    with pytest.raises(ValueError, match=r"^the image is damaged or cut off"):
        image_files.image_bytes(image, 200)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent.png"):
        image_files.image_bytes(tmp_path / "absent.png")


def test_one_image_and_several_are_told_apart(tmp_path):
    pil = PIL.Image.fromarray(noise(2, 3))
    for one in (b"", bytearray(), "a.png", tmp_path, pil, noise(2, 3)):
        assert image_files.is_one_image(one)
        assert not image_files.is_one_image([one])
        assert not image_files.is_one_image((one, one))
    assert image_files.is_one_image(noise(2, 3, 1))
    assert image_files.is_one_image(tf.constant(noise(2, 3)))
    assert not image_files.is_one_image(np.stack([noise(2, 3)]))
    assert not image_files.is_one_image([])
