"""Runs that are stopped, damaged or started twice, and go on."""

import contextlib
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import types

import pytest

from keras_perceiver.training.checkpoints import STATE_FILE
from keras_perceiver.training.checkpoints import Checkpoints
from keras_perceiver.training.run_folder import METRICS_FILE
from keras_perceiver.training.run_folder import RunFolder
from keras_perceiver.training.run_lock import RunLock
from recipes import building
from recipes import continuation
from recipes import runner
from recipes.byte_mlm import RECIPE
from recipes.settings import flatten
from tests.recipes import text_runs
from tests.recipes.command_lines import SENTENCE
from tests.recipes.same_runs import assert_same_run
from tests.recipes.same_runs import contents
from tests.recipes.signals import signal_at
from tests.recipes.small_run import SMALL_RUN

pytestmark = pytest.mark.usefixtures("no_graphs")

SIX_STEPS = {"training.steps": 6, "training.evaluate-every": 3}


def train(text, path, settings=None, **options):
    """Trains and returns what was printed."""
    settings = {**SIX_STEPS, **(settings or {})}
    return text_runs.train(text, path, settings, text_runs.QUICK, **options)


@pytest.fixture(scope="module")
def straight(tmp_path_factory, text):
    """A run that nothing disturbed."""
    path = tmp_path_factory.mktemp("straight") / "run"
    train(text, path)
    return path


@pytest.fixture
def finished(straight, tmp_path):
    """A copy of that run, to be changed."""
    shutil.copytree(straight, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


@pytest.fixture
def unfinished(finished):
    """As if the process had ended before the results."""
    (finished / "results.json").unlink()
    return finished


@pytest.fixture
def fits(monkeypatch):
    """Runs go up to `fit` and no further; returns what it would have got."""
    calls = []

    def fit(recipe, configuration, data, model, training_model, folder, begin):
        calls.append(types.SimpleNamespace(folder=folder, begin=begin))

    monkeypatch.setattr(runner, "_fit", fit)
    return calls


def test_a_run_that_is_told_to_stop_loses_nothing(
    text, straight, tmp_path, capsys
):
    """Amid an epoch, in an evaluation, and from the keyboard."""
    path = tmp_path / "run"
    stops = [
        ("on_train_batch_begin", 2, signal.SIGTERM, SystemExit, 0, 2),
        ("on_test_batch_begin", 1, signal.SIGTERM, SystemExit, 2, 3),
        ("on_test_batch_begin", 2, signal.SIGTERM, SystemExit, 3, 3),
        ("on_train_batch_begin", 1, signal.SIGINT, KeyboardInterrupt, 3, 4),
    ]
    for event, number, which, error, first, last in stops:
        configuration = text_runs.configured(text, SIX_STEPS)
        with pytest.MonkeyPatch.context() as patch:
            signal_at(patch, event, number, which)
            with (
                contextlib.redirect_stdout(io.StringIO()) as output,
                pytest.raises(error) as end,
            ):
                runner.train(text_runs.QUICK, configuration, path)
        assert f"stopped at step {last}; the same" in capsys.readouterr().err
        if error is SystemExit:
            assert end.value.code == 75
        said = f"going on from step {first}\n"
        assert (said in output.getvalue()) == (first > 0)
        checkpoint = f"checkpoints/step_000000{last}"
        assert os.readlink(path / "last") == checkpoint
    printed = train(text, path)
    assert "going on from step 4\n" in printed
    assert_same_run(path, straight)


def test_an_interruption_before_training_ends_at_once(
    text, tmp_path, monkeypatch
):
    def terminate(*args):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(building, "build_model", terminate)
    with pytest.raises(SystemExit) as end:
        train(text, tmp_path / "run")
    assert end.value.code == 75
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_left_out(text, unfinished, straight):
    state_file = unfinished / "last" / STATE_FILE
    content = bytearray(state_file.read_bytes())
    content[-1] ^= 1
    state_file.write_bytes(content)
    printed = train(text, unfinished)
    assert (
        "damaged, so it is left out: checkpoints/step_0000006: "
        f"{STATE_FILE} is not as it was written\n"
    ) in printed
    assert "going on from step 3\n" in printed
    assert "step 6 of 6" in printed
    assert_same_run(unfinished, straight)


def test_without_a_whole_checkpoint_nothing_goes_on(text, unfinished, fits):
    for manifest in unfinished.glob("checkpoints/*/manifest.json"):
        manifest.unlink()
    before = contents(unfinished)
    with pytest.raises(ValueError, match="No checkpoint of the run") as error:
        train(text, unfinished)
    for words in (
        "checkpoints/step_0000003: it has no manifest.json; "
        "checkpoints/step_0000006: it has no manifest.json",
        "--overwrite",
    ):
        assert words in str(error.value)
    assert contents(unfinished) == before
    assert fits == []


def test_a_lost_best_is_told(text, unfinished, fits):
    # The best so far of the newest is in no checkpoint any more.
    newest = (unfinished / "last").resolve()

    def write(folder):
        for name in ("model.json", "model.safetensors", STATE_FILE):
            shutil.copy(newest / name, folder)

    Checkpoints(unfinished).save(6, write, keep=2, value=9.0)
    best = first_value(unfinished)
    printed = train(text, unfinished)
    assert "the best so far, nats " in printed
    assert f"of what is left, the best is {best:.3f}\n" in printed
    assert fits[0].begin["best"] == best
    assert os.readlink(unfinished / "best") == "checkpoints/step_0000003"


def first_value(path):
    """What the first evaluation gave."""
    return RunFolder(path).read_rows(METRICS_FILE)[0]["heldout_nats"]


def test_an_ended_run_lacks_its_results_only(text, unfinished, straight):
    assert "step 6 of 6" not in train(text, unfinished)
    assert (unfinished / "results.json").exists()
    assert_same_run(unfinished, straight)


def test_a_finished_run_is_left_alone(text, finished, fits):
    with pytest.raises(FileExistsError, match="--resume"):
        train(text, finished)
    assert (finished / "results.json").exists()
    assert fits == []


def test_a_run_without_a_checkpoint_begins_anew(text, unfinished, fits):
    """It was killed before its first evaluation, or even its first step."""
    shutil.rmtree(unfinished / "checkpoints")
    train(text, unfinished)
    assert fits[0].begin["step"] == 0
    assert not (unfinished / "metrics.csv").exists()
    (unfinished / "configuration.json").unlink()
    train(text, unfinished)
    assert (unfinished / "configuration.json").exists()


def test_other_settings_are_refused_by_name(text, unfinished, fits):
    changed = {"training.batch-size": 8, "training.steps": 9}
    with pytest.raises(ValueError, match="other settings") as error:
        train(text, unfinished, changed)
    for words in (
        "--training.batch-size was 4, is 8",
        "--training.steps was 6, is 9",
        "--training.steps alone may change with --resume",
    ):
        assert words in str(error.value)
    assert fits == []


def test_what_may_change_is_told_and_kept(text, unfinished, fits):
    changed = {"training.keep-checkpoints": 1, "training.checkpoint-every": 2}
    printed = train(text, unfinished, changed)
    assert (
        "changed settings: --training.checkpoint-every was None, is 2, "
        "--training.keep-checkpoints was 2, is 1\n"
    ) in printed
    assert fits[0].begin["step"] == 6
    # It is the run's setting from now on.
    (unfinished / "results.json").unlink()
    assert "changed settings" not in train(text, unfinished, changed)


def test_every_setting_that_may_change_is_one():
    keys = flatten(RECIPE.configuration("tiny")).keys()
    assert keys >= set(continuation.MAY_CHANGE)


def test_a_finished_run_takes_more_steps_if_asked(text, finished):
    more = {"training.steps": 9}
    printed = train(text, finished, more, resume=True)
    assert "changed settings: --training.steps was 6, is 9\n" in printed
    assert "step 9 of 9" in printed
    with pytest.raises(ValueError, match="has taken 9 steps already"):
        train(text, finished, resume=True)


def test_other_data_are_refused(unfinished, text, fits, tmp_path):
    other = tmp_path / "other.txt"
    shutil.copy(text, other)
    try:
        text.write_bytes(SENTENCE * 61)
        with pytest.raises(ValueError, match="other data: ") as error:
            train(text, unfinished)
        assert "sha256 was " in str(error.value)
    finally:
        shutil.copy(other, text)
    assert fits == []


def test_the_same_first_weights_go_on(straight, text, tmp_path, fits):
    best, path = straight / "best", tmp_path / "run"
    train(text, path, start_from=best)
    for start_from in (None, straight / "last"):
        with pytest.raises(ValueError, match="other weights: --from was"):
            train(text, path, start_from=start_from)
    train(text, path, start_from=best)
    assert len(fits) == 2


def test_a_folder_in_use_is_left_alone(text, unfinished, fits):
    with contextlib.closing(RunLock(unfinished / ".lock")) as lock:
        lock.take()
        for options in ({}, {"resume": True}, {"overwrite": True}):
            with pytest.raises(BlockingIOError, match=f"{os.getpid()} on "):
                train(text, unfinished, **options)
    assert fits == []
    train(text, unfinished)
    assert len(fits) == 1


def test_a_disk_that_fills_is_told(text, tmp_path, straight):
    path = tmp_path / "run"
    values = {"data": text, **SMALL_RUN, **SIX_STEPS}
    words = [f"--{name}={value}" for name, value in values.items()]
    words = ["byte_mlm", "train", "--run-folder", path, *words]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.recipes.full_disk", "60000", *words],
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("error: The checkpoint of step 6 could not")
    assert "That of step 3 is whole" in ended.stderr
    assert ended.stderr.count("\n") == 1
    names = [file.name for file in (path / "checkpoints").iterdir()]
    assert names == ["step_0000003"]
    one, other = (run / "checkpoints" / names[0] for run in (path, straight))
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes()
