import pathlib

import pytest

from recipes.audioset.answer import answer as answer_of_sounds
from recipes.byte_mlm import samples as byte_samples
from recipes.imagenet import samples as image_samples
from recipes.modelnet40 import samples as shape_samples
from recipes.picture_option import split_picture


def test_the_other_words_are_the_request():
    assert split_picture(["a", "b"]) == (["a", "b"], None)
    words = ["a", "--picture", "seen.png", "b"]
    assert split_picture(words) == (["a", "b"], pathlib.Path("seen.png"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "--picture"], "ends in .png. Received: --picture"),
        (["--picture", "a.jpg"], "Received: --picture a.jpg"),
        (["--picture", "away/a.png"], "there is no folder away"),
    ],
)
def test_a_path_that_is_none_is_told_first(
    words, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        split_picture(words)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (image_samples.answer, "image"),
        (shape_samples.answer, "shape"),
        (answer_of_sounds, "file"),
    ],
)
def test_a_picture_is_of_one_file(answer, what):
    words = ["a", "b", "--picture", "seen.png"]
    with pytest.raises(
        ValueError, match=f"is drawn of one {what}. Received: 2"
    ):
        answer(None, words)


def test_the_picture_lies_where_it_was_asked_for(tmp_path, monkeypatch):
    def draw(task, request):
        assert (task, request) == ("task", "a b")
        return b"a picture"

    monkeypatch.setattr(byte_samples, "draw_text_attention", draw)
    monkeypatch.setattr(byte_samples, "describe", lambda filled: filled)
    monkeypatch.setattr(byte_samples, "split_picture", split_picture)
    path = tmp_path / "read.png"

    class Task(str):
        def __call__(self, text):
            return f"filled {text}"

    said = byte_samples.answer(Task("task"), ["a", "b", "--picture", path])
    assert said == f"filled a b\nwritten: {path}"
    assert path.read_bytes() == b"a picture"
    assert byte_samples.answer(Task("task"), ["a"]) == "filled a"
