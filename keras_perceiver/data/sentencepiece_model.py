"""SentencePiece model files: trained on a text, or from strangers.

Needs the extra `text`.
"""

import io
import pathlib
import re
import tempfile

import numpy as np
from google.protobuf.message import DecodeError

from keras_perceiver import errors

# The largest vocabularies in use, of 250,000 pieces, take about 5 MB; and a
# model folder keeps the file within 10 MB of JSON.
LARGEST_FILE_BYTES = 6 * 2**20
_LIBRARY = "sentencepiece"
_BLANK = "▁"
# Threads add up in their order, so that their number decides the last bits.
_NUM_THREADS = 4
_LONGEST_LINE = 2**20
# U+2581 becomes a blank, which it stands for anyway: without any rule,
# every graph that tokenizes would say so on standard error.
_RULES = "2581\t20\n"


def train_model(text, num_pieces):
    """Trains a unigram model with an own piece for every byte.

    The same text gives the same file. No text is normalised: pieces spell it
    as it is, blanks included, and what they do not know byte by byte.

    Args:
        text: bytes; what is no UTF-8 in it is not learned from.
        num_pieces: the exact number of pieces.

    Returns:
        The content of a model file.

    Raises:
        ImportError: if sentencepiece is not installed.
        ValueError: if the text does not give as many pieces, or more.
    """
    library = _library()
    lines = text.decode(errors="replace").split("\n")
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text(_RULES)
        try:
            library.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=content,
                vocab_size=num_pieces,
                model_type="unigram",
                byte_fallback=True,
                character_coverage=1.0,
                normalization_rule_tsv=str(rules),
                remove_extra_whitespaces=False,
                add_dummy_prefix=False,
                unk_id=0,
                bos_id=-1,
                eos_id=-1,
                pad_id=-1,
                max_sentence_length=_LONGEST_LINE,
                num_threads=_NUM_THREADS,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise ValueError(
                f"A text of {len(text):,} bytes gives no {num_pieces:,} "
                f"pieces: {_reason(error)}"
            ) from None
    model = _protos().ModelProto.FromString(content.getvalue())
    # A folder of this one run.
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    return model.SerializeToString(deterministic=True)


def _reason(error):
    """What of the library's words is for people."""
    limit = re.search(r"<= (\d+)", str(error))
    if limit:
        return f"it gives {int(limit[1]):,} at most."
    return str(error).rpartition("]")[2].strip() or str(error)


def parse_model(content):
    """Reads a SentencePiece model file without trusting it.

    Args:
        content: its bytes.

    Returns:
        The library's `ModelProto`.

    Raises:
        ImportError: if sentencepiece is not installed.
        ValueError: if it is too large, no such file, or of no use; the
            message says why.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise ValueError(
            f"A SentencePiece model has at most {LARGEST_FILE_BYTES:,} bytes. "
            f"Received: {len(content):,}"
        )
    library = _library()
    model = _protos().ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise ValueError(_no_model(content)) from None
    if not model.pieces:
        raise ValueError(_no_model(content))
    _check_pieces(model)
    _check_rules(model.normalizer_spec.precompiled_charsmap)
    _check_rules(model.denormalizer_spec.precompiled_charsmap)
    try:
        library.SentencePieceProcessor(model_proto=content)
    except RuntimeError as error:
        raise ValueError(
            f"This SentencePiece model cannot be used: {_reason(error)}"
        ) from None
    return model


def _library():
    library = errors.import_extra(_LIBRARY, "text")
    library.set_min_log_level(2)
    return library


def _protos():
    return errors.import_extra(f"{_LIBRARY}.sentencepiece_model_pb2", "text")


def _no_model(content):
    return (
        "This is no SentencePiece model. Wanted: the file `NAME.model` that "
        "its trainer writes. Received: "
        f"{len(content):,} bytes that begin with {content[:16]!r}"
    )


def _check_pieces(model):
    scores = np.array([piece.score for piece in model.pieces])
    if not np.all(np.isfinite(scores)):
        raise ValueError(
            "The scores of a SentencePiece model are finite numbers. "
            f"Received: {np.count_nonzero(~np.isfinite(scores)):,} of "
            f"{len(scores):,} that are not"
        )
    # The library maps pieces to ids, so none may come twice.
    names = {piece.piece for piece in model.pieces}
    if len(names) < len(scores) or "" in names:
        raise ValueError(
            "The pieces of a SentencePiece model differ, and none is empty. "
            f"Received: {len(names - {''}):,} different among {len(scores):,}"
        )
    unknown = sum(piece.type == piece.UNKNOWN for piece in model.pieces)
    if unknown != 1:
        raise ValueError(
            "One piece of a SentencePiece model stands for what is unknown. "
            f"Received: {unknown} such pieces"
        )
    if any(
        piece.type == piece.BYTE and not _is_byte(piece.piece)
        for piece in model.pieces
    ):
        raise ValueError(
            "A byte of a SentencePiece model is written as <0x00> to <0xFF>."
        )


def _is_byte(name):
    return re.fullmatch(r"<0x[0-9A-F]{2}>", name) is not None


def _check_rules(charsmap):
    """Raises `ValueError` where rules of normalisation lead out of memory.

    They are a trie of 32-bit units and the strings that it leads to. The
    library follows it wherever it leads.
    """
    if not charsmap:
        return
    size = int.from_bytes(charsmap[:4], "little")
    strings = charsmap[4 + size :]
    wrong = (
        len(charsmap) < 4 + size
        or not size
        or size % 1024
        or not strings.endswith(b"\0")
    )
    if not wrong:
        units = np.frombuffer(charsmap[4 : 4 + size], "<u4").astype(np.int64)
        is_value = units >> 31 > 0
        # Of a unit's children, each is within the block of 256 of the first.
        offsets = (units >> 10) << ((units & 2**9) >> 6)
        children = (np.arange(len(units)) ^ offsets) | 255
        values = units[is_value] & (2**31 - 1)
        wrong = np.any(children[~is_value] >= len(units)) or np.any(
            values >= len(strings)
        )
    if wrong:
        raise ValueError(
            "The rules by which this SentencePiece model normalises text are "
            "damaged. Take the file from where it was trained."
        )


def piece_bytes(model):
    """Returns what each piece of a `ModelProto` stands for, as bytes.

    Pieces that stand for no text, such as `<s>`, are empty.
    """
    return [_bytes_of(piece) for piece in model.pieces]


def _bytes_of(piece):
    if piece.type == piece.BYTE:
        return bytes([int(piece.piece[3:5], 16)])
    if piece.type in (piece.CONTROL, piece.UNKNOWN):
        return b""
    return piece.piece.replace(_BLANK, " ").encode()
