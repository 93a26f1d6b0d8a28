"""Scikit-learn's digits as a source."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.labelled_images.sources import open_images
from tests.data.labelled_images.source_checks import check_source
from tests.data.labelled_images.source_checks import names_of
from tests.data.labelled_images.source_checks import taken

datasets = pytest.importorskip(
    "sklearn.datasets",
    reason="needs the extra `data`: pip install 'keras-perceiver[data]'",
)


def test_what_holds_of_every_source_holds():
    source = open_images("digits")
    check_source(source, 1397, 400)
    assert source.class_names == list("0123456789")


def test_pixels_are_those_of_scikit_learn_with_a_margin():
    data = datasets.load_digits()
    for name, label, content in taken(
        open_images("digits").heldout_examples(9)
    ):
        number = int(name.removeprefix("digit_"))
        pixels, problem = images.read_image(tf.constant(content))
        assert problem == b""
        assert label == data.target[number]
        for channel in range(3):
            np.testing.assert_array_equal(
                pixels[1:9, 1:9, channel],
                np.round(data.images[number] * (255 / 16)),
            )
        assert pixels.shape == (10, 10, 3)
        assert tf.reduce_sum(tf.cast(pixels, tf.int64)) == tf.reduce_sum(
            tf.cast(pixels[1:9, 1:9], tf.int64)
        )


def test_the_same_digits_are_held_out_for_good():
    names = names_of(open_images("digits").heldout_examples())
    assert names == sorted(names)
    assert names[:3] == ["digit_0012", "digit_0013", "digit_0027"]
    assert names_of(open_images("digits", 10).heldout_examples()) == names


def test_every_class_is_held_out_often():
    labels = [
        label for _, label, _ in taken(open_images("digits").heldout_examples())
    ]
    assert min(np.bincount(labels)) >= 25


def test_half_of_the_digits_are_thick():
    data = datasets.load_digits()
    source = open_images("digits")
    ink = source.heldout_columns()["ink"]
    assert 160 < ink.count("thick") < 240
    assert set(ink) == {"thick", "thin"}
    sums = data.images.sum(axis=(1, 2))
    names = names_of(source.heldout_examples())
    by_name = [sums[int(name.removeprefix("digit_"))] for name in names]
    thin = [s for s, word in zip(by_name, ink, strict=True) if word == "thin"]
    thick = [s for s, word in zip(by_name, ink, strict=True) if word == "thick"]
    assert max(thin) < min(thick)


def test_a_skew_thins_out_the_last_classes_of_training():
    source = open_images("digits", 20.0)
    source.check()
    whole = open_images("digits").training_counts()
    shares = source.training_counts() / whole
    assert shares[0] == 1
    expected = 20.0 ** (-np.arange(10) / 9)
    deviations = np.sqrt(expected * (1 - expected) / whole)
    assert (abs(shares - expected) <= 3 * deviations).all()
    count = source.training_counts().sum()
    names = names_of(source.training_examples(0), count)
    assert len(set(names)) == count
    assert set(names) <= set(
        names_of(open_images("digits").training_examples(0), 1397)
    )


def test_the_evaluation_crop_is_the_digit():
    source = open_images("digits")
    (_, _, content), *_ = taken(source.heldout_examples(1))
    pixels, _ = images.read_image(tf.constant(content))
    crop = images.evaluation_crop(pixels, 8, 8)
    np.testing.assert_array_equal(crop, pixels[1:9, 1:9])


def test_the_record_tells_data_apart():
    plain, skewed = (open_images("digits", skew).record() for skew in (1, 2))
    assert plain["sha256"] == skewed["sha256"]
    assert plain["training_examples"] > skewed["training_examples"]


def test_a_source_of_nothing_is_told():
    source = open_images("digits")
    with pytest.raises(ValueError, match="has no images for training"):
        source.check_readable(source.training_examples(0).take(0))
