"""Classifying images, against the model asked by hand."""

import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.tasks import ClassifyImage
from tests.data.test_images import crop_by_hand
from tests.float64_reference import assert_near
from tests.image_samples import encoded
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import png_of_size
from tests.image_samples import smooth
from tests.tiny_tasks import colour_classifier
from tests.tiny_tasks import tiny_classifier

NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu"]
# Of one colour each, but not quite.
IMAGES = [
    encoded(smooth(64, 96, seed=n) // 3 + np.array(colour, "uint8"), form)
    for n, (colour, form) in enumerate(
        [
            ((0, 0, 0), "PNG"),
            ((160, 0, 0), "JPEG"),
            ((0, 160, 0), "PNG"),
            ((0, 160, 160), "JPEG"),
            ((160, 160, 160), "JPEG"),
        ]
    )
]


@pytest.fixture(scope="module")
def model():
    model = tiny_classifier()
    # Its answers are to differ plainly.
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            weight.assign(3 * weight)
    return model


@pytest.fixture(scope="module")
def task(model):
    return ClassifyImage(model, NAMES, top_k=3)


def probabilities_by_hand(model, content):
    crop = crop_by_hand(pixels_of(content), 24, 24)
    mean = np.array([0.485, 0.456, 0.406]) * 255
    deviation = np.array([0.229, 0.224, 0.225]) * 255
    images = ((crop - mean) / deviation)[None].astype("float32")
    logits = np.array(model(images), "float64")[0]
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def test_answers_are_those_of_the_model(model, task):
    found = task(IMAGES)
    for content, prediction in zip(IMAGES, found, strict=True):
        expected = probabilities_by_hand(model, content)
        best = np.argsort(-expected)[:3]
        assert prediction.labels == [NAMES[number] for number in best]
        assert_near(prediction.probabilities, expected[best], 1e-2)
    assert len({prediction.label for prediction in found}) > 1


def test_colours_are_seen_as_they_are():
    task = ClassifyImage(colour_classifier(), ["red", "green", "blue"])
    for number, name in enumerate(("red", "green", "blue")):
        image = np.full((30, 40, 3), 20, "uint8")
        image[..., number] = 230
        assert task(image).label == name
        jpeg = encoded(image, "JPEG")
        assert task(jpeg).labels[0] == name


@pytest.mark.parametrize("size", [(8, 8), (12, 20), (224, 224)])
def test_a_model_may_have_any_size(size):
    task = ClassifyImage(colour_classifier(*size))
    found = task([noise(50, 40), noise(3, 90), noise(1, 1)])
    assert all(prediction.label in "012" for prediction in found)
    assert all(len(prediction.labels) == 3 for prediction in found)


def test_images_come_in_many_ways(task, tmp_path):
    pixels = smooth(60, 50)
    pil = PIL.Image.fromarray(pixels)
    path = tmp_path / "it.png"
    path.write_bytes(encoded(pil))
    expected = task(pixels)
    ways = [path, str(path), path.read_bytes(), pil, tf.constant(pixels)]
    for way in ways:
        assert task(way) == expected
    assert [p.label for p in task(ways)] == [expected.label] * 5
    assert len(task(np.stack([pixels, pixels, pixels]))) == 3
    assert task([]) == []


def test_grey_is_rgb_and_transparency_is_dropped(task):
    pixels = smooth(40, 50)
    grey = pixels[..., 0]
    expected = task(np.stack([grey] * 3, axis=-1))
    for same in (grey, grey[..., None], PIL.Image.fromarray(grey)):
        assert task(same) == expected
    alpha = np.concatenate([pixels, noise(40, 50, 1)[..., None]], axis=-1)
    assert task(alpha) == task(pixels)
    assert task(PIL.Image.fromarray(alpha)) == task(pixels)


def test_a_row_alone_answers_as_in_a_batch(task):
    images = tf.constant([IMAGES[0], b"?", IMAGES[1][:-5], IMAGES[1]])
    together = task.serve(images)
    for row in range(4):
        alone = task.serve(images[row : row + 1])
        for name, tensor in alone.items():
            if tensor.dtype == tf.float32:
                np.testing.assert_allclose(
                    tensor[0], together[name][row], atol=1e-5
                )
            else:
                np.testing.assert_array_equal(tensor[0], together[name][row])


def test_a_problem_has_no_other_answers(task):
    served = task.serve(tf.constant([b"", IMAGES[0]]))
    served = {name: tensor.numpy() for name, tensor in served.items()}
    assert served["label_bytes"].shape == (2, 3)
    assert (served["label_bytes"][0] == b"").all()
    assert (served["probabilities"][0] == 0).all()
    assert (served["probabilities"][1] > 0).all()
    problem = b"the image is empty: 0 bytes came."
    assert served["problem_bytes"].tolist() == [problem, b""]


def test_no_rows_give_no_rows(task):
    served = task.serve(tf.constant([], tf.string))
    assert served["label_bytes"].shape == (0, 3)
    assert served["problem_bytes"].shape == (0,)


def test_a_problem_names_its_image(task, tmp_path):
    path = tmp_path / "cut.jpg"
    path.write_bytes(IMAGES[1][:-5])
    with pytest.raises(ValueError, match=r"^Image 2 of 3: the image is dam"):
        task([IMAGES[0], path.read_bytes(), IMAGES[1]])
    with pytest.raises(ValueError, match=r"^Image 1 of 1 \(.*cut.jpg\): the"):
        task(path)
    with pytest.raises(FileNotFoundError, match=r"absent.jpg"):
        task([IMAGES[0], "absent.jpg"])
    with pytest.raises(ValueError, match=r"^Image 2 of 2: the image is no arr"):
        task([IMAGES[0], np.zeros((4, 4, 3))])
    cut = PIL.Image.open(io.BytesIO(IMAGES[0][:99]))
    with pytest.raises(ValueError, match=r"^Image 1 of 1: the image is damag"):
        task(cut)


def test_too_large_images_are_refused_however_they_come(model):
    task = ClassifyImage(model, max_pixels=3000)
    pil = PIL.Image.fromarray(noise(60, 51))
    for image in (pil, encoded(pil), noise(60, 51), png_of_size(9, 999)):
        with pytest.raises(ValueError, match="at most 3000 in all are deco"):
            task(image)
    task(noise(60, 50))
    with pytest.raises(ValueError, match="max_pixels is a number from 1"):
        ClassifyImage(model, max_pixels=0)


def test_names_come_with_the_model_or_are_numbers(model):
    assert ClassifyImage(model).labels.class_names == list("0123456")
    model.preprocessing = {"class_names": NAMES}
    try:
        assert ClassifyImage(model)(IMAGES[0]).label in NAMES
    finally:
        del model.preprocessing


def test_mixed_precision_answers_in_float32():
    task = ClassifyImage(tiny_classifier(dtype="mixed_bfloat16"))
    served = task.serve(tf.constant(IMAGES[:1]))
    assert served["probabilities"].dtype == tf.float32


def test_the_example_shows_answers_and_problems(task):
    served = task.serve(**task.example_request())
    problems = served["problem_bytes"].numpy().tolist()
    assert problems[:2] == [b"", b""]
    assert problems[2].startswith(b"the image is damaged")
    assert problems[3].startswith(b"the image is neither")


def test_real_frames_are_classified(task, data_dir):
    frames = sorted((data_dir / "sintel").glob("*.png"))
    found = task(frames)
    assert [len(prediction.labels) for prediction in found] == [3] * len(frames)
    assert_near(found[0].probabilities, task(frames[0]).probabilities)
