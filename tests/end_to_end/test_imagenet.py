"""Image classifiers from the command line to their results."""

import contextlib
import csv
import dataclasses
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert.take_over import take_over
from keras_perceiver.models import from_preset
from recipes import imagenet
from recipes.__main__ import main
from recipes.assignments import assign
from recipes.imagenet import RECIPE
from recipes.imagenet import compared_models
from recipes.imagenet import permuted_pixels

# What tells light from dark digits' shapes within seconds.
SETTINGS = {
    "training.steps": "60",
    "training.evaluate-every": "60",
    "training.jit-compile": "false",
    "optimizer.flat-steps": "30",
}
COLOURS = {"blue": 2, "green": 1, "red": 0}


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["imagenet", *map(str, words)]) == 0
    return output.getvalue().splitlines()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a model of digits, and what training printed."""
    folder = tmp_path_factory.mktemp("digits") / "run"
    return folder, run("train", "--run-folder", folder, **SETTINGS)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Class folders of images of one colour each, with a column."""
    path = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows = []
    for name, channel in COLOURS.items():
        for number in range(40):
            side = "val" if number < 10 else "train"
            pixels = rng.integers(0, 90, (20, 30, 3))
            pixels[..., channel] += 150
            file = path / side / name / f"{number:02d}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            PIL.Image.fromarray(pixels.astype("uint8")).save(file)
            if side == "val":
                camera = "old" if number % 2 else "new"
                rows.append(f"{file.relative_to(path)},{camera}")
    (path / "columns.csv").write_text("\n".join(["file,camera", *rows]))
    return path


def test_digits_are_learned(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model, baselines = results["model"], results["baselines"]
    assert model["top_1_error"] < 0.7 * baselines["majority"]["top_1_error"]
    assert model["nats"] < 0.8 * baselines["majority"]["nats"]
    right = f"{1 - model['top_1_error']:.2%}"
    (row,) = [line for line in printed if line.startswith("Perceiver IO ")]
    assert right in row
    names = {line.split(" ")[0] for line in printed}
    assert {"majority", "logistic_regression", "nearest_neighbours"} <= names


def test_a_run_leaves_pictures_and_classes(trained):
    folder, _ = trained
    with PIL.Image.open(folder / "samples" / "step_0000060.png") as sheet:
        assert np.asarray(sheet).std() > 20
    with (folder / "classes.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["class"] for row in rows] == [str(n) for n in range(10)]
    assert sum(int(row["examples"]) for row in rows) == 400
    results = json.loads((folder / "results.json").read_text())
    wrong = sum((1 - float(r["accuracy"])) * int(r["examples"]) for r in rows)
    assert wrong / 400 == pytest.approx(results["model"]["top_1_error"])


def test_groups_are_told_apart(trained):
    folder, _ = trained
    lines = run("evaluate", "--run-folder", folder, "--by", "ink")
    start = next(n for n, line in enumerate(lines) if line.startswith("ink"))
    groups = {line.split()[0]: line.split() for line in lines[start + 1 :][:2]}
    assert set(groups) == {"thin", "thick"}
    assert int(groups["thin"][1]) + int(groups["thick"][1]) == 400
    assert (folder / "groups_ink.csv").is_file()


def test_weights_are_evaluated_without_a_run(trained):
    folder, printed = trained
    lines = run("evaluate", "--from", folder / "best")
    (row,) = [line for line in lines if line.startswith("Perceiver IO ")]
    assert row in printed


def test_an_unknown_column_is_told_the_nearest(trained, capsys):
    folder, _ = trained
    words = ["imagenet", "evaluate", "--run-folder", str(folder), "--by", "inc"]
    assert main(words) == 1
    assert "Did you mean 'ink'" in capsys.readouterr().err


def test_a_model_is_fine_tuned_on_the_users_own_images(
    trained, photos, tmp_path, capsys
):
    folder, _ = trained
    lines = run(
        *("train", "--from", folder / "best", "--run-folder", tmp_path / "run"),
        **SETTINGS,
        **{"data": photos, "model.num-classes": 3, "training.batch-size": 16},
    )
    assert any("begins anew" in line and "logits" in line for line in lines)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["model"]["top_1_error"] == 0
    model = load_pretrained(tmp_path / "run" / "best")
    assert model.preprocessing == {"class_names": list(COLOURS)}
    image = next((photos / "val" / "green").iterdir())
    lines = run("predict", "--run-folder", tmp_path / "run", image)
    assert lines[0] == str(image)
    assert lines[1].split()[1] == "green"
    lines = run("evaluate", "--run-folder", tmp_path / "run", "--by", "camera")
    assert any(line.startswith("old") for line in lines)
    _turn_class_names(tmp_path / "run" / "best" / "model.json")
    for given in (
        ("--run-folder", tmp_path / "run"),
        ("--from", tmp_path / "run" / "best", "--data", photos),
    ):
        words = ["imagenet", "evaluate", *map(str, given)]
        assert main(words) == 1
        said = capsys.readouterr().err
        assert "number 0 is 'red' to the model and 'blue' in the data" in said


def _turn_class_names(path):
    description = json.loads(path.read_text())
    description["preprocessing"]["class_names"].reverse()
    path.write_text(json.dumps(description))


def test_all_but_the_head_is_where_it_was(trained, photos):
    folder, _ = trained
    begun = load_pretrained(folder / "best")
    configuration = assign(
        RECIPE.configuration("tiny"),
        [("data", str(photos)), ("model.num-classes", "3")],
    )
    settings = configuration.model
    model = from_preset(settings.preset, **settings.overrides)
    before = model.get_layer("logits").kernel.numpy()
    kept, unused = take_over(model, begun, "best", head=RECIPE.head)
    assert kept == ["logits"]
    assert not unused
    np.testing.assert_array_equal(model.get_layer("logits").kernel, before)
    old = {weight.path: weight.numpy() for weight in begun.weights}
    for weight in model.weights:
        if not weight.path.startswith("logits/"):
            np.testing.assert_array_equal(weight.numpy(), old[weight.path])


def test_weights_of_another_model_are_refused(trained, tmp_path, capsys):
    folder, _ = trained
    words = [
        *("imagenet", "train", "--from", str(folder / "best")),
        *("--run-folder", str(tmp_path / "run"), "--model.num-latents=16"),
    ]
    assert main(words) == 1
    assert "latents" in capsys.readouterr().err


def test_the_study_prints_a_table_and_goes_on_where_it_was(
    tmp_path, monkeypatch
):
    models = {"ConvNet": compared_models.conv_net}
    monkeypatch.setattr(permuted_pixels, "_MODELS", models)
    monkeypatch.setattr(permuted_pixels, "SEEDS", 2)
    few = {
        "training.steps": 2,
        "training.evaluate-every": 2,
        "optimizer.flat-steps": 0,
        "training.jit-compile": "false",
    }
    words = ("study", "permuted_pixels", "--run-folder", tmp_path)
    lines = run(*words, **few)
    assert sum(" of 4: " in line for line in lines) == 4
    results = json.loads((tmp_path / "permuted_pixels.json").read_text())
    accuracies = results["top_1"]
    for seed in range(2):
        del accuracies[f"ConvNet; permuted; {seed}"]
    (tmp_path / "permuted_pixels.json").write_text(json.dumps(results))
    again = run(*words, **few)
    assert sum(" of 2: " in line for line in again) == 2
    # A training is the same whichever came before it.
    assert again[-3:-1] == lines[-3:-1]
    assert again[-2].count("±") == 2
    with pytest.raises(FileExistsError, match="other settings"):
        permuted_pixels.compare_on_permuted_pixels(
            RECIPE, RECIPE.configuration("tiny"), tmp_path
        )


def test_noise_damage_and_attacks_are_withstood_less_and_less(
    trained, monkeypatch
):
    folder, _ = trained
    # Every strength is traced anew, which takes the time.
    fewer = dataclasses.replace(RECIPE.robustness, strengths=(4, 32))
    changed = dataclasses.replace(RECIPE, robustness=fewer)
    monkeypatch.setattr(imagenet, "RECIPE", changed)
    lines = run("evaluate", "--run-folder", folder, "--robustness")
    rows = json.loads((folder / "robustness.json").read_text())
    right = {words: 1 - row["top_1_error"] for words, row in rows.items()}
    results = json.loads((folder / "results.json").read_text())
    assert rows["as it is"] == pytest.approx(results["model"], rel=1e-6)
    assert right["as it is"] > right["50% covered"] > 0
    assert right["as it is"] >= right["attack of 4"] > right["attack of 32"]
    # Far worse than noise of that size.
    assert right["attack of 32"] < right["noise of 10%"] - 0.1
    *_, row = [line for line in lines if line.startswith("attack of 32")]
    assert f"{right['attack of 32']:.2%}" in row
