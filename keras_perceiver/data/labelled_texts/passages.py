"""Sentences of the documentation strings in Python's own source files."""

import ast
import dataclasses
import importlib.util
import pathlib
import re

SHORTEST = 20
LONGEST = 200
_FEWEST_WORDS = 4
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_TEST_FOLDERS = {"test", "tests", "idle_test"}
_DOCUMENTED = (
    ast.Module,
    ast.ClassDef,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
)


@dataclasses.dataclass(frozen=True)
class Run:
    """Passages that stand in a row in one documentation string.

    Attributes:
        package: such as `email`.
        file: such as `email/header.py`.
        passages: as bytes, one or more.
    """

    package: str
    file: str
    passages: tuple[bytes, ...]


def read(packages):
    """Returns the `Run`s of packages of the standard library.

    Nothing is imported. A passage that was there before is left out, in this
    package or another, and so is one that is too short or too long.

    Args:
        packages: names.

    Raises:
        ValueError: if this Python comes without their source.
    """
    seen = set()
    runs = []
    for package in packages:
        folder = _folder_of(package)
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent)
            if not _TEST_FOLDERS.intersection(name.parts):
                runs += [
                    Run(package, name.as_posix(), passages)
                    for passages in _runs_of(path.read_bytes(), seen)
                ]
    return runs


def _folder_of(package):
    spec = importlib.util.find_spec(package)
    folders = spec and spec.submodule_search_locations
    folder = pathlib.Path(folders[0]) if folders else None
    if folder is None or not any(folder.glob("*.py")):
        raise ValueError(
            f"This Python comes without the source files of {package}, which "
            "'docs' reads. Name other texts with --data."
        )
    return folder


def _runs_of(source, seen):
    for node in ast.walk(ast.parse(source)):
        text = isinstance(node, _DOCUMENTED) and ast.get_docstring(node)
        if not text:
            continue
        run = []
        for sentence in _sentences(text):
            is_new = sentence not in seen
            seen.add(sentence)
            if is_new and _is_passage(sentence):
                run.append(sentence)
                continue
            # What is left out here stands between its neighbours.
            if run:
                yield tuple(run)
            run = []
        if run:
            yield tuple(run)


def _sentences(text):
    for paragraph in _PARAGRAPH_END.split(text):
        for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
            yield sentence.encode()


def _is_passage(sentence):
    is_prose = b">>>" not in sentence
    has_words = len(set(sentence.split())) >= _FEWEST_WORDS
    return is_prose and has_words and SHORTEST <= len(sentence) <= LONGEST
