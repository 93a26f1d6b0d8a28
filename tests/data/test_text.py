"""Text in memory: windows of it, and CPython's documentation."""

import hashlib
import itertools
from pydoc_data.topics import topics

import numpy as np
import pytest

from keras_perceiver.data.text import TextInMemory
from keras_perceiver.data.text import open_text

# No window of four bytes occurs twice, and neither does one in both parts.
TRAINING = b"".join(bytes([n, 255 - n]) for n in range(100))
HELDOUT = bytes(range(100, 150))


def text(training=TRAINING, heldout=HELDOUT):
    return TextInMemory(training, heldout, "some text")


def windows(source, count, length=4, **settings):
    """The first windows as bytes."""
    dataset = source.training_windows(length, **{"seed": 0, **settings})
    assert dataset.element_spec.dtype == np.uint8
    found = itertools.islice(dataset.as_numpy_iterator(), count)
    return [window.tobytes() for window in found]


def places(found):
    return [TRAINING.index(window) for window in found]


def test_windows_lie_in_the_training_part():
    found = windows(text(), 3000)
    assert {len(window) for window in found} == {4}
    assert all(window in TRAINING for window in found)


def test_windows_begin_at_every_place_alike():
    count = len(TRAINING) - 3
    hits = np.bincount(places(windows(text(), 30 * count)), minlength=count)
    # The first and the last place too; 30 each, with a deviation of 5.5.
    assert len(hits) == count
    assert hits.min() >= 10
    assert hits.max() <= 55
    assert hits.var() == pytest.approx(30, rel=0.35)


def test_a_window_is_the_same_from_any_start():
    found = windows(text(), 40)
    for start in (0, 1, 17, 39):
        assert windows(text(), 40 - start, start=start) == found[start:]
    # Far out, as after weeks of training.
    far = windows(text(), 4, start=10**12)
    assert windows(text(), 2, start=10**12 + 2) == far[2:]
    assert len(set(far)) > 1


def test_seeds_give_other_windows():
    found = [windows(text(), 50, seed=seed) for seed in (0, 1, 2**31 + 5)]
    for one, other in itertools.combinations(found, 2):
        same = sum(a == b for a, b in zip(one, other, strict=True))
        assert same < 10


def test_a_window_may_be_the_whole_text():
    assert windows(text(), 3, length=len(TRAINING)) == [TRAINING] * 3


def test_heldout_windows_follow_one_another():
    found = text().heldout_windows(8)
    assert found.dtype == np.uint8
    assert found.shape == (6, 8)
    assert found.tobytes() == HELDOUT[:48]
    assert text().heldout_windows(8, limit=2).tobytes() == HELDOUT[:16]
    assert text().heldout_windows(8, limit=99).shape == (6, 8)


def test_the_sample_is_training_text_alone():
    assert text().training_sample(7).tobytes() == TRAINING[:7]
    assert text().training_sample(10**9).tobytes() == TRAINING


@pytest.mark.parametrize(
    ("length", "part", "has"),
    [(51, "held-out", "50"), (201, "training", "200")],
)
def test_too_little_text_is_refused(length, part, has):
    text().check(length=50)
    said = f"The {part} part of some text has {has} bytes"
    with pytest.raises(ValueError, match=said) as error:
        text().check(length)
    message = str(error.value)
    assert f"takes {length}." in message
    assert "--data" in message
    assert "--model.max-length" in message


def test_the_record_tells_texts_apart():
    record = text().record()
    assert record["description"] == "some text"
    assert (record["training_bytes"], record["heldout_bytes"]) == (200, 50)
    digest = hashlib.sha256(TRAINING + HELDOUT).hexdigest()
    assert record["sha256"] == digest
    assert text(heldout=HELDOUT[::-1]).record()["sha256"] != digest


def topics_of(part):
    """Names of the topics that stand whole in a part."""
    part = part.tobytes()
    return {name for name in topics if topics[name].encode() in part}


def test_pydoc_is_split_by_topic():
    source = open_text("pydoc")
    training, heldout = topics_of(source.training), topics_of(source.heldout)
    assert training | heldout == set(topics)
    # Together they are as long as all topics, so that each is there once.
    total = sum(len(topic.encode()) for topic in topics.values())
    separators = 2 * (len(topics) - 2)
    length = len(source.training) + len(source.heldout)
    assert length == total + separators
    assert 0.03 < len(source.heldout) / len(source.training) < 0.2


def test_pydoc_is_split_alike_on_every_machine():
    source = open_text("pydoc")
    heldout = topics_of(source.heldout) - topics_of(source.training)
    # By the hash of the name: these are on their side in every Python.
    assert {"class", "for", "while", "with"} <= heldout
    again = open_text("pydoc")
    np.testing.assert_array_equal(again.training, source.training)
    np.testing.assert_array_equal(again.heldout, source.heldout)


def test_pydoc_is_enough_for_the_published_length():
    source = open_text("pydoc")
    source.check(2048)
    assert len(source.training) > 300_000
    assert source.description.startswith("CPython's documentation")
