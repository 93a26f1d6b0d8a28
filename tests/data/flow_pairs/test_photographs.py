import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data.flow_pairs import photographs as lib
from tests.image_samples import noise
from tests.image_samples import smooth


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "below").mkdir()
    for number in range(20):
        path = tmp_path / ("below" if number % 2 else ".") / f"{number}.png"
        PIL.Image.fromarray(smooth(20 + number, 30)).save(path)
    (tmp_path / "notes.txt").write_text("no photograph")
    return tmp_path


def test_photographs_are_looked_up_between_their_pixels(tmp_path):
    pixels = noise(24, 32)
    PIL.Image.fromarray(noise(40, 20, seed=1)).save(tmp_path / "a.png")
    PIL.Image.fromarray(pixels).save(tmp_path / "b.png")
    found = lib.photographs([tmp_path / "a.png", tmp_path / "b.png"])
    x = np.array([0.0, 3.25, 31.0, -1.0, 32.0, 40.5], "float32")
    y = np.array([0.0, 7.5, 23.0, 5.0, -1.0, 24.25], "float32")
    ours = lib.sample(
        found, tf.constant([1]), tf.constant([0]), x[None], y[None]
    )
    # Beyond the border, each pixel comes again: ... 1 0 0 1 ... 31 31 30 ...
    wide = np.pad(
        pixels.astype("float64"), [(10, 10), (10, 10), (0, 0)], "symmetric"
    )
    for place, colour in zip(zip(x, y, strict=True), ours[0], strict=True):
        (left, right), (top, down) = (
            (int(np.floor(p)) + 10, p - np.floor(p)) for p in place
        )
        corners = wide[top : top + 2, left : left + 2]
        expected = (
            (1 - down) * ((1 - right) * corners[0, 0] + right * corners[0, 1])
        ) + down * ((1 - right) * corners[1, 0] + right * corners[1, 1])
        np.testing.assert_allclose(colour, expected, atol=1e-3)


def test_smaller_copies_are_means(tmp_path):
    pixels = noise(32, 48)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    found = lib.photographs([tmp_path / "a.png"])
    start, height, width = found.places[0, 1]
    assert (height, width) == (16, 24)
    mean = pixels.reshape(16, 2, 24, 2, 3).mean(axis=(1, 3))
    ours = found.pixels[start : start + 16 * 24].reshape(16, 24, 3)
    assert np.abs(ours - mean).max() <= 1


def test_a_tenth_of_a_folder_is_held_out(folder):
    training, heldout = lib.from_folder(folder)
    assert (len(training), len(heldout)) == (18, 2)
    assert not {*training.names} & {*heldout.names}
    again = lib.from_folder(folder)
    assert again[1].names == heldout.names
    assert training.digest() == again[0].digest() != heldout.digest()


def test_large_photographs_are_made_smaller(tmp_path):
    PIL.Image.fromarray(smooth(700, 1_400)).save(tmp_path / "a.jpg")
    found = lib.photographs([tmp_path / "a.jpg"])
    assert found.places[0, 0, 1:].tolist() == [320, 640]


def test_what_cannot_be_used_is_named(folder):
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=r"has 0 photographs.*two or more"):
        lib.from_folder(folder / "empty")
    PIL.Image.fromarray(smooth(8, 80)).save(folder / "narrow.png")
    with pytest.raises(ValueError, match=r"narrow\.png has 80 x 8 pixels"):
        lib.from_folder(folder)
    (folder / "narrow.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"narrow\.png is no image"):
        lib.from_folder(folder)


def test_the_embedded_photographs_come_with_two_packages():
    training, heldout = lib.embedded()
    assert "china.jpg" in training.names
    assert "chelsea.png" in heldout.names
    assert not {*training.names} & {*heldout.names}
