"""Options and surroundings of all tests."""

import gc
import os
import pathlib
import unittest.mock

# Before anything imports TensorFlow or Keras: every number here is compared
# with float64 at 1e-5, which a GPU's matrix units do not keep.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pytest

# Keras is imported where it is used: the process that hands tests out to
# others would wait for it, 5 s, before they begin to.


def pytest_addoption(parser):
    parser.addoption(
        "--large",
        action="store_true",
        help="also run published sizes and long runs",
    )
    parser.addoption(
        "--attention-memory",
        type=float,
        default=None,
        metavar="BYTES",
        help="force attention into chunks: bytes of scores held at a time",
    )
    parser.addoption(
        "--data-dir",
        type=pathlib.Path,
        default=None,
        metavar="DIR",
        help="folder with the real data sets and weights that some tests read",
    )
    parser.addoption(
        "--deepmind-fixtures",
        type=pathlib.Path,
        default=pathlib.Path(__file__).parent / "golden",
        metavar="DIR",
        help="folder with checkpoints, inputs and outputs of the reference "
        "and a manifest.json, laid out as tests/golden",
    )


def pytest_configure(config):
    num_bytes = config.getoption("--attention-memory")
    hands_out = config.getoption("numprocesses", default=None)
    if num_bytes is not None and not hands_out:
        from keras_perceiver import layers

        layers.set_attention_memory(num_bytes)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Gives each process whole files, and one of them all of serving.

    So what a file's tests share is made once, and the exports that those of
    serving share too. `--dist=loadgroup` would do the same by marks, but to
    pytest-xdist 3.8 under pytest 9.2 every test is a group of its own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            is_serving = nodeid.startswith("tests/serving/")
            return "serving" if is_serving else nodeid.partition("::")[0]

    # As they were collected, not those first of which there are most.
    config.option.loadscopereorder = False
    return Together(config, log)


def pytest_collection_modifyitems(config, items):
    # Serving first, being the most, and the quick files of `convert` last, so
    # that all processes end at once.
    def place(item):
        folder = item.nodeid.partition("::")[0].split("/")[1]
        return folder == "serving", folder

    items.sort(key=place, reverse=True)
    if config.getoption("--large"):
        return
    skip = pytest.mark.skip(reason="large: runs with --large only")
    for item in items:
        if item.get_closest_marker("large"):
            item.add_marker(skip)


def pytest_collection_finish():
    # Else every full collection walks what imports have left, 0.4 s.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def quick_collections():
    """Leaves out what other tests have left, seconds each late in a run.

    Keras asks for a full collection at each layer that it quantises.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def data_dir(request):
    """The folder given as `--data-dir`; without it the test is skipped."""
    folder = request.config.getoption("--data-dir")
    if folder is None:
        pytest.skip("reads real data: pass --data-dir DIR")
    if not folder.is_dir():
        pytest.skip(f"--data-dir {folder} is not a folder")
    return folder


@pytest.fixture(autouse=True)
def same_start():
    """The same random numbers for a test, alone or among all others."""
    import keras

    _set_random_seed()
    yield
    # What a test set globally and left must not reach the next.
    keras.config.set_dtype_policy("float32")


# TensorFlow's own generator, and its state when it was seeded.
_seeded = []


def _set_random_seed():
    import keras
    import tensorflow as tf
    from tensorflow.python.eager import context

    generator = getattr(context.context(), "_rng", None)
    if generator and _seeded == [generator, generator.getstate()]:
        # Seeded anew, TensorFlow would make all its kernels again: half of
        # what a test of a layer takes.
        with unittest.mock.patch.object(tf.random, "set_seed"):
            keras.utils.set_random_seed(0)
        return
    keras.utils.set_random_seed(0)
    generator = context.context()._rng
    _seeded[:] = [generator, generator.getstate()]
