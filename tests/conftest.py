"""Options and surroundings of all tests."""

import os
import pathlib

# Before anything imports TensorFlow or Keras: every number here is compared
# with float64 at 1e-5, which a GPU's matrix units do not keep.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import pytest

from keras_perceiver import layers


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
    if num_bytes is not None:
        layers.set_attention_memory(num_bytes)


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        # What a file's tests share is made once, if one process of xdist has
        # them all; so are the exports that several files share.
        shares = "exports" in getattr(item, "fixturenames", ())
        group = "exports" if shares else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
    if config.getoption("--large"):
        return
    skip = pytest.mark.skip(reason="large: runs with --large only")
    for item in items:
        if item.get_closest_marker("large"):
            item.add_marker(skip)


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
    keras.utils.set_random_seed(0)
    yield
    # What a test set globally and left must not reach the next.
    keras.config.set_dtype_policy("float32")
