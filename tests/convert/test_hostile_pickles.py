"""Pickles that want more than to be read."""

import collections
import copyreg
import importlib
import operator
import os
import pickle
import pickletools
import re
import struct
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver.convert.restricted_pickle import read_deepmind_pickle
from tests.convert.pickles import PARAMS
from tests.convert.pickles import PROTOCOLS
from tests.convert.pickles import refusal
from tests.convert.pickles import written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pickle"


class Call:
    """Pickles as a call of whatever is asked for."""

    def __init__(self, function, *args, state=None):
        self.reduced = (function, args, state)

    def __reduce__(self):
        return self.reduced if self.reduced[2] else self.reduced[:2]


HOSTILE = {
    "posix.system": Call(os.system, "touch {mark}"),
    "builtins.eval": Call(eval, "open('{mark}', 'w')"),
    "builtins.exec": Call(exec, "open('{mark}', 'w')"),
    "builtins.getattr": Call(getattr, "text", "upper"),
    "builtins.open": Call(open, "{mark}", "w"),
    "numpy.load": Call(np.load, "{mark}"),
    "numpy.memmap": Call(np.memmap, "{mark}"),
    "importlib.import_module": Call(importlib.import_module, "x"),
    "collections.Counter": Call(collections.Counter, "aab"),
    "operator.attrgetter": Call(operator.attrgetter, "a"),
    "types.SimpleNamespace": Call(types.SimpleNamespace),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_else_is_called(path, tmp_path, name, protocol):
    mark = tmp_path / "mark"
    reduced = HOSTILE[name].reduced
    args = tuple(arg.replace("{mark}", str(mark)) for arg in reduced[1])
    content = {"module": {"w": Call(reduced[0], *args)}}
    # By the name that the protocol has for it.
    said = refusal(path, pickle.dumps(content, protocol))
    asked = re.search(r"it asks for (\S+)\.", said)
    assert asked, said
    assert asked[1].rpartition(".")[2] == name.rpartition(".")[2]
    assert "do not unpickle it by other means" in said
    assert not mark.exists()


def test_arrays_of_objects_are_refused(path):
    objects = np.array([Call(os.system, "false"), 1], object)
    said = refusal(path, {"module": {"w": objects}})
    assert "it asks for posix.system" in said or "plain numbers" in said
    said = refusal(path, {"module": {"w": np.array([None, 1], object)}})
    assert "a dtype that is not of plain numbers" in said


@pytest.mark.parametrize(
    "array",
    [
        np.array(["text"]),
        np.array([b"bytes"]),
        np.zeros(2, [("a", "f4"), ("b", "f4")]),
        np.array(["2020-01-01"], "datetime64[D]"),
        np.zeros(2, "complex64"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_of_anything_but_numbers_are_refused(path, array):
    said = refusal(path, {"module": {"w": array}})
    assert "a dtype that is not of plain numbers" in said


def assembled(*parts):
    """A pickle written by hand."""
    return b"\x80\x04" + b"".join(parts) + b"."


def pickled(value):
    """What puts a value on the stack."""
    return pickle.dumps(value, 3)[2:-1]


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
NDARRAY = b"cnumpy\nndarray\n"
DTYPE = b"cnumpy\ndtype\n"
F4 = DTYPE + b"(X\x02\x00\x00\x00f4\x89\x88tR"
EMPTY = RECONSTRUCT + b"(" + NDARRAY + b"(K\x00tC\x01btR"


def array_with(shape, data, dtype=F4):
    state = b"(K\x01" + pickled(shape) + dtype + b"\x89" + pickled(data)
    return EMPTY + state + b"tb"


TRICKS = {
    "INST": (b"(X\x01\x00\x00\x00aios\nsystem\n", "opcode INST"),
    "OBJ": (b"(" + NDARRAY + b"o", "opcode OBJ"),
    "NEWOBJ": (NDARRAY + b")\x81", "opcode NEWOBJ"),
    "NEWOBJ_EX": (NDARRAY + b")}\x92", "opcode NEWOBJ_EX"),
    "EXT1": (b"\x82\x01", "opcode EXT1"),
    "EXT4": (b"\x84\x01\x00\x00\x00", "opcode EXT4"),
    "PERSID": (b"Pid\n", "opcode PERSID"),
    "BINPERSID": (b"X\x01\x00\x00\x00aQ", "opcode BINPERSID"),
    "NEXT_BUFFER": (b"\x97", "opcode NEXT_BUFFER"),
    "STRING": (b"S'a'\n", "opcode STRING"),
    "a set": (b"\x8f", "opcode EMPTY_SET"),
    "a global changed": (
        NDARRAY + b"}X\x01\x00\x00\x00aK\x01sb",
        "it changes numpy.ndarray",
    ),
    "slots of a global changed": (
        RECONSTRUCT + b"N}X\x08\x00\x00\x00functionK\x01s\x86b",
        "it changes numpy.core.multiarray._reconstruct",
    ),
    "attributes of a mapping": (
        b"ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00aK\x01sb",
        "it sets attributes of a mapping",
    ),
    "a class called": (NDARRAY + b")R", "it calls numpy.ndarray"),
    "no array reconstructed": (
        RECONSTRUCT + b"(" + DTYPE + b"(K\x00tC\x01btR",
        "reconstructs something that is no array",
    ),
    "a wrong JAX function": (
        b"cjax._src.array\n_reconstruct_array\n("
        b"ccollections\nOrderedDict\n)NNtR",
        "reconstructs something that is no array",
    ),
    "another encoding": (
        b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00utf_8tR",
        "it calls _codecs.encode",
    ),
    "an array given twice": (
        array_with((1,), b"abcd") + array_with((1,), b"abcd")[len(EMPTY) :],
        "an array of an unknown form",
    ),
    "too few bytes": (array_with((10**9,), b"abcd"), "has 4 bytes"),
    "a huge empty array": (array_with((2**62, 2**62, 0), b""), "no whole"),
    "a negative size": (array_with((-1,), b""), "impossible shape"),
    "a size that is no number": (array_with(("a",), b""), "impossible shape"),
    "a shape that is no tuple": (array_with([1], b"abcd"), "is a list"),
    "content that is text": (array_with((1,), "abcd"), "content is a str"),
    "content that is a list": (array_with((1,), [1]), "content is a list"),
    "no dtype": (array_with((1,), b"abcd", b"N"), "without a dtype"),
    "a far memo": (b"Nr\xff\xff\xff\x7f", "memorises under the number"),
    "a long claim": (
        b"\x8e" + struct.pack("<Q", 2**40) + b"abc",
        "no whole pickle",
    ),
    "a long frame": (b"\x95" + struct.pack("<Q", 2**40) + b"N", "no whole"),
    "a long number": (b"L" + b"9" * 5000 + b"L\n", "no whole pickle"),
    "what follows": (b"N.abc", "bytes follow its end"),
    "an unknown opcode": (b"\xff", "no whole pickle"),
    "an empty stack": (b"", "no whole pickle"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_are_refused(path, name):
    content, reason = TRICKS[name]
    assert reason in refusal(path, assembled(content))


def test_one_may_not_have_millions_of_parts(path):
    said = refusal(path, assembled(b"N0" * 600_000 + b"N"))
    assert "more than 1,000,000 opcodes" in said


def test_nesting_in_itself_ends(path):
    content = {}
    content["module"] = content
    assert "is nested wrongly" in refusal(path, content)
    deep = b"(" * 100_000 + b"t" * 100_000
    assert "holds a tuple" in refusal(path, assembled(deep))


def test_no_reading_changes_the_extension_registry(path):
    """What others registered is still out of reach."""
    copyreg.add_extension("os", "system", 0x7F)
    try:
        assert "opcode EXT1" in refusal(path, assembled(b"\x82\x7f"))
    finally:
        copyreg.remove_extension("os", "system", 0x7F)


GOOD = pickle.dumps(PARAMS, 4)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(2, len(GOOD) - 1), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    )
)
def test_changed_bytes_are_read_or_refused(tmp_path_factory, changes):
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    assert_read_or_refused(tmp_path_factory, bytes(content))


OPCODES = [opcode.code.encode("latin1") for opcode in pickletools.opcodes]
PIECES = [
    *OPCODES,
    *(RECONSTRUCT, NDARRAY, F4, EMPTY, array_with((1,), b"abcd")),
    b"ccollections\nOrderedDict\n",
    b"cos\nsystem\n",
    b"X\x01\x00\x00\x00a",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_assembled_pieces_are_read_or_refused(tmp_path_factory, pieces):
    assert_read_or_refused(tmp_path_factory, assembled(*pieces))


def assert_read_or_refused(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("fuzz") / "weights", content)
    said, modules = str(path), {}
    try:
        params, state = read_deepmind_pickle(path)
        modules = {**params, **state}
    except ValueError as error:
        said = str(error)
    assert str(path) in said
    for arrays in modules.values():
        for array in arrays.values():
            assert type(array) is np.ndarray


def test_the_pieces_are_what_they_claim(path):
    """Or the tricks above would be refused for another reason."""
    array = array_with((2,), b"abcdefgh")
    whole = (b"}", pickled("module"), b"}", pickled("w"), array, b"ss")
    params, _ = read_deepmind_pickle(written(path, assembled(*whole)))
    assert params["module"]["w"].tobytes() == b"abcdefgh"
