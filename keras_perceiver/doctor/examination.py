"""All that is looked at, in order."""

from keras_perceiver.doctor import loading
from keras_perceiver.doctor import machine
from keras_perceiver.doctor import packages
from keras_perceiver.quiet import find_devices


def examine(with_smoke_test=True):
    """Yields what is found, one part after the other.

    Where TensorFlow or Keras does not load, what needs them is left out.

    Args:
        with_smoke_test: whether a tiny model is built, trained for a step,
            exported and checked, which takes half a minute.

    Yields:
        The title of a part, and an iterator of its `Finding`s.
    """
    yield "versions", packages.versions()
    yield "extras", packages.extras()
    loaded = loading.loading()
    yield "loading", loaded
    loads = not any(finding.is_problem for finding in loaded)
    if loads:
        yield from _native_libraries_and_devices()
    yield "memory", machine.memory()
    yield "disks", machine.disks()
    if loads and with_smoke_test:
        yield from _smoke_test()


def _native_libraries_and_devices():
    find_devices()
    from keras_perceiver.doctor import devices
    from keras_perceiver.doctor import native_libraries

    yield "native libraries", native_libraries.native_libraries()
    yield "devices", devices.devices()


def _smoke_test():
    import keras

    if keras.backend.backend() == "tensorflow":
        # Here, since it needs Keras on TensorFlow.
        from keras_perceiver.doctor.smoke_test import smoke_test

        yield "smoke test", smoke_test()
