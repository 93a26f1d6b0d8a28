import hashlib
import math
from pydoc_data import topics

import numpy as np
import pytest

from recipes.byte_mlm import baselines
from recipes.byte_mlm.baselines import measure
from recipes.byte_mlm.context_table import EDGE
from recipes.byte_mlm.context_table import MASK
from recipes.byte_mlm.context_table import REACH
from recipes.byte_mlm.context_table import Contexts
from recipes.byte_mlm.context_table import ContextTable
from recipes.byte_mlm.context_table import find_contexts
from recipes.byte_mlm.context_table import join_windows

MASK_ID = 3
WHITESPACE = list(b" \t\n\r\v\f")
TABLES = ["context_1_byte", "context_2_bytes", "context_3_bytes"]


def as_text(data):
    return np.frombuffer(data, np.uint8)


def hide(windows, masked_words):
    """Ids of `windows`, where those at a `#` are masked."""
    token_ids = np.array([list(window) for window in windows]) + 6
    is_masked = np.array([list(mask) for mask in masked_words]) == ord("#")
    masked_ids = np.where(is_masked, MASK_ID, token_ids)
    return masked_ids.astype(np.int32), token_ids.astype(np.int32), is_masked


def mask_words(data, length, seed):
    """Cuts `data` into windows and masks 15% of the words."""
    symbols = as_text(data)[: len(data) // length * length]
    token_ids = symbols.reshape(-1, length).astype(np.int32) + 6
    in_word = ~np.isin(token_ids - 6, WHITESPACE)
    is_start = in_word & ~np.pad(in_word, ((0, 0), (1, 0)))[:, :-1]
    numbers = np.cumsum(is_start).reshape(token_ids.shape)
    draws = np.random.default_rng(seed).random(numbers.max() + 1) < 0.15
    is_masked = in_word & draws[numbers]
    return np.where(is_masked, MASK_ID, token_ids), token_ids, is_masked


def random_contexts(size, symbols, seed=0):
    generator = np.random.default_rng(seed)
    distances = generator.integers(0, 32, (2, size))
    sides = generator.choice(symbols, (2, REACH, size)).astype(np.int16)
    return Contexts(distances, np.arange(size), sides)


@pytest.mark.parametrize("reach", [1, 2, 3])
@pytest.mark.parametrize("asked", [True, False])
def test_probabilities_of_all_bytes_sum_to_one(reach, asked):
    letters = list(b"abc .\n")
    text = np.random.default_rng(1).choice(letters, 20_000).astype(np.uint8)
    contexts = random_contexts(500, [*letters, 0, 255, EDGE, MASK])
    contexts.distances[:] %= 4
    known = contexts if asked else contexts[:1]
    table = ContextTable(text, 100, known)
    probabilities = table.probabilities(contexts, reach)
    assert probabilities.shape == (500, 256)
    assert probabilities.min() > 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)


def test_unigram_by_hand():
    # Whitespace is never masked, so it is not counted: a, a, b of three.
    text = as_text(b"a\n a\tb\r \v\f")
    arrays = hide([b"a b z"], [b"# # #"])
    measures = measure(text, *arrays)
    expected = -(math.log(3 / 259) + math.log(2 / 259) + math.log(1 / 259)) / 3
    assert measures["unigram"].nats == pytest.approx(expected)
    assert measures["unigram"].accuracy == pytest.approx(1 / 3)
    assert measures["most_frequent_byte"].nats is None
    assert measures["most_frequent_byte"].accuracy == pytest.approx(1 / 3)
    assert "b'a'" in measures["most_frequent_byte"].description


def test_names_kinds_and_descriptions():
    measures = measure(as_text(b"ab " * 50), *hide([b"ab ab"], [b"## .."]))
    assert {name: each.kind for name, each in measures.items()} == {
        "most_frequent_byte": "baseline",
        "unigram": "baseline",
        "context_1_byte": "baseline",
        "context_2_bytes": "reference",
        "context_3_bytes": "reference",
    }
    for each in measures.values():
        assert "counted on 150 bytes" in each.description
        assert type(each.accuracy) is float


def test_certain_text_costs_nothing():
    measures = measure(
        as_text(b"abc " * 5000), *mask_words(b"abc " * 200, 80, seed=0)
    )
    assert measures["unigram"].nats == pytest.approx(math.log(3), rel=0.05)
    for name in TABLES:
        assert measures[name].accuracy == 1
        assert measures[name].nats < 0.01


@pytest.mark.parametrize(("reach", "first_word"), [(2, b"%b"), (3, b"%bk")])
def test_each_table_sees_just_so_far(reach, first_word):
    # The second word of a line follows from the first letter of the first,
    # which is `reach` bytes to its left, and from nothing nearer.
    pairs = [(b"x", b"p"), (b"y", b"q")]
    choices = np.random.default_rng(0).integers(0, 2, 5000)
    lines = [
        first_word % pairs[i][0] + b" " + pairs[i][1] + b"\n" for i in choices
    ]
    text = as_text(b"".join(lines[:4500]))
    mask = b"." * (reach - 1) + b" #\n"
    arrays = hide(lines[4500:], [mask] * 500)
    measures = measure(text, *arrays)
    for i, name in enumerate(TABLES, start=1):
        if i < reach:
            assert measures[name].nats == pytest.approx(math.log(2), abs=0.05)
        else:
            assert measures[name].nats < 0.15
            assert measures[name].accuracy == 1


def test_masked_neighbours_are_known_contexts():
    # Only b is between words of one letter. As those are masked in what is
    # asked, only occurrences counted with masked neighbours can tell.
    generator = np.random.default_rng(0)
    words = np.array([b"aa x b p ccc ", b"aa x b p ccc ", b"aa y b q ccc "])
    text = as_text(b"".join(generator.permutation(np.tile(words, 1000))))
    symbols = join_windows(np.array([[98, 32, MASK, 32, MASK, 32, MASK, 32]]))
    contexts = find_contexts(symbols, symbols == MASK)
    table = ContextTable(text, 400, contexts)
    probabilities = table.probabilities(contexts, 3)
    assert probabilities[1, ord("b")] > 0.8


def test_contexts_at_masks_and_edges():
    window = [MASK, MASK, 32, 97, 32, MASK, 32, MASK, 98]
    symbols = join_windows(np.array([window, window[::-1]]))
    contexts = find_contexts(symbols, symbols == MASK)
    np.testing.assert_array_equal(
        contexts.distances,
        [[0, 1, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 1, 0]],
    )
    np.testing.assert_array_equal(contexts.word, [0, 0, 1, 2, 3, 4, 5, 5])
    left, right = contexts.sides[:, :, contexts.word]
    np.testing.assert_array_equal(left[:, 0], [EDGE, EDGE, EDGE])
    np.testing.assert_array_equal(right[:, 1], [32, 97, 32])
    np.testing.assert_array_equal(left[:, 2], [32, 97, 32])
    np.testing.assert_array_equal(right[:, 2], [32, MASK, 98])
    np.testing.assert_array_equal(left[:, 3], [32, MASK, 32])
    np.testing.assert_array_equal(right[:, 3], [98, EDGE, EDGE])
    np.testing.assert_array_equal(left[:, 4], [98, EDGE, EDGE])
    np.testing.assert_array_equal(right[:, 7], [EDGE, EDGE, EDGE])


def test_contexts_match_a_plain_loop():
    generator = np.random.default_rng(0)
    windows = generator.choice([97, 98, 32, MASK, MASK], (20, 60))
    symbols = join_windows(windows)
    contexts = find_contexts(symbols, symbols == MASK)
    i = 0
    for window in windows:
        padded = [EDGE] * 3 + window.tolist() + [EDGE] * 3
        for position in np.flatnonzero(np.array(padded) == MASK):
            left = right = position
            while padded[left - 1] == MASK:
                left -= 1
            while padded[right + 1] == MASK:
                right += 1
            assert contexts.distances[0, i] == position - left
            assert contexts.distances[1, i] == right - position
            sides = contexts.sides[:, :, contexts.word[i]].tolist()
            assert sides[0] == padded[left - 3 : left][::-1]
            assert sides[1] == padded[right + 1 : right + 4]
            i += 1
    assert i == len(contexts.word)


def test_a_word_cut_by_the_edge_is_a_context_of_its_own():
    # Whole, every word starts with "a"; at the edge, it starts with "b".
    text = as_text(b"abab " * 4000)
    arrays = hide([b"b abab abab abab abab"], [b"# .... .... .... ...."])
    measures = measure(text, *arrays)
    for name in TABLES:
        assert measures[name].accuracy == 1
        assert measures[name].nats < 0.2


def test_other_special_ids_are_edges():
    # A letter alone is the end of a word at the left edge, else the start.
    token_ids = np.array([[1, *b"b abab abab a", 0, 0]])
    token_ids[:, 1:-2] += 6
    is_masked = np.zeros(token_ids.shape, bool)
    is_masked[:, [1, -3]] = True
    masked_ids = np.where(is_masked, MASK_ID, token_ids)
    text = as_text(b"abab " * 4000)
    measures = measure(text, masked_ids, token_ids, is_masked)
    for name in TABLES:
        assert measures[name].accuracy == 1
        assert measures[name].nats < 0.2


def test_what_was_not_asked_for_was_never_seen():
    text = as_text(b"abcdefghij " * 900 + b"abc " * 300)
    asked = random_contexts(1, [32])
    asked.distances[:] = 0
    unasked = Contexts(np.full((2, 1), 20), asked.word, asked.sides)
    table = ContextTable(text, 100, asked)
    for reach in range(1, REACH + 1):
        probabilities = table.probabilities(unasked, reach)
        np.testing.assert_array_equal(probabilities[0], table.unigram)


def test_the_slice_for_tuning_is_counted_as_well():
    text = as_text(b"abc " * 9000 + b"vwxyz " * 600)
    arrays = hide([b"abc vwxyz abc"], [b"....#####...."])
    measures = measure(text, *arrays)
    for name in TABLES:
        assert measures[name].accuracy == 1


def test_true_bytes_under_other_masks_change_nothing():
    text = as_text(b"the cat sat on the mat and the dog sat on it " * 200)
    masked_ids, token_ids, is_masked = hide(
        [b"the cat sat on the mat"], [b"### ... ### .. ### ..."]
    )
    is_masked[:, :8] = False
    is_masked[:, 12:] = False
    expected = measure(text, masked_ids, token_ids, is_masked)
    changed = np.where(masked_ids == MASK_ID, ord("~") + 6, token_ids)
    token_ids = np.where(is_masked, token_ids, changed).astype(np.int32)
    assert measure(text, masked_ids, token_ids, is_masked) == expected


def test_counts_no_more_than_the_maximum(monkeypatch):
    arrays = hide([b"ab ab"], [b"## .."])
    expected = measure(as_text(b"ab " * 100), *arrays)
    monkeypatch.setattr(baselines, "MAXIMUM_BYTES", 300)
    measures = measure(as_text(b"ab " * 100 + b"zz " * 900), *arrays)
    for name, each in measures.items():
        assert each.nats == expected[name].nats
        assert "300 bytes, the first of 3,000" in each.description


@pytest.mark.parametrize("data", [b"", b"a", b" ", b"one two"])
def test_hardly_any_text_is_enough(data):
    measures = measure(as_text(data), *hide([b"ab cd"], [b"## .."]))
    for name in ["unigram", *TABLES]:
        assert math.isfinite(measures[name].nats)


def test_blocks_add_up(monkeypatch):
    data = b"".join(b"word%d text " % (i % 37) for i in range(2000))
    arrays = mask_words(data[:3000], 50, seed=0)
    expected = measure(as_text(data), *arrays)
    monkeypatch.setattr("recipes.byte_mlm.context_table._BLOCK_BYTES", 1000)
    assert measure(as_text(data), *arrays) == expected


def test_more_context_helps_on_english():
    parts = {True: [], False: []}
    for name, text in sorted(topics.topics.items()):
        digest = hashlib.sha256(name.encode()).hexdigest()
        parts[int(digest, 16) % 10 == 0].append(text.encode())
    training, heldout = (b"\n\n".join(parts[side]) for side in [False, True])
    measures = measure(as_text(training), *mask_words(heldout, 256, seed=0))
    nats = [measures[name].nats for name in ["unigram", *TABLES]]
    assert nats == sorted(nats, reverse=True)
    # Pythons differ in their topics, so only about.
    np.testing.assert_allclose(nats, [3.4, 2.9, 2.6, 2.35], atol=0.25)
    accuracies = [measures[name].accuracy for name in ["unigram", *TABLES]]
    assert accuracies == sorted(accuracies)


GOOD = hide([b"ab ab"], [b"## .."])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({0: np.zeros(3, np.int32)}, r"training text is one row of uint8"),
        ({1: GOOD[0][:, :-1]}, r"all of one shape"),
        ({3: np.zeros((1, 5), bool)}, r"Something must be masked"),
        ({3: GOOD[2].astype(int)}, r"Something must be masked"),
        ({1: GOOD[1]}, r"Masked bytes must be id 3"),
        ({2: GOOD[0]}, r"Only bytes can be masked"),
    ],
)
def test_mistakes_are_named(changes, message):
    arguments = [as_text(b"ab"), *GOOD]
    for i, value in changes.items():
        arguments[i] = value
    with pytest.raises(ValueError, match=message):
        measure(*arguments)
