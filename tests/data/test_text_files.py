"""Text that a user names with `--data`."""

import re

import pytest

from keras_perceiver.data import text
from keras_perceiver.data.text import open_text

SENTENCE = b"Every good boy does fine, said the teacher.\n"


def write(folder, **contents):
    """Text files by their names without the ending."""
    for name, content in contents.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def parts(source):
    return source.training.tobytes(), source.heldout.tobytes()


def message_of(source):
    """What is said of a source; it has to be called by its name."""
    with pytest.raises(ValueError, match=re.escape(str(source))) as error:
        open_text(str(source))
    return str(error.value)


def test_the_last_tenth_of_a_file_is_held_out(tmp_path):
    content = bytes(range(32, 132))
    write(tmp_path, a=content)
    source = open_text(str(tmp_path / "a.txt"))
    assert parts(source) == (content[:90], content[90:])
    assert source.description == f"{tmp_path}/a.txt (1 file)"


def test_a_folder_is_all_text_files_below_it_in_order(tmp_path):
    write(tmp_path, b=b"B" * 10, a=b"A" * 20, c__d=b"D" * 10)
    (tmp_path / "picture.png").write_bytes(b"\0" * 100)
    source = open_text(str(tmp_path))
    training = b"A" * 18 + b"\n\n" + b"B" * 9 + b"\n\n" + b"D" * 9
    assert parts(source) == (training, b"AA\n\nB\n\nD")
    assert source.description == f"{tmp_path} (3 files)"


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [("*.txt", "AB"), ("**/*.txt", "ABD"), ("c/*", "D"), ("[b-z].txt", "B")],
)
def test_a_glob_is_what_it_matches(tmp_path, pattern, letters):
    write(tmp_path, b=b"B" * 10, a=b"A" * 10, c__d=b"D" * 10)
    source = open_text(f"{tmp_path}/{pattern}")
    training = b"\n\n".join(letter.encode() * 9 for letter in letters)
    assert source.training.tobytes() == training


def test_a_file_whose_name_looks_like_a_glob_is_found(tmp_path):
    (tmp_path / "part[1].txt").write_bytes(SENTENCE)
    source = open_text(str(tmp_path / "part[1].txt"))
    assert b"".join(parts(source)) == SENTENCE


@pytest.mark.parametrize("pattern", ["~/a.txt", "~", "~/*.txt"])
def test_the_home_folder_may_be_a_tilde(tmp_path, monkeypatch, pattern):
    write(tmp_path, a=SENTENCE)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert b"".join(parts(open_text(pattern))) == SENTENCE


@pytest.mark.parametrize("name", ["absent.txt", "*.text", "absent/a.txt"])
def test_a_missing_file_is_told_with_all_that_could_be_named(tmp_path, name):
    message = message_of(tmp_path / name)
    assert message.startswith(f"--data {tmp_path}/{name}: no such file")
    for wanted in ("pydoc", "a text file", "a folder", "glob", "tfds:NAME"):
        assert wanted in message


def test_a_folder_without_text_files_is_told(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"png")
    (tmp_path / "folder.txt").mkdir()
    message = message_of(tmp_path)
    assert message.startswith(f"--data {tmp_path}:")
    assert "a folder with .txt files in it" in message


def test_no_name_at_all_is_told():
    with pytest.raises(ValueError, match="--data is empty"):
        open_text("")


def test_a_file_with_a_comma_in_its_name_is_no_mixture(tmp_path):
    path = tmp_path / "one,two.txt"
    path.write_text("words " * 20)
    assert open_text(str(path)).heldout.tobytes() in b"words " * 20


def test_empty_files_are_told(tmp_path):
    write(tmp_path, a=b"", b=b"")
    for source in (tmp_path, tmp_path / "a.txt"):
        message = message_of(source)
        assert f"{source} is empty" in message
        assert "--data PATH" in message


@pytest.mark.parametrize(
    "content",
    [
        b"PK\3\4" + SENTENCE * 20 + b"\0",
        bytes(range(1, 32)) * 4 + SENTENCE,
        # Seven in a hundred: as little as a compressed file has.
        (b"\x01" * 7 + b"x" * 93) * 10,
    ],
)
def test_a_binary_file_is_no_text(tmp_path, content):
    write(tmp_path, a=SENTENCE, b=content)
    message = message_of(tmp_path)
    assert f"{tmp_path}/b.txt is no text file" in message
    assert "--data 'FOLDER/*.txt'" in message


@pytest.mark.parametrize(
    "content",
    [
        "Ein schöner Satz. これは文です。\r\n\t".encode(),
        "Ein schöner Satz.".encode("latin-1"),
        b"\x1b[31mred\x1b[0m\x0c",
        b"\x01 once in a long file " * 2,
    ],
)
def test_other_encodings_and_colours_are_text(tmp_path, content):
    write(tmp_path, a=content)
    assert b"".join(parts(open_text(str(tmp_path)))) == content


def test_a_text_too_short_for_one_example_is_refused(tmp_path):
    write(tmp_path, a=SENTENCE)
    source = open_text(str(tmp_path / "a.txt"))
    source.check(4)
    with pytest.raises(ValueError, match="held-out") as error:
        source.check(5)
    message = str(error.value)
    assert f"{tmp_path}/a.txt" in message
    assert "--data" in message
    assert "--model.max-length" in message


def test_more_text_than_memory_takes_is_refused(tmp_path, monkeypatch):
    write(tmp_path, a=b"x" * 600, b=b"x" * 600)
    monkeypatch.setattr(text, "MAXIMUM_BYTES", 1_200)
    open_text(str(tmp_path))
    monkeypatch.setattr(text, "MAXIMUM_BYTES", 1_199)
    # Before anything is read.
    monkeypatch.setattr(text, "_read_text", None)
    message = message_of(tmp_path)
    assert f"{tmp_path} holds 1,200 bytes" in message
    assert "1,199" in message
    assert "--data tfds:NAME" in message


def test_a_data_set_of_tfds_goes_there(monkeypatch):
    opened = []
    monkeypatch.setattr(text.text_tfds, "TextFromTfds", opened.append)
    open_text("tfds:c4/en:3.1.0#text")
    assert opened == ["c4/en:3.1.0#text"]
