"""Tasks made up of Python's own documentation."""

import collections
import itertools
import sys

import numpy as np
import pytest

from keras_perceiver.data.labelled_texts import docs_tasks
from keras_perceiver.data.labelled_texts import passages
from keras_perceiver.data.labelled_texts.docs_tasks import DocsTasks

MADE_UP = '''\
"""A first sentence of this module. Short. A last one stands here.

>>> this is no prose, is it
"""
def f():
    """It is read, tests are not. A first sentence of this module.

    A paragraph over
    two lines, after a passage that was seen."""
def g():
    "A paragraph over two words and more. Same same same same same same."
'''
NAMES = ("package", "scrambled", "related")


@pytest.fixture(scope="module")
def source():
    source = DocsTasks()
    source.check()
    return source


@pytest.fixture(scope="module")
def runs():
    return list(itertools.chain(*docs_tasks.sides()))


def parts(source, name):
    return source.training(name), source.heldout(name)["dev"]


@pytest.mark.parametrize("name", NAMES)
def test_there_is_enough_of_each_class(source, name):
    (task,) = [task for task in source.tasks if task.name == name]
    training, heldout = parts(source, name)
    assert 1_500 < len(training) < 5_000
    assert 150 < len(heldout) < 700
    for examples in (training, heldout):
        counts = np.bincount(examples.targets.astype(int))
        assert len(counts) == len(task.class_names)
        assert counts.max() <= 1.5 * counts.min()
        # In any stretch of them too.
        assert len(set(examples.targets[:50])) == len(task.class_names)
    lengths = [len(text) for text in training.first]
    assert min(lengths) >= 20
    assert max(lengths) <= 200


def test_no_file_is_on_both_sides(source):
    files = [{run.file for run in side} for side in docs_tasks.sides()]
    assert not files[0] & files[1]
    assert min(map(len, files)) > 20
    for number, side in enumerate(docs_tasks.sides()):
        texts = {text for run in side for text in run.passages}
        words = {tuple(sorted(text.split())) for text in texts}
        for name in NAMES:
            examples = parts(source, name)[number]
            for text in (*examples.first, *filter(None, examples.second)):
                assert tuple(sorted(text.split())) in words


def test_packages_are_those_of_the_files(source, runs):
    package_of = {text: run.package for run in runs for text in run.passages}
    for examples in parts(source, "package"):
        for text, target in zip(examples.first, examples.targets, strict=True):
            name = docs_tasks.PACKAGE_CLASSES[int(target)]
            assert package_of[text] == name


def test_scrambled_words_are_the_same_in_another_order(source, runs):
    texts = {text for run in runs for text in run.passages}
    words = {tuple(sorted(text.split())) for text in texts}
    for examples in parts(source, "scrambled"):
        for text, target in zip(examples.first, examples.targets, strict=True):
            assert (text not in texts) == bool(target)
            assert tuple(sorted(text.split())) in words


def test_adjacent_passages_are_adjacent_and_others_are_not(source, runs):
    pairs = {p for run in runs for p in itertools.pairwise(run.passages)}
    file_of = {text: run.file for run in runs for text in run.passages}
    for examples in parts(source, "related"):
        for *pair, target in zip(
            examples.first, examples.second, examples.targets, strict=True
        ):
            assert (tuple(pair) in pairs) == bool(target)
            if not target:
                assert file_of[pair[0]] != file_of[pair[1]]
        # Neither text alone tells: each comes once, in one of the classes.
        counts = collections.Counter(examples.second)
        assert max(counts.values()) == 1


def test_passages_are_read_in_runs(tmp_path, monkeypatch):
    (tmp_path / "made_up" / "tests").mkdir(parents=True)
    (tmp_path / "made_up" / "tests" / "b.py").write_text("'''One of a test.'''")
    (tmp_path / "made_up" / "a.py").write_text(MADE_UP)
    monkeypatch.syspath_prepend(tmp_path)
    assert passages.read(["made_up"]) == [
        passages.Run("made_up", "made_up/a.py", run)
        for run in [
            (b"A first sentence of this module.",),
            (b"A last one stands here.",),
            (b"It is read, tests are not.",),
            (b"A paragraph over two lines, after a passage that was seen.",),
            (b"A paragraph over two words and more.",),
        ]
    ]
    assert "made_up" not in sys.modules
    with pytest.raises(ValueError, match="without the source files of nowhere"):
        passages.read(["nowhere"])


def test_they_are_said_to_be_made_up(source):
    assert "tasks made up" in source.describe()[0]
    assert len(source.describe()) == 4


def test_their_order_goes_by_the_texts_alone(source):
    """Not by that of files, nor by Python's own hashes."""
    for name in NAMES:
        for runs, there in zip(
            docs_tasks.sides(), parts(source, name), strict=True
        ):
            again = docs_tasks.MAKERS[name](runs[::-1])
            assert again.first == there.first
            assert again.second == there.second
            assert again.targets.tolist() == there.targets.tolist()
