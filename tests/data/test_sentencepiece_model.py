"""SentencePiece models, our own and those of strangers."""

import math

import numpy as np
import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_perceiver.data import sentencepiece_model
from keras_perceiver.data.sentencepiece_model import parse_model
from keras_perceiver.data.sentencepiece_model import piece_bytes
from keras_perceiver.data.sentencepiece_model import train_model
from tests.vocabularies import NUM_PIECES
from tests.vocabularies import TEXT
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model


def test_one_text_gives_one_file_of_that_many_pieces():
    assert train_model(TEXT.encode(), NUM_PIECES) == small_model()
    assert len(parse_model(small_model()).pieces) == NUM_PIECES
    other = train_model(TEXT.replace("defined", "given").encode(), 290)
    assert len(parse_model(other).pieces) == 290


def test_every_byte_has_a_piece():
    known = piece_bytes(parse_model(small_model()))
    assert {bytes([value]) for value in range(256)} <= set(known)
    assert b" statement" in known
    # The unknown piece stands for nothing.
    assert known[0] == b""


def test_the_library_reads_what_was_trained():
    library = sentencepiece.SentencePieceProcessor(model_proto=small_model())
    assert library.vocab_size() == NUM_PIECES
    assert library.decode(library.encode(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("num_pieces", "said"), [(5_000, "at most"), (100, "gives no 100 pieces")]
)
def test_a_number_that_cannot_be_is_told(num_pieces, said):
    with pytest.raises(ValueError, match=said) as error:
        train_model(TEXT.encode(), num_pieces)
    assert f"{len(TEXT):,} bytes gives no {num_pieces:,}" in str(error.value)


def changed(content, change):
    """A model file with something else in it."""
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(content)
    change(model)
    return model.SerializeToString()


def test_what_is_no_model_is_told():
    for content in (b"", b"garbage", small_model()[:-3], b"\x1a\x00"):
        with pytest.raises(ValueError, match=r"no SentencePiece model|cannot"):
            parse_model(content)
    with pytest.raises(ValueError, match="begin with b'a PDF file'"):
        parse_model(b"a PDF file")


def test_a_file_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(sentencepiece_model, "LARGEST_FILE_BYTES", 1_000)
    with pytest.raises(ValueError, match=r"at most 1,000 bytes\. Received: "):
        parse_model(small_model())


def set_score(model):
    model.pieces[7].score = math.nan


def repeat_piece(model):
    model.pieces[-1].piece = model.pieces[-2].piece


def misname_byte(model):
    model.pieces[5].piece = "<0xZZ>"


def forget_unknown(model):
    model.pieces[0].type = model.pieces[0].NORMAL


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_score, "finite numbers"),
        (repeat_piece, "pieces of a SentencePiece model differ"),
        (misname_byte, "<0x00> to <0xFF>"),
        (forget_unknown, "stands for what is unknown"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        parse_model(changed(small_model(), change))


def rules(change):
    """Puts other rules of normalisation in."""

    def into(model):
        spec = model.normalizer_spec
        units = bytearray(spec.precompiled_charsmap)
        change(units)
        spec.precompiled_charsmap = bytes(units)

    return into


def lead_out(units):
    """The root's children lie far behind the end."""
    units[4:8] = np.array([(2**21 - 1) << 10], "<u4").tobytes()


def value_out(units):
    """A value that is no place among the strings."""
    size = int.from_bytes(units[:4], "little")
    trie = np.frombuffer(bytes(units[4 : 4 + size]), "<u4").copy()
    trie[np.flatnonzero(trie >> 31)[0]] = 2**32 - 1
    units[4 : 4 + size] = trie.tobytes()


def unfinished(units):
    units[-1] = ord("x")


def longer_than_it_is(units):
    units[:4] = (2**30).to_bytes(4, "little")


@pytest.mark.parametrize(
    "change", [lead_out, value_out, unfinished, longer_than_it_is]
)
def test_rules_that_lead_out_of_memory_are_refused(change):
    """The library would follow them."""
    content = normalising_model()
    assert len(parse_model(content).normalizer_spec.precompiled_charsmap) > 1000
    with pytest.raises(ValueError, match="rules by which"):
        parse_model(changed(content, rules(change)))
