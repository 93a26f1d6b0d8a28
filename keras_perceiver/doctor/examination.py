"""All that is looked at, in order."""

import keras

from keras_perceiver.doctor import machine
from keras_perceiver.doctor import native_libraries
from keras_perceiver.doctor import packages
from keras_perceiver.quiet import quiet_start


def examine(with_smoke_test=True):
    """Yields what is found, one part after the other.

    Args:
        with_smoke_test: whether a tiny model is built, trained for a step,
            exported and checked, which takes half a minute.

    Yields:
        The title of a part, and an iterator of its `Finding`s.
    """
    # Else the first device would be found with all that TensorFlow says.
    with quiet_start():
        import tensorflow as tf

        tf.config.list_logical_devices()
    yield "versions", packages.versions()
    yield "extras", packages.extras()
    yield "native libraries", native_libraries.native_libraries()
    yield "devices", machine.devices()
    yield "memory", machine.memory()
    yield "disks", machine.disks()
    if with_smoke_test and keras.backend.backend() == "tensorflow":
        # Here, since it needs Keras on TensorFlow.
        from keras_perceiver.doctor.smoke_test import smoke_test

        yield "smoke test", smoke_test()
