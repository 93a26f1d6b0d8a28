"""`python -m recipes`: its help, and what it says of command lines."""

import pathlib
import runpy

import pytest

from keras_perceiver.training import run_folder
from recipes import runner
from tests.recipes.command_lines import run
from tests.recipes.command_lines import small
from tests.recipes.command_lines import write_text

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",)])
def test_the_overview_names_recipes_and_verbs(words, answer):
    code, out, _ = answer(*words)
    assert code == 0
    for name in ("byte_mlm: ", "--config tiny ", "--config paper "):
        assert name in out
    for verb in ("prepare", "train", "evaluate", "predict", "export"):
        assert f"\n  {verb} " in out


def test_the_module_is_the_command(answer, monkeypatch):
    file = pathlib.Path(run_folder.__file__).parents[2] / "recipes/__main__.py"
    monkeypatch.setattr("sys.argv", ["recipes", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(file), run_name="__main__")
    assert end.value.code == 0


def test_the_help_of_a_recipe_names_every_setting(answer):
    code, out, _ = answer("byte_mlm", "--help")
    assert code == 0
    for words in (
        "\n  --model.preset language_bytes\n",
        "\n  --data.source pydoc\n",
        "\n  --training.strategy none\n      how devices share a batch (one",
        "--run-folder",
        "python -m recipes byte_mlm predict",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("byte_lmm train", 1, "Did you mean 'byte_mlm'?"),
        ("byte_mlm train --config tyni", 1, "Did you mean 'tiny'?"),
        (
            "byte_mlm train --training.stpes 5",
            1,
            "Unknown setting --training.stpes. Did you mean --training.steps?",
        ),
        ("byte_mlm train --training.steps many", 1, "takes"),
        ("byte_mlm train stray", 1, "Stray word 'stray'"),
        ("byte_mlm trian", 2, "train"),
        ("byte_mlm", 2, "VERB"),
        ("byte_mlm train --resume --overwrite", 2, "not allowed with"),
        ("byte_mlm evaluate --training.steps 5", 1, "takes no settings"),
        ("byte_mlm export --data pydoc", 1, "takes no settings"),
    ],
)
def test_a_command_line_that_cannot_be_read(words, code, message, answer):
    got, out, err = answer(*words.split())
    assert (got, out) == (code, "")
    assert message in err
    assert list(pathlib.Path().iterdir()) == []


def test_an_interrupted_command_says_so(answer, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "train", interrupt)
    code, _, err = answer("byte_mlm", "train")
    assert (code, err) == (130, "interrupted\n")


def test_our_own_mistakes_keep_their_traceback(monkeypatch):
    def fail(*args, **kwargs):
        raise TypeError("ours")

    monkeypatch.setattr(runner, "train", fail)
    with pytest.raises(TypeError, match="ours"):
        run("byte_mlm", "train")


def test_prepare_describes_the_data(tmp_path, answer):
    text = write_text(tmp_path)
    code, out, _ = answer("byte_mlm", "prepare", *small("--data", text))
    assert code == 0
    assert out == (f"text: {text} (1 file)\nheld out: 3 examples of 80 bytes\n")
    assert list(tmp_path.iterdir()) == [text]
