import json
import math
import os
import shutil

import pytest

from keras_perceiver.training import checkpoints as module
from keras_perceiver.training.checkpoints import CARD_FILE
from keras_perceiver.training.checkpoints import MANIFEST_FILE
from keras_perceiver.training.checkpoints import STATE_FILE
from keras_perceiver.training.checkpoints import Checkpoints


def save(run, step, value=None, keep=2):
    def write(folder):
        (folder / "model.json").write_text("{}")
        (folder / STATE_FILE).write_bytes(step.to_bytes(4, "big") * 500)

    Checkpoints(run).save(step, write, keep=keep, value=value)


def folder_of(run, step):
    return run / "checkpoints" / f"step_{step:07d}"


def names(run):
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def links(run):
    return [os.readlink(run / name) for name in ("best", "last")]


def files_below(path):
    return {file: file.read_bytes() for file in path.rglob("*.*")}


def test_a_checkpoint_is_what_was_written(tmp_path):
    save(tmp_path, 1_000, 2.5)
    (checkpoint,), damaged = Checkpoints(tmp_path).check()
    assert damaged == {}
    assert (checkpoint.step, checkpoint.value) == (1_000, 2.5)
    assert checkpoint.path == folder_of(tmp_path, 1_000)
    assert checkpoint.state_file.read_bytes()[:4] == b"\0\0\3\xe8"
    assert names(tmp_path) == ["step_0001000"]
    manifest = json.loads((checkpoint.path / MANIFEST_FILE).read_text())
    assert manifest["files"]["model.json"] == {
        "bytes": 2,
        # Of `{}`, as `sha256sum` tells it.
        "sha256": "44136fa355b3678a1146ad16f7e8649e"
        "94fb4fc21fe77e8310c060f61caaff8a",
    }


def test_a_card_that_is_written_anew_is_no_damage(tmp_path):
    def write(folder):
        (folder / "model.json").write_text("{}")
        (folder / CARD_FILE).write_text("not evaluated yet")

    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.best_step() is None
    checkpoints.save(7, write, keep=1, value=2.5)
    (checkpoints.best_link / CARD_FILE).write_text("evaluated")
    (checkpoint,), damaged = checkpoints.check()
    assert damaged == {}
    assert checkpoints.best_step() == checkpoint.step == 7
    # All else has to be as it was.
    (checkpoint.path / "model.json").write_text("[]")
    assert "checkpoints/step_0000007" in checkpoints.check()[1]


def test_kept_are_the_newest_and_the_best_until_each(tmp_path):
    kept = {}
    values = [3.0, 2.0, 2.5, None, 1.0, 1.0, 4.0]
    for step, value in enumerate(values, start=1):
        save(tmp_path, step, value)
        kept[step] = [
            int(name.removeprefix("step_")) for name in names(tmp_path)
        ]
    assert kept == {
        1: [1],
        2: [1, 2],
        3: [2, 3],
        4: [2, 3, 4],
        # The run may still fall back to 4, whose best is 2.
        5: [2, 4, 5],
        6: [5, 6],
        7: [5, 6, 7],
    }
    assert links(tmp_path) == [
        "checkpoints/step_0000005",
        "checkpoints/step_0000007",
    ]


def test_without_an_evaluation_there_is_no_best(tmp_path):
    save(tmp_path, 1)
    assert not (tmp_path / "best").is_symlink()
    assert (tmp_path / "last" / STATE_FILE).is_file()


def test_a_checkpoint_takes_the_place_of_one_of_that_step(tmp_path):
    save(tmp_path, 1)
    save(tmp_path, 1, 2.0)
    assert names(tmp_path) == ["step_0000001"]
    assert Checkpoints(tmp_path).check()[0][0].value == 2.0


def test_a_copied_run_without_links_goes_on(tmp_path):
    save(tmp_path / "run", 1, 2.0)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    assert (tmp_path / "copy" / "last").is_dir()
    save(tmp_path / "copy", 2, 1.0)
    assert links(tmp_path / "copy") == ["checkpoints/step_0000002"] * 2


def cut_off(folder):
    file = folder / STATE_FILE
    file.write_bytes(file.read_bytes()[:-7])


def flip(name, position):
    def damage(folder):
        content = bytearray((folder / name).read_bytes())
        content[position] ^= 1
        (folder / name).write_bytes(content)

    return damage


def remove(name):
    return lambda folder: (folder / name).unlink()


def exchange(folder):
    (folder / MANIFEST_FILE).write_bytes(
        (folder.parent / "step_0000001" / MANIFEST_FILE).read_bytes()
    )


def change_value(folder):
    file = folder / MANIFEST_FILE
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "value": 0.5}))


DAMAGES = {
    "cut off": (cut_off, f"{STATE_FILE} has 1,993 of 2,000 bytes"),
    "a flipped bit": (
        flip(STATE_FILE, 1234),
        f"{STATE_FILE} is not as it was written",
    ),
    "a flipped bit in the manifest": (
        flip(MANIFEST_FILE, 40),
        f"{MANIFEST_FILE} is not as it was written",
    ),
    "another value": (change_value, "is not as it was written"),
    "another manifest": (exchange, "is not as it was written"),
    "no manifest": (remove(MANIFEST_FILE), f"it has no {MANIFEST_FILE}"),
    "half of the files": (remove(STATE_FILE), f"it has no {STATE_FILE}"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_found_and_forgotten(damage, words, tmp_path):
    save(tmp_path, 1, 3.0)
    save(tmp_path, 2, 2.0)
    damage(folder_of(tmp_path, 2))
    checkpoints = Checkpoints(tmp_path)
    whole, damaged = checkpoints.check()
    assert [checkpoint.step for checkpoint in whole] == [1]
    assert list(damaged) == ["checkpoints/step_0000002"]
    assert words in damaged["checkpoints/step_0000002"]
    assert checkpoints.fall_back(whole, keep=2) == 3.0
    assert names(tmp_path) == ["step_0000001"]
    assert links(tmp_path) == ["checkpoints/step_0000001"] * 2


def test_best_falls_back_too(tmp_path):
    """`best` of a step that is taken again would be of the future."""
    for step, value in {1: 3.0, 2: 3.5, 3: 2.0}.items():
        save(tmp_path, step, value)
    assert links(tmp_path)[0] == "checkpoints/step_0000003"
    cut_off(folder_of(tmp_path, 3))
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.fall_back(checkpoints.check()[0], keep=2) == 3.0
    assert links(tmp_path) == [
        "checkpoints/step_0000001",
        "checkpoints/step_0000002",
    ]


def test_a_lost_best_is_replaced_by_the_best_that_is_left(tmp_path):
    for step, value in {1: 2.0, 2: 3.5, 3: 3.0}.items():
        save(tmp_path, step, value)
    cut_off(folder_of(tmp_path, 1))
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.fall_back(checkpoints.check()[0], keep=2) == 3.0
    assert links(tmp_path) == ["checkpoints/step_0000003"] * 2


def test_without_a_value_the_best_is_yet_to_come(tmp_path):
    save(tmp_path, 1)
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.fall_back(checkpoints.check()[0], keep=2) == math.inf


def test_what_was_being_written_is_forgotten(tmp_path):
    save(tmp_path, 1)
    (tmp_path / "checkpoints" / ".step_0000002.x3f7").mkdir()
    (tmp_path / "checkpoints" / ".step_0000002.x3f7" / "half").touch()
    checkpoints = Checkpoints(tmp_path)
    whole, damaged = checkpoints.check()
    assert (len(whole), damaged) == (1, {})
    checkpoints.fall_back(whole, keep=2)
    assert names(tmp_path) == ["step_0000001"]


def test_damage_during_a_run_does_not_stop_it(tmp_path):
    save(tmp_path, 1, 3.0)
    remove(MANIFEST_FILE)(folder_of(tmp_path, 1))
    save(tmp_path, 2, 3.5)
    assert links(tmp_path) == ["checkpoints/step_0000002"] * 2


@pytest.mark.parametrize("step", [0, 2])
def test_a_full_disk_leaves_what_was_there(step, tmp_path, monkeypatch):
    if step:
        save(tmp_path, step, 2.0)
    before = files_below(tmp_path)

    def fail(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_bring_to_disk", fail)
    with pytest.raises(OSError, match="of step 4 could not be") as error:
        save(tmp_path, 4, 1.0)
    kept = "That of step 2 is whole" if step else "None is yet"
    for words in ("No space left on device", "bytes are free", kept):
        assert words in str(error.value)
    assert files_below(tmp_path) == before
    assert names(tmp_path) == (["step_0000002"] if step else [])


def test_all_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    synced = []
    sync = module._bring_to_disk

    def note(path):
        synced.append((path.name, folder_of(tmp_path, 1).exists()))
        sync(path)

    monkeypatch.setattr(module, "_bring_to_disk", note)
    save(tmp_path, 1)
    assert {name for name, is_named in synced[:-2] if not is_named} == {
        "model.json",
        STATE_FILE,
        MANIFEST_FILE,
    }
    assert synced[-2][0].startswith(".step_0000001.")
    assert synced[-1] == ("checkpoints", True)
