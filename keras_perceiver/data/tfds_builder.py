"""Data sets of TensorFlow Datasets, by name."""

from keras_perceiver import errors


def find_builder(name):
    """Returns the builder of a TFDS data set.

    Args:
        name: as TFDS takes it, such as `c4/en:3.1.0`.

    Raises:
        ImportError: if TensorFlow Datasets is not installed.
        ValueError: if it has no such data set, configuration or version.
    """
    tfds = errors.import_extra("tensorflow_datasets", "data")
    try:
        return tfds.builder(name)
    except (ValueError, AssertionError) as error:
        # Of a name, a configuration or a version; a long list follows.
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"TensorFlow Datasets has no data set {name!r}. It says: "
            f"{reason} tfds.list_builders() names all."
        ) from None
