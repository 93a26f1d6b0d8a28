import dataclasses

import keras
import numpy as np
import pytest

from recipes.kinetics import RECIPE
from recipes.kinetics.data import ClipData
from tests.data.media import video_files
from tests.recipes.kinetics.few_videos import configured
from tests.recipes.kinetics.few_videos import open_data

PIXELS, PATCHES = 16 * 32 * 32, 40


def batches(dataset, count):
    return list(dataset.take(count).as_numpy_iterator())


def test_targets_are_what_lies_at_the_indices(prepared):
    data = open_data(prepared, data__hide_video=0, data__hide_audio=0)
    for inputs, targets, weights in batches(data.training_dataset(0), 4):
        assert inputs["video"].shape == (4, 16, 32, 32, 3)
        assert inputs["audio"].shape == (4, 2_560)
        assert 0 <= inputs["video"].min() < inputs["video"].max() <= 1
        for row in range(4):
            pixels = inputs["video"][row].reshape(PIXELS, 3)
            patches = inputs["audio"][row].reshape(PATCHES, 64)
            chosen = inputs["video_indices"][row]
            heard = inputs["audio_indices"][row]
            np.testing.assert_array_equal(targets["video"][row], pixels[chosen])
            np.testing.assert_array_equal(targets["audio"][row], patches[heard])
            # None twice, and not the first ones.
            assert len(set(chosen)) == 512
            assert sorted(heard) == list(range(PATCHES))
            assert chosen.max() > 0.9 * PIXELS
        assert all(np.all(weight == 1) for weight in weights.values())
        assert np.all(targets["label"].sum(axis=1) == 1)


def test_outputs_are_chosen_anew_for_each_example(prepared):
    data = open_data(prepared, data__video_outputs=8, data__audio_outputs=5)
    seen = np.concatenate(
        [
            inputs["video_indices"]
            for inputs, _, _ in batches(data.training_dataset(0), 50)
        ]
    )
    assert seen.shape == (200, 8)
    assert len(np.unique(seen, axis=0)) == 200
    # Evenly: 1,600 draws over 16 frames are about 100 each.
    counts = np.bincount(seen.ravel() // (32 * 32), minlength=16)
    assert counts.min() > 60
    assert counts.max() < 150


def test_hidden_shares_are_as_told_and_apart(prepared):
    shares = {"label": 0.5, "video": 0.3, "audio": 0.2}
    settings = {f"data__hide_{name}": share for name, share in shares.items()}
    data = open_data(prepared, **settings)
    inputs = [one for one, _, _ in batches(data.training_dataset(0), 100)]
    hidden = {}
    for name, share in shares.items():
        rows = np.concatenate(
            [np.isnan(one[name].reshape(4, -1)) for one in inputs]
        )
        # All of it or nothing.
        assert np.all(rows.all(axis=1) == rows.any(axis=1))
        hidden[name] = rows[:, 0]
        assert abs(hidden[name].mean() - share) < 0.09
    together = np.mean(hidden["video"] & hidden["label"])
    assert abs(together - 0.15) < 0.07


def test_any_example_can_be_resumed(prepared):
    data = open_data(prepared)
    whole = batches(data.training_dataset(0), 9)
    part = batches(data.training_dataset(5 * 4), 4)
    for expected, found in zip(whole[5:], part, strict=True):
        keras.tree.map_structure(np.testing.assert_array_equal, expected, found)


def test_evaluation_hides_the_label_and_nothing_else(prepared):
    data = open_data(prepared)
    found = batches(data.evaluation_dataset(), -1)
    assert sum(len(inputs["label"]) for inputs, _, _ in found) == 8
    for inputs, _, weights in found:
        assert np.isnan(inputs["label"]).all()
        assert not np.isnan(inputs["video"]).any()
        assert not np.isnan(inputs["audio"]).any()
        assert np.all(weights["label"] == 1)
    other = open_data(prepared, training__seed=9).evaluation_dataset()
    keras.tree.map_structure(
        np.testing.assert_array_equal, found, batches(other, -1)
    )


def test_a_part_of_each_videos_time_can_be_held_out(prepared):
    data = open_data(prepared, data__heldout_share=0.4)
    train = {}
    for clips in batches(data.first_training_clips(160), -1):
        for name, first in zip(
            clips["name"], clips["first_frame"], strict=True
        ):
            train.setdefault(name, set()).add(int(first))
    heldout = batches(data.heldout_batches(), -1)
    names = np.concatenate([clips["name"] for clips in heldout])
    firsts = np.concatenate([clips["first_frame"] for clips in heldout])
    # One clip fits behind 24 of 40 frames, and it overlaps with none before.
    assert sorted(names) == sorted(train)
    assert set(firsts) == {24}
    assert max(max(seen) for seen in train.values()) + 16 <= 24
    assert len(set.union(*train.values())) > 4


def test_videos_without_sound_or_label_weigh_nothing_there(tmp_path):
    for number in range(3):
        video_files.numbered(tmp_path / f"{number}.mp4", 40, rate=25)
    words = {
        "data": str(tmp_path),
        "data.records": str(tmp_path / "records"),
        "data.heldout-share": "0.4",
        "training.batch-size": "2",
    }
    data = open_data(words)
    data.prepare()
    data.check()
    assert data.class_names == [str(number) for number in range(8)]
    ((inputs, targets, weights),) = batches(data.training_dataset(0), 1)
    assert np.all(weights["audio"] == 0)
    assert np.all(weights["label"] == 0)
    assert np.all(weights["video"] == 1)
    assert np.isnan(inputs["label"]).all()
    assert np.all(targets["label"] == 0)


def test_the_data_say_what_they_are(prepared):
    data = open_data(prepared)
    data.check()
    assert data.num_heldout() == 8
    assert any("8 held out" in line for line in data.describe())
    record = data.record()
    assert record["videos"] == 24
    assert len(record["sha256"]) == 64
    assert record == open_data(prepared).record()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data__hide_label": 1.5}, "--data.hide-label takes a number from 0"),
        ({"data__heldout_share": 1.0}, "--data.heldout-share takes a number"),
        ({"data__video_outputs": 16_385}, "takes 1 to 16,384"),
        ({"data__audio_outputs": 0}, "--data.audio-outputs takes 1 to 40"),
        ({"model__video_shape": "16,32,16,3"}, "Clips are square"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        open_data({}, **settings)


def test_another_number_of_classes_is_told(prepared):
    data = open_data(prepared, model__num_classes=7)
    with pytest.raises(ValueError, match=r"Set --model\.num-classes 8"):
        data.check()


def test_few_videos_are_told_how_to_hold_out_a_part(tmp_path):
    video_files.numbered(tmp_path / "one.mp4", 40, rate=25)
    words = {"data": str(tmp_path), "data.records": str(tmp_path / "records")}
    data = open_data(words)
    data.prepare()
    with pytest.raises(ValueError, match=r"--data\.heldout-share 0\.3"):
        data.check()
    open_data(words, data__heldout_share=0.4).check()


def test_no_source_is_told_what_is_wanted():
    configuration = configured({})
    configuration = dataclasses.replace(
        configuration, data=dataclasses.replace(configuration.data, source="")
    )
    with pytest.raises(ValueError, match="No videos are named"):
        ClipData(configuration)


def test_paper_is_what_is_published():
    paper = RECIPE.configuration("paper")
    assert (paper.training.batch_size, paper.optimizer.learning_rate) == (
        1_024,
        1e-3,
    )
    weights = dataclasses.asdict(paper.loss)
    assert weights == {"video": 0.03, "audio": 1.0, "label": 1e-4}
    data = paper.data
    assert (data.video_outputs, data.audio_outputs) == (512, 512)
    assert (data.hide_label, data.hide_video, data.hide_audio) == (0.5, 0, 0)
    other = RECIPE.configuration("classification")
    assert other.loss == dataclasses.replace(paper.loss, label=1.0)
    assert other.model == paper.model
