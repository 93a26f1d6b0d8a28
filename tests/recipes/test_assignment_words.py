"""The words of a command line, read as settings."""

import argparse
import re

import pytest

from recipes.assignments import parse_assignments

ASSIGNMENTS = [
    ("model.num-latents", "128"),
    ("training.jit-compile", "true"),
    ("training.deterministic", None),
    ("data", "x=y --z.txt"),
    ("optimizer.weight-decay", "-1"),
    ("data.note", ""),
    ("training.seed", None),
]
WORDS = [
    "--model.num-latents",
    "128",
    "--training.jit-compile=true",
    "--training.deterministic",
    "--data=x=y --z.txt",
    "--optimizer.weight-decay",
    "-1",
    "--data.note=",
    "--training.seed",
]


def test_words_become_assignments():
    assert parse_assignments([]) == []
    assert parse_assignments(WORDS) == ASSIGNMENTS


def test_the_words_are_what_argparse_leaves():
    # Without `allow_abbrev=False`, argparse takes `--data` for `--data-dir`.
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("recipe")
    parser.add_argument("verb")
    parser.add_argument("--data-dir")
    known, words = parser.parse_known_args(
        ["byte_mlm", "train", *WORDS[:4], "--data-dir", "d", *WORDS[4:]]
    )
    assert (known.recipe, known.verb, known.data_dir) == (
        "byte_mlm",
        "train",
        "d",
    )
    assert parse_assignments(words) == ASSIGNMENTS


@pytest.mark.parametrize(
    "words",
    [
        ["x.txt"],
        ["--data", "my", "x.txt"],
        ["--data=my", "x.txt"],
    ],
)
def test_a_stray_word_is_refused(words):
    message = (
        "Stray word 'x.txt'. Settings are written --GROUP.NAME VALUE or "
        "--GROUP.NAME=VALUE; quote a value that has spaces."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_assignments(words)


@pytest.mark.parametrize("word", ["--", "--=3", "-v"])
def test_a_word_that_names_nothing_is_stray(word):
    with pytest.raises(ValueError, match=f"^Stray word '{word}'. "):
        parse_assignments([word])
