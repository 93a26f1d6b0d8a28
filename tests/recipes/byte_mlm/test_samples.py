import types

import numpy as np
import pytest

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.tasks.fill_mask import FilledText
from keras_perceiver.tasks.fill_mask import FillMask
from recipes.byte_mlm import samples
from tests.tiny_models import tiny_language

LENGTH = 16


@pytest.fixture(scope="module")
def task():
    """Fills every mask with `x`, and likes `y` next."""
    model = tiny_language(max_length=LENGTH)
    model.get_layer("token_embedding").embeddings.assign(np.zeros((262, 16)))
    bias = np.zeros(262, "float32")
    bias[[ord("x") + NUM_SPECIAL_TOKENS, ord("y") + NUM_SPECIAL_TOKENS]] = 20, 9
    model.get_layer("logits").bias.assign(bias)
    return FillMask(model, top_k=2, max_masks=LENGTH - 1)


def held_out(*examples):
    """Data whose held-out examples are texts, masked where `#` stands."""
    masked_ids = np.full((len(examples), LENGTH), PAD, np.int32)
    token_ids = masked_ids.copy()
    for row, (text, marks) in enumerate(examples):
        values = np.array(list(text)) + NUM_SPECIAL_TOKENS
        hidden = np.array([mark == "#" for mark in marks.ljust(len(text))])
        token_ids[row, : len(text)] = values
        masked_ids[row, : len(text)] = np.where(hidden, MASK, values)
    examples = masked_ids, token_ids, masked_ids == MASK
    return types.SimpleNamespace(heldout_examples=lambda: examples)


def filled(task, *examples):
    text = samples.filled_examples(task, held_out(*examples))
    blocks = text.strip().split("\n\n")
    for block in blocks:
        titles = [line[:8] for line in block.splitlines()]
        assert titles == ["masked  ", "filled  ", "text    "]
    return [
        [line[8:] for line in block.splitlines()]
        for block in blocks
    ]  # fmt: skip


def test_shows_each_example_masked_filled_and_as_it_was(task):
    shown = filled(
        task,
        (b"the end", "    ###"),
        (b"a short one", "# #####"),
        (b"0123456789abcde.", "#" * (LENGTH - 1)),
    )
    assert shown == [
        ["the ___", "the xxx", "the end"],
        ["_ _____ one", "x xxxxx one", "a short one"],
        ["_" * 15 + ".", "x" * 15 + ".", "0123456789abcde."],
    ]


def test_examples_without_a_mask_are_left_out(task):
    shown = filled(task, (b"nothing", ""), (b"all", "###"))
    assert shown == [["___", "xxx", "all"]]
    nothing = held_out((b"nothing", ""))
    assert samples.filled_examples(task, nothing).strip() == ""


def test_examples_with_more_masks_than_are_answered_are_left_out(task):
    too_many = (b"0123456789abcdef", "#" * LENGTH)
    assert filled(task, too_many, (b"all", "###")) == [["___", "xxx", "all"]]


def test_there_are_eight_of_them(task):
    texts = [(f"number {i}".encode(), "######") for i in range(12)]
    shown = filled(task, *texts)
    assert [lines[2] for lines in shown] == [f"number {i}" for i in range(8)]


def test_each_stays_on_its_line(task):
    text = b"a\r\n\tb\xff\xc3 \xc3\xa9 c"
    shown = filled(task, (text, "".ljust(len(text) - 1) + "#"))
    whole = "a\\r\\n\\tb\ufffd\ufffd é c"
    assert shown == [[whole[:-1] + "_", whole[:-1] + "x", whole]]


def test_bytes_that_would_move_the_cursor_are_written_out(task):
    controls = [b"\x0b", b"\x0c", b"\x1b", b"\x7f", b"\x00"]
    texts = [(b"a" + control + b"b c", "    #") for control in controls]
    for lines in filled(task, *texts):
        assert all(line.isprintable() for line in lines)


def test_what_reads_like_a_mask_is_text(task):
    starts = ["[MASK] and ", "\\[MASK] is ", "[MASK:3] ", "[MASK:999] "]
    texts = [
        ((start + "c").encode(), " " * len(start) + "#") for start in starts
    ]
    assert filled(task, *texts) == [
        [start + "_", start + "x", start + "c"] for start in starts
    ]


def test_answer_joins_the_words_and_describes_each_byte(task):
    text = samples.answer(task, ["the", "[MASK:2]", "of"])
    assert text.splitlines() == [
        "the xx of",
        "  byte 4: 'x' 100%  'y' 0%",
        "  byte 5: 'x' 100%  'y' 0%",
    ]


def test_describe_writes_any_byte_for_people():
    described = samples.describe(
        FilledText(
            filled_bytes="é ".encode() + b"\xff",
            mask_positions=[1, 3],
            top_bytes=[[b"\xa9", b"\n"], [b"\xff", b"'"]],
            top_probabilities=[[0.75, 0.125], [0.5, 0.004]],
        )
    )
    assert described.splitlines() == [
        "é \ufffd",
        "  byte 1: '\ufffd' 75%  '\\n' 12%",
        "  byte 3: '\ufffd' 50%  \"'\" 0%",
    ]
