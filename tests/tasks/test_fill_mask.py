"""Filling masks, against the whole model asked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver.tasks import FillMask
from keras_perceiver.tasks import mask_markup
from keras_perceiver.tasks.task import BATCH_SIZE
from tests.float64_reference import assert_near
from tests.tiny_models import TINY_LANGUAGE
from tests.tiny_models import tiny_language

MASK = 3
# Token ids by text: -1 stands for a mask.
TEXTS = {
    b"the [MASK:3] of it": [*b"the ", -1, -1, -1, *b" of it"],
    b"[MASK]": [-1],
    b"[MASK:2]ab[MASK]": [-1, -1, *b"ab", -1],
    b"\xff\0[MASK]\0": [0xFF, 0, -1, 0],
    rb"\[MASK] is not [MASK]": [*b"[MASK] is not ", -1],
    b"x" * 28 + b"[MASK:4]": [*b"x" * 28, -1, -1, -1, -1],
    "é[MASK]é".encode(): [*"é".encode(), -1, *"é".encode()],
    b"[MASK:6] of six": [-1] * 6 + [*b" of six"],
}
NO_MASK = (
    "the text has no mask. Write [MASK] for one unknown byte, [MASK:9] for "
    "nine."
)
TOO_MANY = (
    "the text has 7 masked bytes, and at most 6 are answered. Mask fewer, or "
    "raise max_masks."
)
TOO_LONG = (
    "the text takes 35 bytes with its masks, and the model 32. Shorten it by "
    "3, or let it be cut with truncate."
)
PROBLEMS = {
    b"no mask": NO_MASK,
    b"": NO_MASK,
    rb"\[MASK]": NO_MASK,
    b"[MASK:0]": NO_MASK,
    b"[MASK:7]": TOO_MANY,
    b"[MASK:3]b[MASK:4]": TOO_MANY,
    b"[MASK:5]" + b"x" * 30: TOO_LONG,
    b"x" * 35: TOO_LONG,
    b"[MASK:35]": TOO_LONG,
}


@pytest.fixture(scope="module")
def model():
    return tiny_language()


@pytest.fixture(scope="module")
def task(model):
    return FillMask(model, top_k=4, max_masks=6)


@pytest.fixture
def eagerly():
    """Spares a task that is used but once its tracing."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def probabilities_by_hand(model, values):
    """Of all 256 bytes at every position, from the whole model."""
    token_ids = np.zeros((1, 32), "int32")
    ids = [MASK if value < 0 else value + 6 for value in values]
    token_ids[0, : len(ids)] = ids
    padding_mask = np.arange(32)[None] < len(ids)
    inputs = {"token_ids": token_ids, "padding_mask": padding_mask}
    logits = np.array(model(inputs), "float64")[0, :, 6:]
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def assert_by_hand(model, filled, values, top_k=4):
    expected = probabilities_by_hand(model, values)
    positions = [i for i, value in enumerate(values) if value < 0]
    assert filled.mask_positions == positions
    best = np.argsort(-expected, axis=-1)[positions, :top_k]
    # The text with the best byte at each mask, and nothing else changed.
    whole = np.array(values)
    whole[positions] = best[:, 0]
    assert filled.filled_bytes == bytes(whole.tolist())
    tops = [[ord(byte) for byte in row] for row in filled.top_bytes]
    assert tops == best.tolist()
    assert_near(
        filled.top_probabilities,
        np.take_along_axis(expected[positions], best, axis=-1),
    )


def test_answers_are_those_of_the_whole_model(model, task):
    for text, filled in zip(TEXTS, task(list(TEXTS)), strict=True):
        assert_by_hand(model, filled, TEXTS[text])


def test_positions_and_rows_answer_differently(task):
    """Else a wrong position would answer as a right one."""
    filled = task(list(TEXTS))
    first = filled[0].top_probabilities
    assert np.abs(np.diff(first, axis=0)).max(axis=1).min() > 1e-3
    best = {row[0] for text in filled for row in text.top_bytes}
    assert len(best) > 5


def test_probabilities_are_sorted_and_sum_to_at_most_one(task):
    for filled in task(list(TEXTS)):
        shares = np.array(filled.top_probabilities)
        assert (shares > 0).all()
        assert (np.diff(shares, axis=-1) <= 0).all()
        assert (shares.sum(axis=-1) < 1).all()


def test_all_bytes_are_ranked_if_wanted(model, eagerly):
    filled = FillMask(model, top_k=256)("a [MASK]")
    assert sorted(filled.top_bytes[0]) == [bytes([n]) for n in range(256)]
    assert sum(filled.top_probabilities[0]) == pytest.approx(1, abs=1e-5)


def test_special_tokens_are_never_an_answer(eagerly):
    model = tiny_language()
    bias = model.get_layer("logits").bias
    favoured = keras.ops.convert_to_numpy(bias)
    favoured[:6] += 100
    bias.assign(favoured)
    filled = FillMask(model, top_k=4)("a[MASK:2]b")
    assert_by_hand(model, filled, [*b"a", -1, -1, *b"b"])
    assert len(filled.filled_bytes) == 4


def test_a_row_alone_answers_as_in_a_batch(task):
    for text, filled in zip(TEXTS, task(list(TEXTS)), strict=True):
        alone = task(text)
        assert alone.filled_bytes == filled.filled_bytes
        assert alone.top_bytes == filled.top_bytes
        assert_near(alone.top_probabilities, filled.top_probabilities)


def test_str_and_bytes_alone_and_in_lists(task):
    text = "é [MASK:2]"
    filled = task(text)
    assert filled.filled_bytes.startswith("é ".encode())
    assert filled.mask_positions == [3, 4]
    assert task(text.encode()) == filled
    for texts in ([text, text.encode()], (text, text)):
        both = task(texts)
        assert [f.filled_bytes for f in both] == [filled.filled_bytes] * 2
    assert task([]) == []


def test_bytes_that_are_no_utf_8_are_filled(task):
    filled = task(b"\xff\xfe[MASK]\x80")
    assert filled.filled_bytes[:2] == b"\xff\xfe"
    assert filled.filled_bytes[3:] == b"\x80"
    assert filled.text.startswith("\ufffd\ufffd")


def test_more_texts_than_a_batch_keep_their_order(task):
    texts = [f"{n}[MASK]" for n in range(2 * BATCH_SIZE + 3)]
    filled = task(texts)
    found = [f.filled_bytes[:-1] for f in filled]
    assert found == [str(n).encode() for n in range(len(texts))]
    assert task(texts[-1]).filled_bytes == filled[-1].filled_bytes


def test_a_problem_is_told_in_words(task):
    for text, problem in PROBLEMS.items():
        with pytest.raises(ValueError, match="the text") as error:
            task(text)
        assert str(error.value) == f"Text 1 of 1: {problem}", text


def test_a_problem_names_its_text(task):
    texts = ["[MASK]"] * 70
    texts[66] = "none"
    with pytest.raises(ValueError, match=r"^Text 67 of 70: the text has no"):
        task(texts)


def test_a_very_long_text_says_by_how_much(task):
    said = "the text takes 10000 bytes with its masks"
    with pytest.raises(ValueError, match=said) as error:
        task(b"[MASK]" + b"x" * 9_999)
    assert "Shorten it by 9968," in str(error.value)


def test_what_is_left_unread_counts_as_too_long(task):
    """Even where what was read is short."""
    text = "[MASK]" + "[MASK:0]" * 47 + "12345678"
    assert len(text) > mask_markup.RAW_BYTES_PER_TOKEN * 32
    with pytest.raises(ValueError, match="Shorten it by"):
        task(text)


def test_bad_rows_do_not_disturb_the_others(task):
    """In a batch, as a server gets it."""
    mixed = [
        text for pair in zip(TEXTS, PROBLEMS, strict=False) for text in pair
    ]
    together = task.serve(tf.constant(mixed))
    good = task.serve(tf.constant(list(TEXTS)))
    for name, tensor in good.items():
        found = together[name][::2]
        if tensor.dtype == tf.float32:
            assert_near(found, tensor)
        else:
            np.testing.assert_array_equal(found, tensor)
    problems = [PROBLEMS[text].encode() for text in mixed[1::2]]
    assert together["problem_bytes"][1::2].numpy().tolist() == problems


def test_what_is_served_is_padded(task):
    served = task.serve(tf.constant(["a[MASK:2]b", "no mask"]))
    served = {name: tensor.numpy() for name, tensor in served.items()}
    positions = [[1, 2, -1, -1, -1, -1], [-1] * 6]
    assert served["mask_positions"].tolist() == positions
    there = served["mask_positions"] >= 0
    assert ((served["top_bytes"] != b"").all(axis=-1) == there).all()
    assert (served["top_bytes"][~there] == b"").all()
    assert (served["top_probabilities"][~there] == 0).all()
    assert served["top_probabilities"].shape == (2, 6, 4)
    assert len(served["filled_bytes"][0]) == 4
    assert served["filled_bytes"][1] == b""
    assert served["problem_bytes"].tolist() == [b"", NO_MASK.encode()]


def test_no_rows_give_no_rows(task):
    served = task.serve(tf.constant([], tf.string))
    assert served["filled_bytes"].shape == (0,)
    assert served["top_probabilities"].shape == (0, 6, 4)


def test_truncate_cuts_what_is_too_long(model, eagerly):
    task = FillMask(model, top_k=4, max_masks=6, truncate=True)
    cut = [*b"ab", -1, *b"x" * 29]
    assert_by_hand(model, task(b"ab[MASK]" + b"x" * 300), cut)
    # Masks may fall to the cut, or be cut in two.
    half = [*b"x" * 30, -1, -1]
    assert_by_hand(model, task(b"x" * 30 + b"[MASK:9] and on"), half)
    said = "no mask in its first 32 bytes, and the rest was cut"
    with pytest.raises(ValueError, match=said):
        task("x" * 32 + "[MASK]")
    with pytest.raises(ValueError, match="the text has 32 masked bytes"):
        task("[MASK:40]")


def test_max_masks_may_exceed_the_length(model, eagerly):
    task = FillMask(model, top_k=4, max_masks=50)
    assert_by_hand(model, task("[MASK:32]"), [-1] * 32)
    served = task.serve(tf.constant(["a[MASK]"]))
    assert served["mask_positions"].numpy().tolist() == [[1] + [-1] * 49]


def test_mixed_precision_answers_in_float32(eagerly):
    model = tiny_language(dtype="mixed_bfloat16")
    served = FillMask(model).serve(tf.constant(["a[MASK]"]))
    assert served["top_probabilities"].dtype == tf.float32


def test_the_example_shows_answers_and_a_problem(task):
    served = task.serve(**task.example_request())
    problems = served["problem_bytes"].numpy().tolist()
    assert problems[2].startswith(b"the text takes 41 bytes")
    assert problems == [b"", b"", problems[2], NO_MASK.encode(), b""]
    assert len(served["filled_bytes"].numpy()[4]) == 32


def test_a_model_without_views_is_refused(model):
    bare = keras.Model(model.input, model.output, name="bare")
    said = "'bare' lacks its views `encode` and `decode`"
    with pytest.raises(ValueError, match=said) as error:
        FillMask(bare)
    message = str(error.value)
    assert "from_preset and load_weights" in message
    assert "save_pretrained" in message


def test_another_vocabulary_is_refused():
    settings = {**TINY_LANGUAGE, "vocabulary_size": 261}
    with pytest.raises(ValueError, match=r"of 262\. Received: 261"):
        FillMask(from_preset("language_bytes", **settings))


@pytest.mark.parametrize(
    ("name", "value"), [("top_k", 0), ("top_k", 257), ("max_masks", 0)]
)
def test_numbers_out_of_range_are_refused(model, name, value):
    with pytest.raises(ValueError, match=f"{name} is a.* Received: {value}"):
        FillMask(model, **{name: value})


def test_another_backend_is_refused(model, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        FillMask(model)
