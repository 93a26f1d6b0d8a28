"""RandAugment: which operations, how strong, and how they are drawn."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.image_augmentation import geometric_operations as g
from keras_perceiver.data.image_augmentation import pixel_operations as p
from keras_perceiver.data.image_augmentation import rand_augment as module
from keras_perceiver.data.image_augmentation.rand_augment import operations
from keras_perceiver.data.image_augmentation.rand_augment import rand_augment
from tests.image_samples import noise
from tests.image_samples import smooth

IMAGE = tf.constant(smooth(120, 150) // 2 + 40)
# Of magnitude 5, as published: what a positive sign and what a negative gives.
PUBLISHED = {
    "AutoContrast": [p.auto_contrast(IMAGE)],
    "Equalize": [p.equalize(IMAGE)],
    "Invert": [p.invert(IMAGE)],
    "Rotate": [g.rotate(IMAGE, 15.0), g.rotate(IMAGE, -15.0)],
    "Posterize": [p.posterize(IMAGE, 2)],
    "Solarize": [p.solarize(IMAGE, 128)],
    "Color": [IMAGE],
    "Contrast": [IMAGE],
    "Brightness": [IMAGE],
    "Sharpness": [IMAGE],
    "ShearX": [g.shear_x(IMAGE, 0.15), g.shear_x(IMAGE, -0.15)],
    "ShearY": [g.shear_y(IMAGE, 0.15), g.shear_y(IMAGE, -0.15)],
    "TranslateX": [g.translate_x(IMAGE, 50), g.translate_x(IMAGE, -50)],
    "TranslateY": [g.translate_y(IMAGE, 50), g.translate_y(IMAGE, -50)],
    "Cutout": [g.cutout(IMAGE, tf.constant([60, 30]), 20)],
    "SolarizeAdd": [p.solarize_add(IMAGE, 55)],
}


def test_the_sixteen_are_the_published():
    assert list(operations(5)) == list(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_strengths_are_the_published(name):
    operation, expected = operations(5)[name], PUBLISHED[name]
    for draw, outcome in ((0.0, expected[0]), (0.9, expected[-1])):
        found = operation(IMAGE, tf.constant([draw, 0.5, 0.2]))
        np.testing.assert_array_equal(found, outcome)


@pytest.mark.parametrize(
    "name", ["Color", "Contrast", "Brightness", "Sharpness"]
)
def test_other_magnitudes_are_shares_of_the_largest(name):
    operation = getattr(p, name.lower())
    for magnitude, factor in ((0, 0.1), (10, 1.9), (9, 1.72)):
        np.testing.assert_array_equal(
            operations(magnitude)[name](IMAGE, None), operation(IMAGE, factor)
        )


def test_magnitude_ten_is_the_strongest():
    strongest, draws = operations(10), tf.constant([0.0, 0.5, 0.2])
    for name, expected in {
        "Rotate": g.rotate(IMAGE, 30.0),
        "Posterize": p.posterize(IMAGE, 4),
        "Solarize": IMAGE,
        "ShearY": g.shear_y(IMAGE, 0.3),
        "TranslateX": g.translate_x(IMAGE, 100),
        "Cutout": g.cutout(IMAGE, tf.constant([60, 30]), 40),
        "SolarizeAdd": p.solarize_add(IMAGE, 110),
    }.items():
        np.testing.assert_array_equal(strongest[name](IMAGE, draws), expected)


def test_what_changes_nothing_computes_nothing():
    for name in ("Color", "Contrast", "Brightness", "Sharpness"):
        assert operations(5)[name](IMAGE, None) is IMAGE


def in_graph(image, count, **options):
    """Images of seeds (7, 0), (7, 1) and so on, in parallel."""
    dataset = tf.data.Dataset.range(count).map(
        lambda number: rand_augment(
            image, tf.stack([tf.constant(7, tf.int64), number]), **options
        ),
        num_parallel_calls=2,
    )
    return np.stack(list(dataset.as_numpy_iterator()))


@pytest.fixture
def drawn(monkeypatch):
    """Numbers of operations `(count, layers)`, and what they were given."""

    def noting(number):
        # The newest note goes to the end of the row, the oldest is lost.
        def operation(image, draws):
            numbers = tf.concat([[float(number)], draws], axis=0)
            note = tf.cast(tf.floor(numbers * [1, 250, 250, 250]), tf.uint8)
            note = tf.tile(note[:, None, None], [1, 1, 3])
            return tf.concat([image[:, 1:], note], axis=1)

        return operation

    monkeypatch.setattr(
        module,
        "operations",
        lambda magnitude: {str(number): noting(number) for number in range(16)},
    )
    notes = in_graph(tf.zeros((4, 4, 3), tf.uint8), 2000)[..., 0]
    return notes[:, 0], notes[:, 1:].astype(float).swapaxes(0, 1) / 250


def test_operations_are_drawn_alike_and_apart(drawn):
    numbers, _ = drawn
    counts = np.bincount(numbers.ravel(), minlength=16)
    assert len(counts) == 16
    # Four and a half deviations of the binomial; the seeds are fixed.
    assert np.abs(counts - 500).max() < 4.5 * np.sqrt(500 * 15 / 16)
    for layer in range(3):
        same = (numbers[:, layer] == numbers[:, layer + 1]).mean()
        assert abs(same - 1 / 16) < 4.5 * np.sqrt(15 / 16**2 / 2000)


def test_signs_and_places_are_drawn_alike_and_apart(drawn):
    numbers, others = drawn
    given = others.reshape(3, -1)
    # Notes are rounded down to 1/250.
    assert np.abs(given.mean(1) + 0.002 - 0.5).max() < 0.015
    assert np.abs(given.var(1) - 1 / 12).max() < 0.003
    correlation = np.corrcoef([numbers.ravel(), *given])
    assert np.abs(correlation - np.eye(4)).max() < 0.05


def test_one_seed_gives_one_image():
    first = in_graph(IMAGE, 30)
    np.testing.assert_array_equal(in_graph(IMAGE, 30), first)
    assert len({pixels.tobytes() for pixels in first}) > 25
    np.testing.assert_array_equal(rand_augment(IMAGE, (7, 3)), first[3])


def test_no_layers_leave_the_image():
    np.testing.assert_array_equal(
        rand_augment(IMAGE, (0, 0), num_layers=0), IMAGE
    )


def test_one_layer_is_one_operation():
    outcomes = {
        operation(IMAGE, tf.constant([sign, 0.5, 0.5])).numpy().tobytes()
        for name, operation in operations(5).items()
        if name != "Cutout"
        for sign in (0.0, 0.9)
    }
    # 15 operations, 4 of which do nothing, and 5 of which have a sign.
    assert len(outcomes) == 1 + 11 + 5
    found = [pixels.tobytes() for pixels in in_graph(IMAGE, 300, num_layers=1)]
    assert outcomes <= set(found)
    share = np.mean([pixels in outcomes for pixels in found])
    assert abs(share - 15 / 16) < 4.5 * np.sqrt(15 / 16**2 / 300)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_the_smallest_images_are_taken(size):
    image, draws = tf.constant(noise(*size)), tf.constant([0.0, 0.9, 0.9])
    for operation in operations(9).values():
        assert operation(image, draws).shape == image.shape
