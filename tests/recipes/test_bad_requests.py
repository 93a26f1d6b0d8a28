"""Requests that cannot be met: told in a line, and nothing is written."""

import pytest

from keras_perceiver.training import run_folder
from tests.recipes.command_lines import contents
from tests.recipes.command_lines import small
from tests.recipes.command_lines import write_text

pytestmark = pytest.mark.usefixtures("elsewhere")


def file_of(content):
    def write(folder):
        (folder / "given.txt").write_bytes(content)
        return ["--data", folder / "given.txt"]

    return write


def words_of(text):
    return lambda folder: ["--data", write_text(folder), *text.split()]


BAD_REQUESTS = {
    "an empty file": (file_of(b""), "given.txt is empty"),
    "a missing file": (lambda _: ["--data", "away.txt"], "no such file"),
    "a binary file": (file_of(b"\x89PNG\0\1\2" * 999), "is no text file"),
    "a short text": (file_of(b"short. " * 99), "one example takes 80"),
    "nothing but blanks": (file_of(b" \n" * 2000), "--data"),
    "a mixture without weights": (
        lambda _: ["--data", "a.txt,b.txt"],
        "gives every source a weight",
    ),
    "a probability above 1": (
        words_of("--data.masking-probability 2"),
        "--data.masking-probability takes a number from 0 to 1",
    ),
    "no examples": (
        words_of("--training.evaluation-examples 0"),
        "--training.evaluation-examples",
    ),
    "steps of half an interval": (
        words_of("--training.evaluate-every 3"),
        "must be a multiple",
    ),
    "warm-up alone": (
        words_of("--optimizer.warmup-steps 4"),
        "--optimizer.warmup-steps",
    ),
    "heads that do not divide": (words_of("--model.qk-channels 18"), "18"),
    "no weights": (words_of("--from away"), "away"),
    "parameter servers": (
        words_of("--strategy parameter_server"),
        "Keras 3 cannot train under it",
    ),
    "a strategy twice": (
        words_of("--strategy none --training.strategy none"),
        "--training.strategy is set twice",
    ),
    "workers of one machine": (
        words_of("--workers a:1,b:1"),
        "are for --strategy multiworker",
    ),
    "a worker too many": (
        words_of("--strategy multiworker --workers a:1,b:1 --worker-index 2"),
        "indices are 0 to 1",
    ),
    "unequal parts": (
        words_of("--training.accumulate 3"),
        "cannot be shared equally by 1 replicas with 3 parts each",
    ),
    "nothing to resume": (words_of("--resume"), "holds no run"),
}


@pytest.mark.parametrize(
    ("request_words", "message"), BAD_REQUESTS.values(), ids=BAD_REQUESTS
)
def test_a_bad_request_writes_nothing(request_words, message, answer, tmp_path):
    words = request_words(tmp_path)
    before = contents(tmp_path)
    code, _, err = answer("byte_mlm", "train", *small(*words))
    assert code == 1
    assert err.startswith("error: ")
    assert message in err
    assert contents(tmp_path) == before
    assert not (tmp_path / "runs").exists()


def test_overwriting_leaves_what_is_no_run(tmp_path, answer):
    (tmp_path / "thesis").mkdir()
    write_text(tmp_path / "thesis", "chapter.txt")
    before = contents(tmp_path / "thesis")
    words = ("--run-folder", "thesis", "--overwrite")
    text = write_text(tmp_path)
    code, _, err = answer("byte_mlm", "train", *small(*words, "--data", text))
    assert code == 1
    assert "holds no run" in err
    assert contents(tmp_path / "thesis") == before


def test_a_folder_without_permission_is_told(tmp_path, answer, monkeypatch):
    monkeypatch.setattr(run_folder.os, "access", lambda path, mode: False)
    words = ("--run-folder", "new/run", "--data", write_text(tmp_path))
    code, _, err = answer("byte_mlm", "train", *small(*words))
    assert code == 1
    assert "no permission for" in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("verb", ["predict", "evaluate", "export"])
def test_without_a_run_there_is_nothing_to_use(verb, answer, tmp_path):
    code, out, err = answer("byte_mlm", verb)
    assert (code, out) == (1, "")
    assert "runs/byte_mlm_tiny holds no run. Train first" in err
    code, _, err = answer("byte_mlm", verb, "--config", "base")
    assert "runs/byte_mlm_base holds no run" in err
    assert list(tmp_path.iterdir()) == []


def test_a_precision_that_is_none_is_told_first(answer, tmp_path):
    words = ("--run-folder", tmp_path, "--precision", "int4")
    code, _, err = answer("byte_mlm", "export", *words)
    assert code == 1
    assert "Unknown precision 'int4'. Did you mean 'int8'?" in err
