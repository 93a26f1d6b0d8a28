"""`python -m recipes`: what it answers, and that mistakes leave no trace."""

import contextlib
import dataclasses
import io
import json
import pathlib
import runpy
import shutil

import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.tasks import FillMask
from keras_perceiver.training import run_folder
from keras_perceiver.training.checkpoints import STATE_FILE
from recipes import runner
from recipes.__main__ import main
from recipes.byte_mlm import RECIPE

SMALL = {
    "--model.max-length": 80,
    "--model.embedding-dim": 16,
    "--model.num-latents": 4,
    "--model.latent-dim": 16,
    "--model.num-self-attends-per-block": 1,
    "--model.qk-channels": 16,
    "--model.v-channels": 16,
    "--model.decoder-qk-channels": 16,
    "--model.decoder-v-channels": 16,
    "--optimizer.warmup-steps": 1,
    "--training.steps": 4,
    "--training.evaluate-every": 2,
    "--training.batch-size": 4,
    "--training.jit-compile": "false",
}


def small(*words):
    """The words, with the settings above that are not among them."""
    rest = {key: SMALL[key] for key in SMALL if key not in words}
    return [*words, *(word for pair in rest.items() for word in pair)]


def run(*words):
    """Returns the exit code of a command line."""
    try:
        return main([str(word) for word in words])
    except SystemExit as end:
        return end.code


@pytest.fixture
def answer(capsys):
    """A function from a command line to its code, output and errors."""

    def answer(*words):
        code = run(*words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return answer


def write_text(folder, name="text.txt"):
    path = folder / name
    path.write_bytes(b"A small model is trained on this one sentence. " * 60)
    return path


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


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Nothing is written to the folder that tests are started from."""
    monkeypatch.chdir(tmp_path)


def contents(path):
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


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


def test_an_existing_run_is_left_alone(copied, answer):
    before = contents(copied)
    words = ("--run-folder", copied, "--data", write_text(copied.parent))
    code, _, err = answer("byte_mlm", "train", *small(*words))
    assert code == 1
    for option in ("--resume", "--overwrite", "--run-folder"):
        assert option in err
    assert contents(copied) == before


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


def test_a_cut_off_state_is_told_in_one_line(copied, answer):
    configuration = json.loads((copied / "configuration.json").read_text())
    words = ("--run-folder", copied, "--data", configuration["data"]["source"])
    code, _, err = answer("byte_mlm", "train", "--resume", *small(*words))
    assert code == 1
    assert "training_state.safetensors" in err
    assert err.count("\n") == 1


def test_prepare_describes_the_data(tmp_path, answer):
    text = write_text(tmp_path)
    code, out, _ = answer("byte_mlm", "prepare", *small("--data", text))
    assert code == 0
    assert out == (f"text: {text} (1 file)\nheld out: 3 examples of 80 bytes\n")
    assert list(tmp_path.iterdir()) == [text]


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


@pytest.mark.parametrize("verb", ["predict", "evaluate", "export"])
def test_without_a_run_there_is_nothing_to_use(verb, answer, tmp_path):
    code, out, err = answer("byte_mlm", verb)
    assert (code, out) == (1, "")
    assert "runs/byte_mlm_tiny holds no run. Train first" in err
    code, _, err = answer("byte_mlm", verb, "--config", "base")
    assert "runs/byte_mlm_base holds no run" in err
    assert list(tmp_path.iterdir()) == []


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


def test_a_precision_that_is_none_is_told_first(answer, tmp_path):
    words = ("--run-folder", tmp_path, "--precision", "int4")
    code, _, err = answer("byte_mlm", "export", *words)
    assert code == 1
    assert "Unknown precision 'int4'. Did you mean 'int8'?" in err
