"""The autoencoder of clips from the command line to its results."""

import contextlib
import csv
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.data.media.decode import read_clip
from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.serving.check import check
from recipes.__main__ import main
from tests.data.media import video_files
from tests.recipes.kinetics import few_videos

# Colours are learned within seconds.
SETTINGS = {
    "training.steps": "40",
    "training.evaluate-every": "40",
    "training.batch-size": "8",
    "training.jit-compile": "false",
    "optimizer.warmup-steps": "10",
}


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["kinetics", *map(str, words)]) == 0
    return output.getvalue().splitlines()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a small model, and what training printed."""
    folder = tmp_path_factory.mktemp("clips")
    videos = few_videos.write(folder / "videos")
    prepared = few_videos.prepare(videos, folder / "records")
    settings = {**prepared, **SETTINGS}
    return folder / "run", run(
        "train", "--run-folder", folder / "run", **settings
    )


def test_clips_are_learned(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model, constant = results["model"], results["baselines"]["constant"]
    assert model["video_mse"] < 0.7 * constant["video_mse"]
    assert model["loss"] < constant["loss"]
    (row,) = [line for line in printed if line.startswith("Perceiver IO ")]
    assert f"{-10 * np.log10(model['video_mse']):.2f} dB" in row
    assert "In video, the model beats every baseline." in printed


def test_what_is_given_changes_what_comes_out(trained):
    folder, printed = trained
    with (folder / "given.csv").open() as lines:
        rows = {row["given"]: row for row in csv.DictReader(lines)}
    assert list(rows) == ["video and sound", "video alone", "sound alone"]
    levels = {name: float(row["video"][:-3]) for name, row in rows.items()}
    assert levels["video and sound"] > levels["sound alone"] + 1
    assert any(line.startswith("sound alone ") for line in printed)


def test_a_run_leaves_pictures_and_a_video_with_sound(trained):
    folder, _ = trained
    for name in ("contact_sheet.png", "spectrograms.png"):
        with PIL.Image.open(folder / name) as picture:
            assert np.asarray(picture).std() > 20
    assert (folder / "samples" / "step_0000040.png").is_file()
    frames, audio, reader = read_clip(
        folder / "reconstruction.mp4", media_format=MediaFormat(25, 256, 4_000)
    )
    assert len(frames) == 4 * 16
    assert reader.has_audio
    assert frames.std() > 20
    assert np.isfinite(audio).all()


def test_classes_are_told_apart(trained, capsys):
    folder, _ = trained
    lines = run("evaluate", "--run-folder", folder, "--by", "label")
    assert sum(line.startswith("red_right") for line in lines) == 1
    with (folder / "classes.csv").open() as table:
        assert len(list(csv.DictReader(table))) == 8
    words = ["evaluate", "--run-folder", str(folder), "--by", "lable"]
    assert main(["kinetics", *words]) == 1
    assert "Did you mean 'label'" in capsys.readouterr().err


def test_any_video_is_reconstructed(trained, tmp_path, monkeypatch):
    folder, _ = trained
    video = video_files.numbered(
        tmp_path / "grey.mp4", 45, audio=video_files.tone(2.25)
    )
    monkeypatch.chdir(tmp_path)
    lines = run("predict", "--run-folder", folder, video)
    # Behind how far it is, which slow machines tell.
    lines = lines[lines.index(str(video)) :]
    assert "its mean frame" in lines[1]
    assert "silence" in lines[2]
    assert sum("%" in line for line in lines) == 5
    written = tmp_path / "grey.reconstruction.mp4"
    assert lines[-1] == f"  written: {written.name}"
    frames, _, _ = read_clip(written, media_format=MediaFormat(25, 64, 4_000))
    # 45 frames at 20 frames/s are 2.25 s; the 57th begins at 2.24 s.
    assert len(frames) == 57


def test_what_is_no_video_is_told(trained, tmp_path, monkeypatch, capsys):
    folder, _ = trained
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.mp4").write_text("no video")
    words = ["predict", "--run-folder", str(folder)]
    assert main(["kinetics", *words, "no.mp4"]) == 1
    assert (
        "error: no.mp4: the video cannot be opened" in capsys.readouterr().err
    )
    assert [path.name for path in tmp_path.iterdir()] == ["no.mp4"]
    assert main(["kinetics", *words]) == 1
    assert "predict takes video files" in capsys.readouterr().err


def test_the_export_passes_its_check(trained, tmp_path, capsys):
    folder, _ = trained
    assert load_pretrained(folder / "best").preprocessing["media_format"] == {
        "frames_per_second": 25,
        "size": 32,
        "sample_rate": 4_000,
    }
    run("export", "--run-folder", folder, "--to", tmp_path / "export")
    assert len(list(check(tmp_path / "export"))) > 3
