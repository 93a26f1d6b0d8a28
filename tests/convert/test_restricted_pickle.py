"""Pickles of weights: what is read, and what is refused."""

import collections
import os
import pickle
import sys
import types

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from keras_perceiver.convert.restricted_pickle import read_deepmind_pickle
from tests.convert.pickles import PARAMS
from tests.convert.pickles import PROTOCOLS
from tests.convert.pickles import refusal
from tests.convert.pickles import written


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for module, arrays in expected.items():
        assert found[module].keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[module][name], array)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pickle"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_is_read(path, protocol):
    written(path, pickle.dumps(PARAMS, protocol))
    params, state = read_deepmind_pickle(path)
    assert_same(params, PARAMS)
    assert state == {}
    assert type(params) is dict
    assert type(params["norm"]["scale"]) is np.ndarray


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6, dtype="float32").reshape(2, 3)),
        np.arange(6, dtype=">f4"),
        np.arange(6, dtype="float16"),
        np.arange(6, dtype="float64"),
        np.arange(6).astype(ml_dtypes.bfloat16),
        np.array(7, "int32"),
        np.float32(7),
        np.zeros((3, 0), "float32"),
        np.array([True, False]),
        jnp.arange(3.0),
        jnp.ones((2, 2), jnp.bfloat16),
    ],
    ids=lambda array: f"{type(array).__name__}-{array.dtype}-{array.shape}",
)
def test_every_kind_of_array_is_read(path, protocol, array):
    written(path, pickle.dumps({"module": {"w": array}}, protocol))
    params, _ = read_deepmind_pickle(path)
    found = params["module"]["w"]
    assert found.shape == array.shape
    assert found.dtype.isnative
    assert found.dtype.name == np.dtype(array.dtype).name
    np.testing.assert_array_equal(
        found.astype("float64"), np.asarray(array).astype("float64")
    )


def test_parameters_and_state_are_told_apart(path):
    state = {"norm/~/mean_ema": {"average": np.ones(2), "counter": np.int32(3)}}
    written(path, {"params": PARAMS, "state": state})
    params, found = read_deepmind_pickle(path)
    assert_same(params, PARAMS)
    assert_same(found, state)
    written(path, {"params": PARAMS, "state": {}})
    assert read_deepmind_pickle(path)[1] == {}
    written(path, {"params": PARAMS})
    assert_same(read_deepmind_pickle(path)[0], PARAMS)


def flat_mapping_class(name, monkeypatch):
    """A class that pickles as Haiku's does, where there is no Haiku."""

    class Mapping(dict):
        def __reduce__(self):
            return type(self), (dict(self),)

    Mapping.__name__ = Mapping.__qualname__ = name
    Mapping.__module__ = "haiku._src.data_structures"
    module = types.ModuleType(Mapping.__module__)
    setattr(module, name, Mapping)
    for part in ("haiku", "haiku._src"):
        monkeypatch.setitem(sys.modules, part, types.ModuleType(part))
    monkeypatch.setitem(sys.modules, Mapping.__module__, module)
    return Mapping


@pytest.mark.parametrize("name", ["FlatMapping", "FlatMap", "frozendict"])
def test_the_mappings_of_haiku_need_no_haiku(path, monkeypatch, name):
    with monkeypatch.context() as patch:
        mapping = flat_mapping_class(name, patch)
        inner = {module: mapping(PARAMS[module]) for module in PARAMS}
        written(path, mapping(inner))
    assert "haiku" not in sys.modules
    assert_same(read_deepmind_pickle(path)[0], PARAMS)
    assert "haiku" not in sys.modules


def test_ordered_dictionaries_are_read(path):
    ordered = collections.OrderedDict(PARAMS)
    written(path, ordered)
    assert_same(read_deepmind_pickle(path)[0], PARAMS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([PARAMS], "holds a list"),
        (np.ones(3), "holds a PickledArray"),
        ({"w": np.ones(3)}, "a mapping of arrays for module 'w'"),
        ({"module": {"inner": {"w": np.ones(3)}}}, "module/inner is a"),
        ({"module": {"w": [1.0, 2.0]}}, "module/w is a list"),
        ({"module": {"w": None}}, "module/w is a NoneType"),
        ({"module": {3: np.ones(3)}}, "a name that is no text but a int"),
        ({3: {"w": np.ones(3)}}, "a name that is no text but a int"),
        ({"params": np.ones(3), "state": {}}, "a mapping of modules"),
        ({"params": PARAMS, "state": {"w": np.ones(3)}}, "for module 'w'"),
    ],
)
def test_another_nesting_is_told(path, content, said):
    assert said in refusal(path, content)


def test_a_file_that_is_cut_off_is_told(path):
    content = pickle.dumps(PARAMS)
    for length in range(1, len(content), 7):
        assert "is no whole pickle" in refusal(path, content[:length])


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        read_deepmind_pickle(tmp_path / "absent")
    with pytest.raises(OSError, match="is a folder"):
        read_deepmind_pickle(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is a device or pipe"):
        read_deepmind_pickle(tmp_path / "pipe")
    empty = written(tmp_path / "empty", b"")
    with pytest.raises(ValueError, match="is empty"):
        read_deepmind_pickle(empty)


def test_links_are_followed_and_named(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(written(tmp_path / "weights", PARAMS))
    assert_same(read_deepmind_pickle(link)[0], PARAMS)
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"a link to .*nowhere"):
        read_deepmind_pickle(broken)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        read_deepmind_pickle(loop)


def test_what_is_too_large_is_not_opened(path):
    said = refusal(path, PARAMS, max_bytes=100)
    assert "Received: max_bytes=100. Pass a larger max_bytes" in said
    with path.open("wb") as file:
        file.truncate(5 * 10**9)
    with pytest.raises(ValueError, match="5,000,000,000 bytes"):
        read_deepmind_pickle(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"PK\x03\x04rest", "Pass the folder"),
    ],
)
def test_what_often_lies_in_its_place_is_recognised(path, content, said):
    assert said in refusal(path, content)
