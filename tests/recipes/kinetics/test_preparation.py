import concurrent.futures
import shutil

import pytest

from keras_perceiver.data.media import sources
from recipes import generated_media
from recipes.kinetics import generated_clips
from recipes.kinetics.preparation import Preparation
from tests.recipes.few_media import map_here
from tests.recipes.kinetics.few_videos import configured
from tests.recipes.kinetics.few_videos import open_data


def preparation(words, video_shape=(16, 32, 32, 3), samples=2_560, **more):
    return Preparation(configured(words, **more).data, video_shape, samples)


def test_records_have_the_form_of_the_models_clips():
    published = preparation({}, (16, 224, 224, 3), 30_720)
    assert published.media_format.size == 224
    assert published.media_format.sample_rate == 48_000
    assert published.media_format.samples_per_frame == 1_920
    assert published.folder.name == "generated-224px-48000Hz"
    tiny = preparation({}, data__frames_per_second=20)
    assert tiny.media_format.sample_rate == 3_200
    assert tiny.folder != published.folder


def test_folders_of_the_same_name_have_records_of_their_own(tmp_path):
    (tmp_path / "a" / "videos").mkdir(parents=True)
    (tmp_path / "b" / "videos").mkdir(parents=True)
    one = preparation({"data": tmp_path / "a" / "videos"})
    other = preparation({"data": tmp_path / "b" / "videos"})
    assert one.folder.name.startswith("videos-")
    assert one.folder != other.folder


def test_videos_that_are_not_prepared_are_told_the_command(videos, tmp_path):
    words = {"data": videos, "data.records": tmp_path / "nothing"}
    with pytest.raises(ValueError, match="python -m recipes kinetics prepare"):
        preparation(words).clips()


def test_records_of_another_form_are_told(prepared):
    with pytest.raises(ValueError, match=r"the model takes .*size=16"):
        preparation(prepared, (16, 16, 16, 3)).clips()


def test_limits_are_settings(prepared):
    plan = preparation(
        prepared,
        data__max_pixels=99,
        data__max_seconds=9.5,
        data__max_memory_bytes=10**9,
    )._plan()
    limits = plan.limits
    assert (limits.max_pixels, limits.max_seconds) == (99, 9.5)
    assert limits.max_memory_bytes == 10**9
    assert plan.min_frames == 16


def test_generated_clips_are_made_when_they_are_wanted(tmp_path, monkeypatch):
    counts = {sources.TRAIN: 8, sources.VALIDATE: 8}
    monkeypatch.setattr(generated_clips, "COUNTS", counts)
    monkeypatch.setattr(generated_media, "in_processes", map_here)
    words = {"data.records": tmp_path / "records"}
    data = open_data(words)
    data.check()
    assert data.num_heldout() == 8
    assert any("not real" in line for line in data.describe())
    identity = data.clips.identity()
    # Made again they are the same.
    shutil.rmtree(tmp_path)
    assert open_data(words).clips.identity() == identity


def test_generated_clips_are_made_once_by_many_at_a_time(
    tmp_path, monkeypatch, capsys
):
    counts = {sources.TRAIN: 8, sources.VALIDATE: 8}
    monkeypatch.setattr(generated_clips, "COUNTS", counts)
    monkeypatch.setattr(generated_media, "in_processes", map_here)
    ways = [preparation({"data.records": tmp_path / "records"}) for _ in "ab"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        one, other = pool.map(Preparation.prepare, ways)
    assert one == other
    assert one["records"] == 16
    assert capsys.readouterr().out.count("generated 16 videos") == 1


def test_generating_that_was_stopped_begins_anew(tmp_path, monkeypatch):
    def stop(function, values, processes):
        function(values[0])
        raise KeyboardInterrupt

    counts = {sources.TRAIN: 8, sources.VALIDATE: 8}
    monkeypatch.setattr(generated_clips, "COUNTS", counts)
    monkeypatch.setattr(generated_media, "in_processes", stop)
    made = preparation({"data.records": tmp_path / "records"})
    with pytest.raises(KeyboardInterrupt):
        made.prepare()
    monkeypatch.setattr(generated_media, "in_processes", map_here)
    assert made.prepare()["records"] == 16


def test_preparing_tells_what_was_skipped(videos, tmp_path, capsys):
    shutil.copytree(videos, tmp_path / "videos")
    (tmp_path / "videos" / "train" / "red_right" / "no.mp4").write_text("no")
    words = {
        "data": tmp_path / "videos",
        "data.records": tmp_path / "records",
    }
    open_data(words).prepare()
    printed = capsys.readouterr().out
    assert "25 videos, 1 skipped, 0 silent" in printed
    assert "problems.csv" in printed
