"""What the verbs answer of a run that is there."""

import contextlib
import dataclasses
import io
import json
import pathlib
import shutil

import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.tasks import FillMask
from keras_perceiver.training.checkpoints import STATE_FILE
from recipes import runner
from recipes.byte_mlm import RECIPE
from tests.recipes.command_lines import contents
from tests.recipes.command_lines import run
from tests.recipes.command_lines import small
from tests.recipes.command_lines import write_text

pytestmark = pytest.mark.usefixtures("elsewhere")


def fit_nothing(recipe, configuration, data, model, training_model, folder, _):
    """Instead of `runner._fit`: a model that answers `x` everywhere."""
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    bias = model.get_layer("logits").bias
    bias.assign(30.0 * (np.arange(262) == ord("x") + 6))

    def write(path):
        save_pretrained(model, path)
        (path / STATE_FILE).write_bytes(b"state")

    folder.checkpoints.save(4, write, keep=2, value=3.0)
    folder.results_file.write_text("{}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder, trained in no time."""
    folder = tmp_path_factory.mktemp("trained")
    words = ("--run-folder", folder / "run", "--data", write_text(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_fit", fit_nothing)
        patch.setattr(runner, "evaluate", lambda recipe, path: None)
        with contextlib.redirect_stdout(io.StringIO()):
            assert run("byte_mlm", "train", *small(*words)) == 0
    return folder / "run"


@pytest.fixture
def copied(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        ("evaluate", ("--resume",)),
        ("evaluate", ("--overwrite",)),
        ("export", ("--from", "folder")),
        ("predict", ("--to", "folder")),
        ("train", ("--to", "folder")),
        ("train", ("--precision", "int8")),
        ("prepare", ("--overwrite",)),
        ("evaluate", ("--strategy", "mirrored")),
        ("export", ("--workers", "a:1,b:1")),
        ("predict", ("--worker-index", "0")),
        ("train", ("--by", "label")),
        ("evaluate", ("--precision", "int8", "--robustness")),
    ],
)
def test_an_option_that_is_not_read_is_a_mistake(
    verb, option, copied, answer, monkeypatch
):
    for name in ("train", "evaluate", "predict", "export", "prepare"):
        monkeypatch.setattr(runner, name, lambda *args, **kwargs: None)
    code, _, err = answer("byte_mlm", verb, "--run-folder", copied, *option)
    assert code in (1, 2)
    assert option[0] in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("byte_mlm study", "byte_mlm has no studies"),
        ("imagenet study", "Valid: permuted_pixels"),
        ("imagenet study permuted_pixel", "Did you mean 'permuted_pixels'"),
        ("imagenet study permuted_pixels --from x", "does not read --from"),
        ("byte_mlm evaluate --by label", "no columns"),
    ],
)
def test_what_a_recipe_has_not_is_told(words, message, copied, answer):
    code, _, err = answer(*words.split(), "--run-folder", copied)
    assert code == 1
    assert message in err


def test_an_existing_run_is_left_alone(copied, answer):
    before = contents(copied)
    words = ("--run-folder", copied, "--data", write_text(copied.parent))
    code, _, err = answer("byte_mlm", "train", *small(*words))
    assert code == 1
    for option in ("--resume", "--overwrite", "--run-folder"):
        assert option in err
    assert contents(copied) == before


def test_a_cut_off_state_is_told_in_one_line(copied, answer):
    configuration = json.loads((copied / "configuration.json").read_text())
    words = ("--run-folder", copied, "--data", configuration["data"]["source"])
    code, _, err = answer("byte_mlm", "train", "--resume", *small(*words))
    assert code == 1
    assert "training_state.safetensors" in err
    assert err.count("\n") == 1


def test_evaluate_prints_the_table_again(copied, answer):
    code, out, _ = answer("byte_mlm", "evaluate", "--run-folder", copied)
    assert code == 0
    row = next(line for line in out.splitlines() if "this model" in line)
    assert row.startswith("Perceiver IO ")
    # There is no "x" in the text.
    assert " 0.0% " in row
    assert "does not beat most_frequent_byte, unigram" in out
    assert f"learning curve: {copied}/learning_curve.png\n" in out
    assert (copied / "results.json").is_file()


@pytest.fixture(scope="module")
def task(trained):
    return FillMask(load_pretrained(trained / "best"))


@pytest.fixture
def predict(task, trained, answer, monkeypatch):
    """Answers `predict`, with a task that is compiled once for all tests."""
    recipe = dataclasses.replace(RECIPE, make_task=lambda model: task)
    monkeypatch.setattr("recipes.__main__.find_recipe", lambda name: recipe)
    words = ("byte_mlm", "predict", "--run-folder", trained)
    return lambda *texts: answer(*words, *texts)


def test_predict_answers_a_text(predict):
    code, out, _ = predict("a [MASK:2] b", "[MASK] c")
    assert code == 0
    text, *lines = out.splitlines()
    assert text == "a xx b x c"
    assert [line.split(":")[0] for line in lines] == [
        "  byte 2", "  byte 3", "  byte 7"
    ]  # fmt: skip
    assert all(line.split(": ")[1].startswith("'x' 100%") for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no mask"], "the text has no mask. Write [MASK]"),
        ([], "the text has no mask"),
        (["[MASK:65]"], "has 65 masked bytes, and at most 64"),
        (["[MASK]", "x" * 79], "takes 81 bytes with its masks, and the model"),
    ],
)
def test_predict_says_what_is_wrong_with_a_text(words, message, predict):
    code, out, err = predict(*words)
    assert (code, out) == (1, "")
    assert message in err


def test_a_run_without_a_checkpoint_holds_no_model(copied, answer):
    (copied / "best").unlink()
    code, _, err = answer(
        "byte_mlm", "predict", "--run-folder", copied, "[MASK]"
    )
    assert code == 1
    assert "best holds no model" in err


def test_export_says_how_to_check_it(trained, answer, tmp_path):
    code, out, _ = answer("byte_mlm", "export", "--run-folder", trained)
    version = pathlib.Path("saved_models/byte_mlm/1")
    assert code == 0
    assert out == (
        "exporting, and measuring for batches ...\n"
        f"exported: {version}\ncheck it: keras-perceiver check {version}\n"
    )
    assert (tmp_path / version / "saved_model.pb").is_file()


def test_export_goes_where_it_is_told(copied, answer, monkeypatch):
    exported = []
    monkeypatch.setattr(
        runner.serving_export,
        "export",
        lambda task, base, precision, card: exported.append(
            (base, precision, card)
        ),
    )
    words = ("byte_mlm", "export", "--run-folder", copied)
    card = copied / "best" / "README.md"
    words += ("--to", "elsewhere/model")
    assert answer(*words)[0] == 0
    card.write_text("of the run\n")
    assert answer(*words)[0] == 0
    assert answer(*words, "--precision", "int8")[0] == 0
    elsewhere = pathlib.Path("elsewhere/model")
    assert exported[:2] == [
        (elsewhere, None, None),
        (elsewhere, None, "of the run\n"),
    ]
    assert exported[2][:2] == (elsewhere, "int8")
    assert exported[2][2].startswith("of the run\n")
    assert "In int8." in exported[2][2]


def test_a_run_is_evaluated_in_the_precision_of_an_export(copied, answer):
    before = contents(copied)
    words = ("--run-folder", copied, "--precision", "bfloat16")
    code, out, _ = answer("byte_mlm", "evaluate", *words)
    assert code == 0
    title, trained, rounded = [line.split() for line in out.splitlines()[-3:]]
    assert title == ["held", "out", *RECIPE.columns]
    assert trained[:2] == ["as", "trained"]
    assert rounded[:2] == ["in", "bfloat16"]
    # The text has no `x`, which gets a logit of 30 beside zeros.
    nats = 2 + list(RECIPE.columns).index("nats")
    assert trained[nats] == rounded[nats] == "30.000"
    assert contents(copied) == before
