"""The tagger of sound with video from the command line to its results."""

import contextlib
import csv
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.serving.check import check
from recipes.__main__ import main
from tests.data.media.test_sound_alone import wave
from tests.data.media.test_sound_alone import write_wav
from tests.recipes.audioset import few_clips

SETTINGS = {
    "model.spectrogram-shape": "16,12",
    "model.num-latents": "8",
    "model.latent-dim": "32",
    "model.num-self-attends-per-block": "1",
    "model.qk-channels": "32",
    "model.v-channels": "32",
    "model.decoder-qk-channels": "32",
    "model.decoder-v-channels": "32",
    "training.steps": "20",
    "training.evaluate-every": "10",
    "training.jit-compile": "false",
    "optimizer.warmup-steps": "4",
}


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["audioset", *map(str, words)]) == 0
    return output.getvalue().splitlines()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a small model, and what preparing and training said."""
    folder = tmp_path_factory.mktemp("sounds")
    clips = few_clips.write(folder / "clips")
    settings = {
        **{"data": clips, "data.records": folder / "records"},
        **{"data.test-clips": "2", "training.batch-size": "4"},
        **SETTINGS,
    }
    prepared = run("prepare", **settings)
    trained = run("train", "--run-folder", folder / "run", **settings)
    return folder / "run", prepared, trained


def test_clips_are_prepared_and_tags_learned(trained):
    folder, prepared, printed = trained
    assert any("20 videos, 0 skipped" in line for line in prepared)
    results = json.loads((folder / "results.json").read_text())
    model, prior = results["model"], results["baselines"]["prior"]
    assert set(model) == {"map_error", "auc", "d_prime", "loss"}
    assert prior["auc"] == pytest.approx(0.5)
    with (folder / "metrics.csv").open() as table:
        first, last = csv.DictReader(table)
    # Twelve clips are learned, if not yet told from others.
    assert float(last["loss"]) < float(first["loss"])
    (row,) = [line for line in printed if line.startswith("Perceiver IO ")]
    assert f"{1 - model['map_error']:.1%}" in row
    assert f"{model['auc']:.3f}" in row


def test_what_is_given_is_measured_and_drawn(trained):
    folder, _, printed = trained
    with (folder / "given.csv").open() as lines:
        rows = {row["given"]: row for row in csv.DictReader(lines)}
    assert list(rows) == ["sound and video", "sound alone", "video alone"]
    assert len({row["AUC"] for row in rows.values()}) > 1
    assert any(line.startswith("video alone ") for line in printed)
    for name in ("tags.png", "learning_curve.png", "samples/step_0000020.png"):
        with PIL.Image.open(folder / name) as picture:
            assert np.asarray(picture).std() > 20


def test_tags_are_told_apart(trained, capsys):
    folder, _, _ = trained
    lines = run("evaluate", "--run-folder", folder, "--by", "label")
    assert sum(line.startswith("whistle ") for line in lines) == 1
    with (folder / "classes.csv").open() as table:
        assert len(list(csv.DictReader(table))) == 8
    words = ["evaluate", "--run-folder", str(folder), "--by", "lable"]
    assert main(["audioset", *words]) == 1
    assert "Did you mean 'label'" in capsys.readouterr().err


def test_videos_and_sounds_of_any_length_are_tagged(
    trained, tmp_path, monkeypatch, capsys
):
    folder, _, _ = trained
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / "hiss.wav", wave(seconds=1.0))
    write_wav(tmp_path / "nothing.wav", 0 * wave(seconds=0.2))
    lines = run("predict", "--run-folder", folder, "hiss.wav", "nothing.wav")
    assert sum("%" in line for line in lines) == 2 * 5
    chances = [float(line.split("%")[0]) for line in lines[1:6]]
    assert chances == sorted(chances, reverse=True)
    # 25 frames, and clips of 16 that begin at 0, 8 and 9.
    assert "  the mean of 3 clips, each over half the next" in lines
    assert "  the video has sound that is silent." in lines
    words = ["predict", "--run-folder", str(folder)]
    alone = run(*words, "hiss.wav", "--picture", "tags.png")
    assert alone[-1] == "written: tags.png"
    assert alone[:-1] == lines[: len(alone) - 1]
    with PIL.Image.open("tags.png") as picture:
        assert np.asarray(picture).std() > 20
    (tmp_path / "no.mp4").write_text("no video")
    assert main(["audioset", *words, "no.mp4"]) == 1
    assert "no.mp4: the video cannot be opened" in capsys.readouterr().err
    assert main(["audioset", *words]) == 1
    assert "predict takes videos or sounds" in capsys.readouterr().err


def test_real_videos_are_tagged(trained, data_dir, tmp_path, monkeypatch):
    videos = [
        data_dir / "video" / f"{name}.mp4"
        for name in ("bigbuckbunny", "cockatoo")
    ]
    if not all(video.is_file() for video in videos):
        pytest.skip(f"no such videos in {data_dir}")
    monkeypatch.chdir(tmp_path)
    lines = run("predict", "--run-folder", trained[0], *videos)
    assert sum("%" in line for line in lines) == 2 * 5
    # All samples of the cockatoo are 0.
    told = [line for line in lines if line.startswith("  the video")]
    assert told == ["  the video has sound that is silent."]
    assert lines.index(told[0]) > lines.index(str(videos[1]))


def test_the_export_passes_its_check(trained, tmp_path):
    folder, _, _ = trained
    assert load_pretrained(folder / "best").preprocessing["media_format"] == {
        "frames_per_second": 25,
        "size": 32,
        "sample_rate": 8_000,
    }
    run("export", "--run-folder", folder, "--to", tmp_path / "export")
    assert len(list(check(tmp_path / "export"))) > 3
