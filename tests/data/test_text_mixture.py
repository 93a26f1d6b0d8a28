"""Mixtures of text sources."""

import itertools
import re

import numpy as np
import pytest

from keras_perceiver.data import text_mixture
from keras_perceiver.data.text import TextInMemory
from keras_perceiver.data.text import open_text
from keras_perceiver.data.text_mixture import TextMixture

# Each source has its own range of byte values.
SIZES = {0: 500, 1: 900, 2: 700}


def source(number, heldout=60):
    rng = np.random.default_rng(number)
    first = 80 * number
    training = rng.integers(first, first + 80, SIZES[number], np.uint8)
    held = np.arange(heldout, dtype=np.uint8) % 80 + first
    return TextInMemory(
        training.tobytes(), held.tobytes(), f"text number {number}"
    )


def mixture(weights=(5, 3, 2), **settings):
    sources = [source(number, **settings) for number in range(len(weights))]
    return TextMixture(sources, weights)


def windows(mixed, count, start=0, seed=0):
    dataset = mixed.training_windows(6, seed, start)
    found = itertools.islice(dataset.as_numpy_iterator(), count)
    return [window.tobytes() for window in found]


def source_of(window):
    numbers = {value // 80 for value in window}
    assert len(numbers) == 1
    return numbers.pop()


def test_every_source_gives_its_share():
    found = windows(mixture((6, 3, 1)), 3000)
    shares = np.bincount([source_of(window) for window in found]) / 3000
    # Four deviations of the binomial; the seed is fixed.
    bounds = 4 * np.sqrt([0.6 * 0.4 / 3000, 0.3 * 0.7 / 3000, 0.1 * 0.9 / 3000])
    assert (np.abs(shares - [0.6, 0.3, 0.1]) < bounds).all()


def test_windows_are_those_of_the_sources():
    mixed = mixture()
    for window in windows(mixed, 300):
        training = mixed.sources[source_of(window)].training.tobytes()
        assert window in training


@pytest.mark.parametrize("piece", [7, 10**6])
def test_a_window_is_the_same_from_any_start(monkeypatch, piece):
    monkeypatch.setattr(text_mixture, "_PIECE", piece)
    found = windows(mixture(), 40)
    for start in (1, 7, 20, 39):
        assert windows(mixture(), 40 - start, start) == found[start:]


def test_seeds_give_other_windows_and_another_order():
    one, other = (windows(mixture(), 200, seed=seed) for seed in (0, 1))
    orders = [[source_of(window) for window in found] for found in (one, other)]
    same = sum(a == b for a, b in zip(*orders, strict=True))
    # By chance 0.38 of them.
    assert 50 < same < 110
    assert len(set(one) & set(other)) < 80


def test_a_source_named_twice_does_not_repeat_itself():
    twice = TextMixture([source(0), source(0)], [1, 1])
    found = windows(twice, 60)
    # 495 places: some windows meet by chance, 60 draws give about 56.
    assert len(set(found)) > 50


def test_heldout_windows_come_by_the_shares():
    found = mixture((5, 3, 2)).heldout_windows(6, limit=10)
    assert found.dtype == np.uint8
    numbers = [source_of(window) for window in found]
    assert numbers == [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]
    # In a row from each source's own held-out part.
    assert found[:5].tobytes() == bytes(range(30))
    assert found[5:8].tobytes() == bytes(range(80, 98))


def test_the_scarcest_source_limits_the_heldout_windows():
    # Ten windows each; the source with half of them runs out first.
    found = mixture((5, 3, 2)).heldout_windows(6)
    numbers = [source_of(window) for window in found]
    assert np.bincount(numbers).tolist() == [10, 6, 4]
    found = mixture((5, 3, 2)).heldout_windows(6, limit=1000)
    assert len(found) == 20


def test_even_a_small_source_is_held_out():
    found = mixture((98, 1, 1)).heldout_windows(6, limit=10)
    assert {source_of(window) for window in found} == {0, 1, 2}


def test_the_sample_has_the_shares():
    sample = mixture((5, 3, 2)).training_sample(100)
    assert np.bincount(sample // 80).tolist() == [50, 30, 20]


def test_every_source_is_checked():
    mixture().check(60)
    with pytest.raises(ValueError, match="held-out part of text number 0"):
        mixture().check(61)
    mixed = TextMixture([source(0), source(1, heldout=5)], [1, 1])
    with pytest.raises(ValueError, match="held-out part of text number 1"):
        mixed.check(6)


def test_record_and_description_name_every_source():
    mixed = mixture((6, 3, 1))
    record = mixed.record()
    assert record["shares"] == pytest.approx([0.6, 0.3, 0.1])
    assert record["sources"] == [part.record() for part in mixed.sources]
    expected = "60% text number 0 + 30% text number 1 + 10% text number 2"
    assert record["description"] == mixed.description == expected


def test_weights_are_written_behind_an_at_sign():
    parts = text_mixture.parse("tfds:c4/en@0.7, ~/a@b.txt@3")
    assert parts == [("tfds:c4/en", 0.7), ("~/a@b.txt", 3.0)]


def test_a_mixture_is_opened_by_its_parts(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a" * 100)
    mixed = open_text(f"pydoc@1,{tmp_path}/a.txt@3")
    assert mixed.shares.tolist() == [0.25, 0.75]
    assert mixed.sources[0].description.startswith("CPython")
    assert mixed.sources[1].training.tobytes() == b"a" * 90


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("pydoc,a.txt", "pydoc"),
        ("pydoc@1,a.txt", "a.txt"),
        ("pydoc@1,a.txt@", "a.txt@"),
        ("pydoc@1,a.txt@0", "a.txt@0"),
        ("pydoc@1,a.txt@-2", "a.txt@-2"),
        ("pydoc@1,a.txt@many", "a.txt@many"),
        ("pydoc@1,@2", "@2"),
        ("pydoc@1,", ""),
    ],
)
def test_a_malformed_mixture_is_told(name, wrong):
    said = re.escape(f"Received: {wrong!r} in {name!r}")
    with pytest.raises(ValueError, match=said) as error:
        open_text(name)
    example = "'tfds:c4/en@0.7,tfds:wikipedia/20230601.en@0.3'"
    assert example in str(error.value)


def test_a_missing_part_of_a_mixture_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"absent\.txt: no such file"):
        open_text(f"pydoc@1,{tmp_path}/absent.txt@1")
