import contextlib
import json
import math
import os
import pathlib
import platform
import re

import keras
import pytest
import tensorflow as tf

import keras_perceiver
from keras_perceiver.training import run_folder
from keras_perceiver.training.run_folder import METRICS_FILE
from keras_perceiver.training.run_folder import TIMINGS_FILE
from keras_perceiver.training.run_folder import RunFolder
from keras_perceiver.training.run_folder import machine_record
from keras_perceiver.training.run_lock import RunLock

CONFIGURATION = {"training": {"steps": 4}, "text": "é"}


def created(path):
    folder = RunFolder(path)
    folder.create(CONFIGURATION, {"cpus": 2}, {"sha256": "abc"})
    return folder


def files_below(path):
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


def message_of(error, check):
    with pytest.raises(error) as caught:
        check()
    return str(caught.value)


def without_permission_for(monkeypatch, refused):
    """Root may write anywhere, so the answer of the system is replaced."""
    monkeypatch.setattr(
        run_folder.os,
        "access",
        lambda path, mode: pathlib.Path(path) != refused,
    )


def test_a_new_run_may_begin_where_nothing_is(tmp_path):
    for name in ("new", "in/a/deep/folder"):
        RunFolder(tmp_path / name).check_new()
    empty = tmp_path / "empty"
    empty.mkdir()
    RunFolder(empty).check_new()
    assert list(tmp_path.iterdir()) == [empty]


def test_a_new_run_may_not_begin_where_something_is(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("folder", "file"):
        path = tmp_path / name
        message = message_of(FileExistsError, RunFolder(path).check_new)
        for words in (str(path), "--resume", "--overwrite", "--run-folder"):
            assert words in message


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    without_permission_for(monkeypatch, tmp_path)
    path = tmp_path / "in" / "a" / "deep" / "folder"
    message = message_of(PermissionError, RunFolder(path).check_new)
    assert f"no permission for {tmp_path}." in message
    assert "--run-folder" in message


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    message = message_of(
        PermissionError, RunFolder(tmp_path / "file" / "run").check_new
    )
    assert f"no permission for {tmp_path / 'file'}." in message


def test_a_relative_path_is_checked_where_it_leads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunFolder("runs/name").check_new()
    without_permission_for(monkeypatch, tmp_path)
    message_of(PermissionError, RunFolder("runs/name").check_new)


def test_only_a_run_can_be_used(tmp_path):
    path = tmp_path / "run"
    message = message_of(FileNotFoundError, RunFolder(path).check_finished_part)
    assert "holds no run" in message
    created(path).check_finished_part()


def test_a_run_that_was_killed_at_once_may_begin_again(tmp_path):
    folder = RunFolder(tmp_path)
    folder.lock_file.touch()
    folder.machine_file.write_text("half")
    folder.check_new()
    with contextlib.closing(RunLock(folder.lock_file)) as lock:
        folder.claim(lock, overwrite=False)
        assert lock.is_taken
    assert files_below(tmp_path) == {".lock": b""}


def test_only_one_of_two_runs_claims_a_folder(tmp_path):
    """Both found it empty, and the other was faster, or even is finished."""
    folder = created(tmp_path / "run")
    before = files_below(folder.path)
    with contextlib.closing(RunLock(folder.lock_file)) as lock:
        message_of(FileExistsError, lambda: folder.claim(lock, overwrite=False))
        assert files_below(folder.path) == before
        folder.claim(lock, overwrite=True)
    assert files_below(folder.path) == {".lock": b""}


def test_a_finished_run_has_its_last_step_and_results(tmp_path):
    folder = created(tmp_path)
    folder.checkpoints.save(6, lambda path: None, keep=2)
    assert not folder.is_finished(6)
    folder.results_file.write_text("{}")
    assert folder.is_finished(6)
    assert not folder.is_finished(8)


def test_clear_deletes_a_run(tmp_path):
    folder = created(tmp_path / "run")
    (folder.samples / "step_0000002.txt").write_text("sample")
    folder.lock_file.touch()
    folder.clear()
    # Who holds the lock goes on holding it.
    assert list(folder.path.iterdir()) == [folder.lock_file]
    RunFolder(tmp_path / "none").clear()


def test_clear_leaves_what_is_no_run(tmp_path):
    path = tmp_path / "thesis"
    (path / "best").mkdir(parents=True)
    (path / "chapter.txt").write_text("years of work")
    message = message_of(ValueError, RunFolder(path).clear)
    assert f"{path} is not empty and holds no run" in message
    assert files_below(path) == {"chapter.txt": b"years of work"}
    (tmp_path / "empty").mkdir()
    RunFolder(tmp_path / "empty").clear()


def test_create_writes_what_is_known_before_training(tmp_path):
    folder = created(tmp_path / "runs" / "one")
    assert set(files_below(folder.path)) == {
        "configuration.json",
        "machine.json",
        "data.json",
    }
    assert folder.read_configuration() == CONFIGURATION
    assert json.loads(folder.machine_file.read_text()) == {"cpus": 2}
    assert json.loads(folder.data_file.read_text()) == {"sha256": "abc"}
    assert folder.samples.is_dir()


def test_what_could_not_be_created_is_no_run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(TypeError):
        folder.create(CONFIGURATION, {}, {"not": object()})
    message_of(FileNotFoundError, folder.check_finished_part)


ROWS = [
    {"step": 2, "loss": 3.25, "heldout_nats": 0.1 + 0.2},
    {"step": 4, "loss": math.nan, "heldout_nats": 1e-30},
    {"step": 6, "loss": 1.0, "heldout_accuracy": 0.5},
]


def test_rows_come_back_as_they_were(tmp_path):
    folder = created(tmp_path)
    assert folder.read_rows(METRICS_FILE) == []
    for row in ROWS:
        folder.append(METRICS_FILE, row)
    rows = folder.read_rows(METRICS_FILE)
    assert rows[0] == ROWS[0]
    assert math.isnan(rows[1].pop("loss"))
    assert rows[1] == {"step": 4, "heldout_nats": 1e-30}
    # A cell that a row has no value for stays empty.
    assert rows[2] == ROWS[2]
    lines = (tmp_path / METRICS_FILE).read_text().splitlines()
    assert lines[0] == "step,loss,heldout_nats,heldout_accuracy"
    assert lines[1] == "2,3.25,0.30000000000000004,"


@pytest.mark.parametrize("step", [6, 4, 3, 2, 0])
def test_forget_after_drops_later_steps(step, tmp_path):
    folder = created(tmp_path)
    for row in ROWS:
        folder.append(METRICS_FILE, row)
        folder.append(TIMINGS_FILE, {"step": row["step"], "seconds": 1.0})
    folder.forget_after(step)
    kept = [row["step"] for row in ROWS if row["step"] <= step]
    for name in (METRICS_FILE, TIMINGS_FILE):
        assert [row["step"] for row in folder.read_rows(name)] == kept


def test_forget_after_deletes_what_was_half_written(tmp_path):
    folder = created(tmp_path)
    before = files_below(tmp_path)
    folder.lock_file.touch()
    (tmp_path / ".metrics.csv.x3f7.csv").write_text("half")
    folder.results_file.write_text("of a step that is taken again")
    folder.forget_after(0)
    assert files_below(tmp_path) == {**before, ".lock": b""}


def test_forgetting_and_appending_gives_the_same_file(tmp_path):
    folder = created(tmp_path)
    for row in ROWS:
        folder.append(METRICS_FILE, row)
    whole = (tmp_path / METRICS_FILE).read_bytes()
    folder.forget_after(2)
    for row in ROWS[1:]:
        folder.append(METRICS_FILE, row)
    assert (tmp_path / METRICS_FILE).read_bytes() == whole


def test_a_table_stays_whole_when_killed_halfway(tmp_path, monkeypatch):
    folder = created(tmp_path)
    folder.append(METRICS_FILE, ROWS[0])
    before = files_below(tmp_path)
    write_text = pathlib.Path.write_text

    def write_half(path, text):
        write_text(path, text[: len(text) // 2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "write_text", write_half)
        with pytest.raises(KeyboardInterrupt):
            folder.append(METRICS_FILE, ROWS[1])
    assert files_below(tmp_path) == before
    folder.append(METRICS_FILE, ROWS[1])
    assert len(folder.read_rows(METRICS_FILE)) == 2


def test_machine_record_says_versions_and_hardware():
    record = machine_record()
    assert json.loads(json.dumps(record)) == record
    assert record["keras_perceiver"] == keras_perceiver.__version__
    assert record["keras"] == keras.__version__
    assert record["tensorflow"] == tf.__version__
    assert record["python"] == platform.python_version()
    assert record["cpus"] == len(os.sched_getaffinity(0))
    assert record["gpus"] == []
    assert re.search(r"\w", record["processor"])


def test_samples_are_texts_or_pictures_and_forgotten_alike(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create({}, {}, {})
    folder.write_sample(5, "ü")
    folder.write_sample(10, b"\x89PNG")
    assert (folder.samples / "step_0000005.txt").read_text("utf-8") == "ü"
    assert (folder.samples / "step_0000010.png").read_bytes() == b"\x89PNG"
    folder.forget_after(5)
    names = [path.name for path in folder.samples.iterdir()]
    assert names == ["step_0000005.txt"]
