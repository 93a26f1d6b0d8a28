"""Reading prepared clips inside a graph."""

import itertools

import numpy as np
import pytest

from keras_perceiver.data.media import clips
from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files

FORMAT = MediaFormat(frames_per_second=25, size=32)
SPF = FORMAT.samples_per_frame
COUNTS = {"a": 50, "b": 40, "c": 20}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Frames say their number, and the sound gets louder from frame to frame.

    `a` and `b` are cut into records of 32 frames and a rest.
    """
    source = tmp_path_factory.mktemp("videos")
    for name, count in COUNTS.items():
        loudness = np.repeat(np.arange(count) / 64, 640)[None]
        video_files.write(
            source / f"{name}.mkv",
            [video_files.grey(number) for number in range(count)],
            rate=25,
            audio=loudness.astype("float32") if name != "c" else None,
            audio_codec="pcm_s16le",
        )
    folder = tmp_path_factory.mktemp("records") / "prepared"
    plan = records.Plan(FORMAT, frames_per_record=32, min_frames=8)
    records.prepare(
        sources.find_videos(str(source)), folder, plan, 1, videos_per_shard=2
    )
    return clips.PreparedClips(folder)


def key(clip):
    return clip["name"].numpy().decode()[0], int(clip["first_frame"])


def take(prepared, count, start=0, seed=3, **options):
    dataset = prepared.training_clips(seed, start, **options)
    return [clip for _, clip in itertools.islice(dataset, count)]


def test_frames_and_samples_of_a_clip_belong_together(prepared):
    for clip in take(prepared, 12, num_frames=8):
        name, first = key(clip)
        numbers = [video_files.number_of(frame) for frame in clip["video"]]
        assert numbers == list(range(first, first + 8))
        assert clip["audio"].shape == (8 * SPF,)
        middles = clip["audio"].numpy()[SPF // 2 :: SPF]
        expected = np.arange(first, first + 8) / 64 if name != "c" else 0
        np.testing.assert_allclose(middles, expected, atol=1e-3)
        assert clip["has_audio"] == (name != "c")
        assert clip["label"] == -1


def test_an_epoch_has_each_record_once(prepared):
    assert prepared.num_records("train", 8) == 5
    found = [key(clip) for clip in take(prepared, 10, num_frames=8)]
    for epoch in (found[:5], found[5:]):
        parts = sorted((name, first >= 32) for name, first in epoch)
        assert parts == [
            ("a", False),
            ("a", True),
            ("b", False),
            ("b", True),
            ("c", False),
        ]
    assert found[:5] != found[5:]


def test_clip_n_is_the_same_wherever_one_starts(prepared):
    whole = [key(clip) for clip in take(prepared, 14, num_frames=8)]
    for start in (1, 5, 9):
        later = take(prepared, 14 - start, start, num_frames=8)
        assert [key(clip) for clip in later] == whole[start:]
    other = take(prepared, 14, seed=4, num_frames=8)
    assert [key(clip) for clip in other] != whole


def test_starts_reach_from_the_first_to_the_last(prepared):
    found = [key(clip) for clip in take(prepared, 400, num_frames=15)]
    starts = {first for name, first in found if name == "c"}
    assert starts == set(range(6))


def test_a_part_of_the_time_leaves_the_rest_to_evaluation(prepared):
    trained = take(prepared, 30, num_frames=8, part=(0, 0.6))
    for name, first in map(key, trained):
        assert first + 8 <= 0.6 * COUNTS[name]
    heldout = prepared.heldout_clips(
        "train", num_frames=8, part=(0.6, 1), clips_per_record=None
    )
    found = sorted(map(key, heldout))
    # Whole clips from frame 30, 24 and 12 on, cut anew at frame 32.
    assert found == [
        ("a", 32),
        ("a", 40),
        ("b", 24),
        ("b", 32),
        ("c", 12),
    ]
    assert len(heldout) == 5


def test_held_out_clips_start_where_they_always_do(prepared):
    middle = prepared.heldout_clips("train", num_frames=8)
    assert sorted(map(key, middle)) == [
        ("a", 12),
        ("a", 37),
        ("b", 12),
        ("b", 32),
        ("c", 6),
    ]
    three = prepared.heldout_clips("train", num_frames=8, clips_per_record=3)
    found = [first for name, first in map(key, three) if name == "c"]
    assert found == [0, 6, 12]
    assert len(three) == 15
    assert len(list(three)) == 15


def test_what_has_no_room_for_a_clip_is_told(prepared):
    assert prepared.num_records("train", 33) == 0
    with pytest.raises(ValueError, match="has 33 frames"):
        prepared.training_clips(0, num_frames=33)
    with pytest.raises(ValueError, match=r"split 'validate'.*'train': 5"):
        prepared.heldout_clips()
    with pytest.raises(ValueError, match="between two shares"):
        prepared.training_clips(0, part=(0.5, 0.5))


def test_a_folder_without_records_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"no summary\.json"):
        clips.PreparedClips(tmp_path)


def test_a_number_of_clips_that_is_none_is_refused(prepared):
    with pytest.raises(ValueError, match="clips_per_record=0"):
        prepared.heldout_clips("train", clips_per_record=0)
