import dataclasses
import types

import numpy as np
import pytest

from recipes import building
from recipes.kinetics import baselines
from recipes.kinetics import evaluation
from recipes.kinetics.breakdown import nearness
from recipes.kinetics.breakdown import right
from recipes.kinetics.config import LossSettings
from tests.recipes.kinetics.few_videos import configured
from tests.recipes.kinetics.few_videos import open_data

WEIGHTS = LossSettings(video=0.5, audio=2.0, label=0.1)


def made_up(count=5, classes=7):
    rng = np.random.default_rng(1)
    clips = {
        "video": rng.integers(0, 256, (count, 2, 4, 4, 3), "uint8"),
        "audio": rng.uniform(-1, 1, (count, 20)).astype("float32"),
        "label": np.array([3, 0, -1, 6, 1]),
        "has_audio": np.array([True, False, True, True, False]),
    }
    label = rng.uniform(size=(count, classes))
    answer = {
        "video": rng.integers(0, 256, clips["video"].shape, "uint8"),
        "audio": rng.uniform(-1, 1, clips["audio"].shape),
        "label": label / label.sum(axis=1, keepdims=True),
    }
    return clips, answer


def test_errors_are_those_of_numpy_in_batches_of_any_size():
    clips, answer = made_up()
    sums = evaluation.Errors()
    for rows in (slice(0, 2), slice(2, 3), slice(3, 5)):
        sums.add(
            {name: value[rows] for name, value in clips.items()},
            **{name: value[rows] for name, value in answer.items()},
        )
    found = sums.means(WEIGHTS)
    video = clips["video"] / 255 - answer["video"] / 255
    audio = (clips["audio"].astype("float64") - answer["audio"])[[0, 2, 3]]
    rows, labels = [0, 1, 3, 4], [3, 0, 6, 1]
    given = answer["label"][rows, labels]
    ranks = (answer["label"][rows] > given[:, None]).sum(axis=1)
    expected = {
        "video_mse": np.mean(video**2),
        "video_mae": np.mean(np.abs(video)),
        "audio_mse": np.mean(audio**2),
        "audio_mae": np.mean(np.abs(audio)),
        "top_1_error": np.mean(ranks >= 1),
        "top_5_error": np.mean(ranks >= 5),
        "nats": np.mean(-np.log(given)),
    }
    expected["loss"] = (
        0.5 * expected["video_mae"]
        + 2.0 * expected["audio_mae"]
        + 0.1 * expected["nats"]
    )
    assert found == pytest.approx(expected, rel=1e-12)
    # Neither is nothing, so that they can be told apart.
    assert 0 < expected["top_1_error"] <= 1


def test_of_equal_probabilities_the_first_class_is_named():
    clips, answer = made_up()
    sums = evaluation.Errors()
    sums.add(clips, **{**answer, "label": np.full((5, 7), 1 / 7)})
    found = sums.means(WEIGHTS)
    assert (found["top_1_error"], found["top_5_error"]) == (0.75, 0.25)


def test_what_counts_for_nothing_has_no_number():
    clips, answer = made_up()
    clips |= {"label": np.full(5, -1), "has_audio": np.zeros(5, bool)}
    sums = evaluation.Errors()
    sums.add(clips, **answer)
    found = sums.means(WEIGHTS)
    names = ("audio_mse", "audio_mae", "top_1_error", "top_5_error", "nats")
    assert all(found[name] is None for name in names)
    assert found["loss"] == pytest.approx(0.5 * found["video_mae"])
    assert (nearness(None), right(None)) == ("-", "-")
    assert (nearness(0.0), nearness(0.01)) == ("exact", "20.00 dB")


@pytest.fixture(scope="module")
def model():
    return building.build_model(configured({}))


def test_a_clip_is_measured_as_the_whole_model_writes_it(model, prepared):
    data = open_data(prepared)
    found = evaluation.measure(model, data)
    sums = evaluation.Errors()
    indices = {
        "video_indices": np.arange(data.num_pixels)[None],
        "audio_indices": np.arange(data.num_patches)[None],
    }
    for clips in data.heldout_batches().as_numpy_iterator():
        count = len(clips["label"])
        outputs = model(
            {
                "video": clips["video"] / np.float32(255),
                "audio": clips["audio"],
                "label": np.full((count, 8), np.nan, "float32"),
                **{k: np.tile(v, (count, 1)) for k, v in indices.items()},
            }
        )
        logits = np.asarray(outputs["label"], "float64")
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        video = np.clip(outputs["video"], 0, 1).reshape(clips["video"].shape)
        sums.add(
            clips,
            np.round(255 * video),
            np.clip(outputs["audio"], -1, 1).reshape(count, -1),
            shares / shares.sum(axis=1, keepdims=True),
        )
    expected = sums.means(data.loss)
    assert found == pytest.approx(expected, rel=2e-4)


def test_what_is_hidden_changes_nothing(model, prepared):
    data = open_data(prepared)
    clips = next(data.heldout_batches().as_numpy_iterator())
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, clips["video"].shape, "uint8")
    blind = evaluation.reconstruction_of(model, ("video",))
    for one, other in zip(
        blind(clips["video"], clips["audio"]),
        blind(noise, clips["audio"]),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
        assert np.isfinite(one).all()
    seeing = evaluation.reconstruction_of(model)
    assert np.any(
        seeing(clips["video"], clips["audio"])[2]
        != blind(noise, clips["audio"])[2]
    )


@pytest.fixture(scope="module")
def measured(prepared):
    data = open_data(prepared)
    return data, data.baselines()


def test_the_baseline_is_the_mean_frame_silence_and_the_classes(measured):
    data, rows = measured
    training = list(data.first_training_clips(512).as_numpy_iterator())
    frame = np.mean([c["video"].mean(axis=(0, 1)) for c in training], axis=0)
    heldout = list(data.heldout_batches().as_numpy_iterator())
    video = np.concatenate([clips["video"] for clips in heldout])
    audio = np.concatenate([clips["audio"] for clips in heldout])
    row = rows["constant"]
    assert row["kind"] == "baseline"
    assert row["video_mse"] == pytest.approx(
        np.mean((video - frame) ** 2) / 255**2
    )
    assert row["audio_mse"] == pytest.approx(np.mean(audio.astype(float) ** 2))
    assert row["top_1_error"] == 7 / 8
    assert row["nats"] == pytest.approx(np.log(8), rel=0.01)
    own = np.mean((video - video.mean(axis=1, keepdims=True)) ** 2) / 255**2
    assert rows["own_mean_frame"]["video_mse"] == pytest.approx(own)
    assert rows["own_mean_frame"]["audio_mse"] is None
    assert rows["own_mean_frame"]["loss"] is None


def test_references_do_better_than_the_baseline(measured):
    _, rows = measured
    assert rows["resized"]["video_mse"] < 0.1 * rows["constant"]["video_mse"]
    assert rows["resized"]["audio_mse"] < rows["constant"]["audio_mse"]
    assert rows["resized"]["top_1_error"] is None
    assert rows["colour_and_pitch"]["top_1_error"] < 0.5
    assert rows["colour_and_pitch"]["video_mse"] is None
    assert {row["kind"] for row in rows.values()} == {"baseline", "reference"}


def test_resizing_keeps_no_more_numbers_than_the_latents_have():
    data = types.SimpleNamespace(
        num_pixels=16 * 32 * 32,
        num_audio_samples=2_560,
        num_latent_values=6_144,
        video_shape=(16, 32, 32, 3),
    )
    resized = baselines._Resized(data)
    kept = 3 * resized._num_frames * np.prod(resized._size)
    assert 2_000 < kept + resized._num_samples <= 6_144
    # Nothing is lost of what does not change.
    video = np.full((1, 16, 32, 32, 3), 77, "uint8")
    audio = np.full((1, 2_560), 0.25, "float32")
    back, sound, _ = resized({"video": video, "audio": audio})
    np.testing.assert_allclose(back, 77, rtol=1e-5)
    np.testing.assert_allclose(sound, 0.25, rtol=1e-4)


def test_weights_of_the_loss_are_those_of_training():
    means = {"video_mae": 1.0, "audio_mae": 10.0, "nats": 100.0}
    assert dataclasses.asdict(LossSettings()) == {
        "video": 0.03,
        "audio": 1.0,
        "label": 1e-4,
    }
    assert evaluation.loss_of(means, LossSettings()) == pytest.approx(10.04)
