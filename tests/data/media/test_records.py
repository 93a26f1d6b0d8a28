"""Preparing records: bad files, going on, and what is told of it."""

import csv
import dataclasses
import fcntl
import json
import os
import pathlib
import re

import numpy as np
import pytest

from keras_perceiver.data.media import clips
from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import crashing
from tests.data.media import video_files

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "videos.md"
PLAN = records.Plan(
    MediaFormat(frames_per_second=25, size=32),
    Limits(max_seconds=10),
    frames_per_record=25,
    min_frames=8,
)


def prepare(source, folder, plan=PLAN, processes=1, **options):
    found = sources.find_videos(str(source))
    return records.prepare(found, folder, plan, processes, **options)


def problems_of(folder):
    with open(folder / "problems.csv", newline="") as content:
        return {
            row["name"]: (row["reason"], row["done"])
            for row in csv.DictReader(content)
        }


@pytest.fixture(scope="module")
def bad_inputs(tmp_path_factory):
    """A folder of files, of which few are as they should be."""
    folder = tmp_path_factory.mktemp("videos") / "any class"
    folder.mkdir()
    sound = video_files.tone(2.0)
    whole = video_files.numbered(folder / "whole.mp4", 40, audio=sound)
    video_files.numbered(folder / "silent.mp4", 40)
    video_files.write(folder / "sound.mp4", [], audio=sound)
    video_files.numbered(folder / "short.mp4", 5)
    video_files.numbered(folder / "one_frame.mp4", 1)
    video_files.numbered(folder / "long.mp4", 45, rate=4)
    video_files.damaged(folder / "damaged.mp4", seconds=2, audio=sound)
    video_files.cut_off(folder / "cut_off.mp4", seconds=2)
    (folder / "renamed.avi").write_bytes(whole.read_bytes())
    video_files.no_frames(folder / "zero.mkv")
    (folder / "text.mp4").write_text("no video")
    (folder / "empty.mp4").touch()
    os.symlink(folder / "nowhere", folder / "link.mp4")
    video_files.write(
        folder / "eight.mp4",
        [video_files.grey(number) for number in range(40)],
        audio=np.full((8, 32_000), 0.5, "float32"),
        layout="7.1",
    )
    top = np.zeros((48, 64, 3), np.uint8)
    top[:24] = 255
    portrait = video_files.write(folder / "portrait.mp4", [top] * 40)
    video_files.turn_clockwise(portrait, 1)
    return folder.parent


@pytest.fixture(scope="module")
def prepared(bad_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("records") / "prepared"
    return folder, prepare(bad_inputs, folder)


def test_each_bad_file_is_told_with_its_reason(prepared):
    problems = problems_of(prepared[0])
    expected = {
        "silent": ("has no sound.", records.SILENT),
        "portrait": ("has no sound.", records.SILENT),
        "sound": ("has no video track.", records.SKIPPED),
        "short": ("has 7 frames at 25 frames/s", records.SKIPPED),
        "one_frame": ("has 2 frames at 25 frames/s", records.SKIPPED),
        "long": ("is longer than 10 s", records.SKIPPED),
        "damaged": ("is damaged", records.USED_IN_PART),
        "cut_off": ("cannot be opened", records.SKIPPED),
        "text": ("cannot be opened", records.SKIPPED),
        "empty": ("cannot be opened", records.SKIPPED),
        "link": ("cannot be opened: No such file", records.SKIPPED),
    }
    assert problems.pop("any class/zero.mkv") == (
        "has no frames.",
        records.SKIPPED,
    )
    assert set(problems) == {f"any class/{name}.mp4" for name in expected}
    for name, (reason, done) in expected.items():
        found = problems[f"any class/{name}.mp4"]
        assert found[0].startswith(reason), name
        assert found[1] == done, name


def test_what_is_odd_but_right_is_prepared_as_it_should(prepared):
    read = clips.PreparedClips(prepared[0])
    found = {
        pathlib.Path(clip["name"].numpy().decode()).name: clip
        for split in prepared[1]["records_of_split"]
        for clip in read.heldout_clips(split, 8)
    }
    whole = found["whole.mp4"]
    np.testing.assert_array_equal(found["renamed.avi"]["video"], whole["video"])
    np.testing.assert_array_equal(found["renamed.avi"]["audio"], whole["audio"])
    loudness = np.median(found["eight.mp4"]["audio"])
    assert abs(float(loudness) - 0.5) < 0.02
    # What was stored at the top is shown at the right.
    columns = found["portrait.mp4"]["video"].numpy().mean(axis=(0, 1, 3))
    assert columns[:12].max() < 20
    assert columns[-12:].min() > 235


def test_the_summary_says_how_many(prepared):
    folder, summary = prepared
    assert summary == json.loads((folder / "summary.json").read_text())
    assert summary["videos"] == 15
    assert summary["skipped"] == 9
    assert summary["silent"] == 2
    assert summary["used_in_part"] == 1
    assert summary["videos_of_class"] == {"any class": 6}
    assert sum(summary["records_of_split"].values()) == summary["records"]


def test_nothing_unfinished_is_left(prepared):
    names = {path.name for path in prepared[0].iterdir()}
    shards = {name for name in names if name.endswith(".tfrecord")}
    assert names == {
        "plan.json",
        "summary.json",
        "problems.csv",
        *shards,
        *(name.replace(".tfrecord", ".json") for name in shards),
    }


def test_finished_shards_stay_and_the_rest_is_made(tmp_path, capfd):
    source = tmp_path / "videos"
    source.mkdir()
    for number in range(3):
        video_files.numbered(source / f"{number}.mp4", 20)
    folder = tmp_path / "prepared"
    summary = prepare(source, folder, videos_per_shard=1)
    assert "3 of 3" in capfd.readouterr().out
    paths = sorted(folder.glob("*.tfrecord"))
    stamps = [path.stat().st_ino for path in paths]
    content = paths[1].read_bytes()
    # Without what is written last, the shard counts as cut off.
    paths[1].with_suffix(".json").unlink()
    paths[1].write_bytes(b"half")
    assert prepare(source, folder, videos_per_shard=1) == summary
    assert "1 of 1" in capfd.readouterr().out
    again = [path.stat().st_ino for path in paths]
    assert (again[0], again[2]) == (stamps[0], stamps[2])
    assert paths[1].read_bytes() == content


def test_processes_in_parallel_write_the_same(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    for number in range(4):
        video_files.numbered(source / f"{number}.mp4", 12 + 8 * number)
    written = []
    for processes in (1, 2):
        folder = tmp_path / f"prepared_{processes}"
        prepare(source, folder, processes=processes, videos_per_shard=3)
        written.append(
            {path.name: path.read_bytes() for path in folder.glob("train-*")}
        )
    assert len(written[0]) == 4
    assert written[0] == written[1]


def test_what_a_killed_run_left_is_removed(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    video_files.numbered(source / "a.mp4", 20)
    folder = tmp_path / "prepared"
    prepare(source, folder)
    left = folder / ".unfinished-left"
    left.mkdir()
    next(folder.glob("train-*.json")).unlink()
    prepare(source, folder)
    assert not left.exists()


def test_two_do_not_prepare_one_folder_at_once(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    video_files.numbered(source / "a.mp4", 20)
    folder = tmp_path / "prepared"
    prepare(source, folder)
    next(folder.glob("train-*.json")).unlink()
    with open(folder / "plan.json") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="Another process"):
            prepare(source, folder)


def test_a_folder_of_other_records_is_left_alone(prepared, bad_inputs):
    folder, _ = prepared
    other = dataclasses.replace(PLAN, jpeg_quality=50)
    with pytest.raises(ValueError, match="other jpeg_quality"):
        prepare(bad_inputs, folder, other)
    with pytest.raises(ValueError, match="is not empty"):
        prepare(bad_inputs, bad_inputs)


def test_a_source_of_which_nothing_can_be_used_says_why(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    (source / "text.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"text\.mp4 cannot be opened"):
        prepare(source, tmp_path / "prepared")


def test_a_video_that_takes_too_long_or_too_much_is_skipped(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    black = np.zeros((2048, 2048, 3), np.uint8)
    video_files.write(source / "a.mp4", [black] * 8)
    for limits, told in (
        (Limits(max_waiting_seconds=1e-3), "was not read within 0.001 s"),
        (Limits(max_memory_bytes=2**24), "takes more than 16 MiB of memory"),
    ):
        plan = dataclasses.replace(PLAN, limits=limits)
        with pytest.raises(ValueError, match=told):
            prepare(source, tmp_path / told.split()[0], plan)
    assert prepare(source, tmp_path / "usual")["records"] == 1


def test_a_decoder_that_crashes_takes_no_other_video_along(
    tmp_path, monkeypatch
):
    source = tmp_path / "videos"
    source.mkdir()
    for name in "ab":
        video_files.numbered(source / f"{name}.mp4", 20)

    monkeypatch.setattr(records.isolated, "_run", crashing.crash_on_a)
    summary = prepare(source, tmp_path / "prepared")
    assert summary["records"] == 1
    reason, done = problems_of(tmp_path / "prepared")["a.mp4"]
    assert "crash" in reason
    assert done == records.SKIPPED


def test_two_clips_of_one_file_are_two_records(tmp_path):
    video_files.numbered(tmp_path / "a.mp4", 60, rate=20)
    path = tmp_path / "list.csv"
    path.write_text(
        "label,youtube_id,time_start,time_end,split\n"
        "x,a,0,1,train\ny,a,1,2,validate\ny,gone,0,1,train\n"
    )
    summary = prepare(path, tmp_path / "prepared")
    assert summary["records_of_split"] == {"train": 1, "validate": 1}
    assert summary["skipped"] == 1
    found = clips.PreparedClips(tmp_path / "prepared")
    (clip,) = found.heldout_clips(num_frames=25)
    numbers = [video_files.number_of(frame) for frame in clip["video"]]
    assert numbers == [20 + k * 20 // 25 for k in range(25)]
    assert found.class_names[clip["label"]] == "y"


def test_the_page_runs(capsys, tmp_path, monkeypatch):
    page = PAGE.read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos" / "any").mkdir(parents=True)
    video_files.numbered(tmp_path / "videos" / "any" / "a.mp4", 20)
    exec(compile(block, "videos.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == ["(16, 224, 224, 3) (30720,) 0"] * 2
    for field in dataclasses.fields(Limits):
        assert f"| `{field.name}` |" in page


def test_real_videos_are_prepared(data_dir, tmp_path):
    if not (data_dir / "video").is_dir():
        pytest.skip(f"no folder video in {data_dir}")
    plan = records.Plan()
    summary = prepare(data_dir / "video", tmp_path / "prepared", plan)
    assert summary["skipped"] == 0
    found = clips.PreparedClips(tmp_path / "prepared")
    _, training = next(iter(found.training_clips(0, part=(0, 0.7))))
    assert training["video"].shape == (16, 224, 224, 3)
    assert training["audio"].shape == (30_720,)
    heldout = found.heldout_clips("train", part=(0.7, 1), clips_per_record=None)
    names = {clip["name"].numpy() for clip in heldout}
    assert len(names) == summary["videos"]
