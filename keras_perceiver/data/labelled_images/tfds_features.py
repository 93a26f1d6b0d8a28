"""Which features of a TFDS data set are what."""

import numpy as np

from keras_perceiver import errors


def find(name, features, wanted):
    """Finds the features of the image and of the label.

    Args:
        name: of the data set.
        features: a `FeaturesDict` of TFDS.
        wanted: "", or names with a comma between, "IMAGE,LABEL"; either may
            be "".

    Returns:
        The names of the two.

    Raises:
        ValueError: if there is none, or several and none is named.
    """
    tfds = errors.import_extra("tensorflow_datasets", "data")
    image, _, label = wanted.partition(",")
    options = "image", tfds.features.Image, "an image"
    image = _find_one(name, features, image, *options)
    if features[image].np_dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"The pixels of {image!r} of {name} are "
            f"{features[image].np_dtype}. Wanted: 8 or 16 bits."
        )
    options = "label", tfds.features.ClassLabel, "a class label"
    return image, _find_one(name, features, label, *options)


def short_ones(features, label):
    """Returns the names of features that examples may be grouped by.

    Args:
        features: a `FeaturesDict` of TFDS.
        label: the feature that is left out.
    """
    return [
        name
        for name in features
        if name != label
        and features[name].shape == ()
        and np.dtype(features[name].np_dtype).kind in "biuO"
    ]


def in_words(feature, values):
    """Returns values of a feature as strings, class labels by name.

    Args:
        feature: a feature of TFDS, without a shape.
        values: array `(n,)`.
    """
    names = getattr(feature, "names", None)
    words = []
    for value in values:
        if isinstance(value, bytes):
            words.append(value.decode("utf-8", "backslashreplace"))
        elif names and 0 <= value < len(names):
            words.append(names[value])
        else:
            words.append(str(value))
    return words


def _find_one(name, features, wanted, usual, kind, in_english):
    fitting = [key for key in features if isinstance(features[key], kind)]
    cure = (
        f"Name the features with --data 'tfds:{name}#IMAGE_FEATURE,"
        "LABEL_FEATURE'"
    )
    if wanted and wanted not in features:
        raise ValueError(
            f"{name} has no feature {wanted!r}"
            f"{errors.did_you_mean(wanted, features)} {cure}"
        )
    if wanted and wanted not in fitting:
        raise ValueError(
            f"The feature {wanted!r} of {name} is not {in_english}: "
            f"{features[wanted]}. {cure}"
        )
    if not fitting:
        raise ValueError(
            f"{name} has no feature that is {in_english}. It has: "
            f"{', '.join(features)}. Name another data set with --data."
        )
    if not wanted and usual not in fitting and len(fitting) > 1:
        raise ValueError(
            f"{name} has several features of which each is {in_english}: "
            f"{', '.join(fitting)}. {cure}"
        )
    return wanted or (usual if usual in fitting else fitting[0])
