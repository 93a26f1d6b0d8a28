"""Clips as training sees and hears them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes.audioset import RECIPE
from recipes.audioset import generated_clips
from tests.data.test_audio import spectrogram_by_hand
from tests.recipes.audioset.few_clips import configured
from tests.recipes.audioset.few_clips import open_data

PLAIN = {
    "data__balanced": "false",
    "data__drop_video": 0,
    "data__smallest_crop": 1.0,
    "data__flip": "false",
    "data__colour_strength": 0,
    "data__spectrogram_masks": 0,
}
RAW = {"model__preset": "audioset_raw", "model__num_audio_samples": 5_120}


def batches(dataset, count=-1):
    return list(dataset.take(count).as_numpy_iterator())


def test_undisturbed_examples_are_the_clips_themselves(prepared):
    data = open_data(prepared, **PLAIN)
    (clips,) = batches(data.first_training_clips(4))
    ((inputs, labels),) = batches(data.training_dataset(0), 1)
    np.testing.assert_array_equal(labels, clips["labels"])
    np.testing.assert_allclose(inputs["video"], clips["video"] / 255, 1e-6)
    assert inputs["audio"].shape == (4, 32, 24)
    raw = open_data(prepared, **PLAIN, **RAW)
    ((waves, _),) = batches(raw.training_dataset(0), 1)
    np.testing.assert_array_equal(waves["audio"], clips["audio"])
    np.testing.assert_array_equal(waves["video"], inputs["video"])


def test_spectrograms_are_those_of_the_definition(prepared):
    data = open_data(prepared, **PLAIN)
    (clips,) = batches(data.first_training_clips(4))
    ((inputs, _),) = batches(data.training_dataset(0), 1)
    # Up to half of the sample rate, which is below VGGish's 7,500 Hz.
    expected = spectrogram_by_hand(clips["audio"][0], 32, 24, 8_000, 4_000)
    error = np.abs(inputs["audio"][0] - expected).max()
    assert error < 1e-4 * np.abs(expected).max()


def test_labels_are_the_tags_that_were_drawn(prepared):
    data = open_data(prepared)
    heldout = batches(data.heldout_batches())
    found = {
        name.decode(): {data.class_names[n] for n in np.flatnonzero(row)}
        for clips in heldout
        for name, row in zip(clips["name"], clips["labels"], strict=True)
    }
    expected = {
        f"made{number:07}_0.000": set(generated_clips.draw(number)[2])
        for number in range(12, 20)
    }
    assert found == expected


def test_each_kind_of_damage_is_as_frequent_as_told_and_alone(prepared):
    settings = {**PLAIN, "data__drop_video": 0.3, "data__drop_audio": 0.2}
    data = open_data(prepared, **settings)
    black, silent = [], []
    floor = np.log(0.01)
    for inputs, _ in batches(data.training_dataset(0), 75):
        black += [not video.any() for video in inputs["video"]]
        silent += [np.allclose(audio, floor) for audio in inputs["audio"]]
    assert np.mean(black) == pytest.approx(0.3, abs=0.08)
    assert np.mean(silent) == pytest.approx(0.7 * 0.2, abs=0.06)
    assert not np.any(np.array(black) & np.array(silent))


def test_any_example_can_be_resumed_and_epochs_differ(prepared):
    data = open_data(prepared)
    whole = batches(data.training_dataset(0), 6)
    part = batches(data.training_dataset(4 * 4), 2)
    for expected, found in zip(whole[4:], part, strict=True):
        keras.tree.map_structure(np.testing.assert_array_equal, expected, found)
    assert np.any(whole[0][0]["audio"] != whole[3][0]["audio"])
    other = batches(
        open_data(prepared, training__seed=1).training_dataset(0), 1
    )
    assert np.any(other[0][0]["audio"] != whole[0][0]["audio"])


def test_rare_tags_come_as_often_as_frequent_ones(prepared):
    plain = {**PLAIN, "data__balanced": "true"}
    dataset = open_data(prepared, **plain).training_dataset(0)
    labels = np.concatenate([labels for _, labels in batches(dataset, 60)])
    tags = [generated_clips.draw(number)[2] for number in range(12)]
    counts = np.array(
        [sum(tag in own for own in tags) for tag in generated_clips.TAGS]
    )
    (natural,) = batches(
        open_data(prepared, **plain)
        .first_training_clips(12)
        .unbatch()
        .batch(12)
    )
    np.testing.assert_array_equal(natural["labels"].sum(axis=0), counts)
    # The weight of a clip is the sum over its tags of one over their counts.
    weights = np.array(
        [
            sum(1 / counts[generated_clips.TAGS.index(t)] for t in own)
            for own in tags
        ]
    )
    expected = [
        sum(w for w, own in zip(weights, tags, strict=True) if tag in own)
        for tag in generated_clips.TAGS
    ]
    expected = np.array(expected) / weights.sum()
    np.testing.assert_allclose(labels.mean(axis=0), expected, atol=0.1)


def test_held_out_clips_overlap_and_are_not_disturbed(prepared):
    data = open_data(prepared)
    assert data.num_heldout() == 8
    firsts = {}
    for clips in batches(data.test_batches()):
        for name, first in zip(
            clips["name"], clips["first_frame"], strict=True
        ):
            firsts.setdefault(name, []).append(int(first))
    # 40 frames, and clips of 16.
    assert list(firsts.values()) == [[0, 12, 24]] * 8
    one, other = (
        batches(open_data(prepared, training__seed=seed).evaluation_dataset())
        for seed in (0, 9)
    )
    keras.tree.map_structure(np.testing.assert_array_equal, one, other)
    few = open_data(prepared, training__evaluation_examples=2)
    assert sum(len(clips["name"]) for clips in few.test_batches()) == 6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data__drop_video": 1.5}, "--data.drop-video takes a number from 0"),
        ({"data__colour_strength": 2}, "--data.colour-strength takes"),
        ({"data__test_clips": 0}, "--data.test-clips takes 1 or more"),
        ({"data__heldout_share": 1.0}, "--data.heldout-share takes"),
        ({"data__smallest_crop": 0}, "smallest area of a crop"),
        ({"model__video_shape": "16,32,16,3"}, "Clips are square"),
        ({"data__sample_rate": 8_010}, "a multiple of the frames per second"),
        (
            {"model__preset": "audioset_raw"},
            "last 5,120 samples of 8,000 Hz, and the model takes 61,440. Set "
            "--model.num-audio-samples 5120",
        ),
        ({"data": ""}, "No videos are named. --data takes generated"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        open_data({}, **settings)


def test_another_number_of_classes_is_told(prepared):
    data = open_data(prepared, model__num_classes=7)
    with pytest.raises(ValueError, match=r"Set --model\.num-classes 8"):
        data.check()


def test_what_is_not_prepared_is_told_the_command(clips, tmp_path):
    words = {"data": clips, "data.records": tmp_path / "nothing"}
    with pytest.raises(ValueError, match="python -m recipes audioset prepare"):
        open_data(words).check()


def test_a_clip_without_sound_keeps_its_video(prepared):
    data = open_data(prepared, data__drop_video=1.0)
    (clips,) = batches(data.first_training_clips(1))
    clip = {name: tf.constant(values[0]) for name, values in clips.items()}
    number = tf.constant(0, tf.int64)
    assert not data.training_example(number, clip)[0]["video"].numpy().any()
    clip["has_audio"] = tf.constant(False)
    assert data.training_example(number, clip)[0]["video"].numpy().any()


def test_baselines_know_shares_and_chance_and_the_reference_more(prepared):
    data = open_data(prepared)
    rows = data.baselines()
    assert [row["kind"] for row in rows.values()] == [
        *("baseline", "baseline", "reference")
    ]
    labels = np.stack(
        [
            row
            for clips in batches(data.heldout_batches())
            for row in clips["labels"]
        ]
    )
    shares = labels.mean(axis=0)
    # Of constant scores, the precision is the share itself.
    prior = rows["prior"]
    assert prior["map_error"] == pytest.approx(1 - shares[shares > 0].mean())
    assert prior["auc"] == pytest.approx(0.5)
    assert rows["random"]["auc"] != 0.5
    assert rows["mean_spectrum"]["map_error"] < prior["map_error"]


def test_paper_is_what_is_published():
    for name, preset in (("paper", "audioset_mel"), ("raw", "audioset_raw")):
        configuration = RECIPE.configuration(name)
        assert configuration.model.preset == preset
        assert configuration.model.overrides == {}
        data = configuration.data
        assert (data.drop_video, data.test_clips) == (0.3, 16)
        assert (data.frames_per_second, data.sample_rate) == (25, 48_000)
        epochs = configuration.training.steps * 1_024 / 1.7e6
        assert epochs == pytest.approx(100, abs=0.1)
        assert RECIPE.open_data(configuration).num_audio_samples == 61_440


def test_generated_clips_depend_on_their_number_alone():
    frames, audio, tags = generated_clips.draw(3)
    again = generated_clips.draw(3)
    np.testing.assert_array_equal(frames, again[0])
    np.testing.assert_array_equal(audio, again[1])
    assert tags == again[2]
    assert frames.shape == (40, 64, 64, 3)
    assert audio.shape == (12_800,)
    assert 0.1 < np.abs(audio).max() <= 0.9
    counts = np.zeros(8)
    for number in range(600):
        generator = np.random.default_rng([generated_clips._SEED, number])
        own = generated_clips._tags(generator)
        assert 1 <= len(own) <= 3
        counts[[generated_clips.TAGS.index(tag) for tag in own]] += 1
    assert 2 < counts[0] / counts[-1] < 5
    assert configured({}).model.overrides["num_classes"] == len(counts)
