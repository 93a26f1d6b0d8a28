"""Examples of optical flow: the same ones always, each pixel once."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks.tiles import edge_distances
from keras_perceiver.training.strategies import Share
from recipes.assignments import assign
from recipes.optical_flow import RECIPE
from recipes.optical_flow import baselines
from recipes.optical_flow import evaluation_tiles
from recipes.optical_flow.data import FlowData
from tests.data.flow_pairs import data_sets

SMALL = {
    "training.batch-size": "4",
    "curriculum.first-pairs": "8",
    "curriculum.first-steps": "2",
    "curriculum.pairs-per-step": "4",
    "data.heldout-scenes": "6",
}
AUGMENTED = {
    "curriculum.augmentation": "1",
    "curriculum.augmentation-steps": "0",
}


def opened(**settings):
    settings = {**SMALL, **settings}
    return FlowData(
        assign(RECIPE.configuration("tiny"), list(settings.items()))
    )


def batches(data, first_example, count, **share):
    dataset = data.training_dataset(first_example, **share).take(count)
    parts = list(dataset.as_numpy_iterator())
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


@pytest.fixture(scope="module")
def sintel(tmp_path_factory):
    return data_sets.sintel(tmp_path_factory.mktemp("sintel"))


def test_example_n_is_the_same_wherever_one_begins():
    data = opened(**AUGMENTED)
    whole, later = batches(data, 0, 4), batches(data, 8, 2)
    for one, other in zip(whole, later, strict=True):
        np.testing.assert_array_equal(one[8:], other)


def test_workers_make_their_own_part(sintel):
    data = opened(data=str(sintel), **AUGMENTED)
    whole = batches(data, 0, 3)
    for index in range(2):
        part = batches(data, 0, 3, share=Share(index, 2))
        for one, other in zip(whole, part, strict=True):
            mine = one.reshape(3, 2, 2, *one.shape[1:])[:, index]
            np.testing.assert_array_equal(mine.reshape(other.shape), other)


def test_examples_are_what_the_model_takes():
    frames, targets, weights = batches(opened(), 0, 2)
    assert frames.shape == (8, 2, 16, 16, 3)
    assert -1 <= frames.min() < -0.5 < 0.5 < frames.max() <= 1
    assert targets.shape == (8, 16, 16, 3)
    assert weights.shape == (8, 16, 16)
    # The second of two is the first reversed.
    np.testing.assert_array_equal(frames[1], frames[0, ::-1])
    mean = targets[..., :2].mean(axis=(1, 2))
    np.testing.assert_allclose(mean[1], -mean[0], atol=0.5)
    assert weights[0].all()
    assert 0.5 < weights[1].mean() < 1


def test_what_is_held_out_is_the_same_for_every_seed():
    data = opened(**{"data.heldout-scenes": "2"})
    heldout = data.first_heldout_pairs(2)
    numbers = tf.data.Dataset.range(2)
    one, other = (
        list(data.source.training_pairs(numbers, seed).as_numpy_iterator())
        for seed in (0, 1)
    )
    assert (one[0]["flow"] != other[0]["flow"]).any()
    data = opened(**{"data.heldout-scenes": "2", "training.seed": "1"})
    again = data.first_heldout_pairs(2)
    np.testing.assert_array_equal(heldout[1]["flow"], again[1]["flow"])


def test_every_pixel_counts_in_one_tile(sintel):
    data = opened(data=str(sintel))
    batches = list(data.evaluation_dataset().as_numpy_iterator())
    assert len(batches) == int(data.evaluation_dataset().cardinality())
    _, targets, weights = map(np.concatenate, zip(*batches, strict=True))
    pairs = data.first_heldout_pairs(9)
    assert weights.sum() == sum(pair["valid"].sum() for pair in pairs)
    total = sum(pair["flow"][pair["valid"]].sum(axis=0) for pair in pairs)
    np.testing.assert_allclose(
        (targets[..., :2] * weights[..., None]).sum(axis=(0, 1, 2)),
        total,
        rtol=1e-4,
    )


@pytest.mark.parametrize("frame", [(20, 30), (16, 47), (17, 16)])
def test_a_pixel_counts_where_it_weighs_most(frame):
    numbers = tf.reshape(tf.range(frame[0] * frame[1]), frame)
    tiles = evaluation_tiles.tiles_of(
        {"flow": numbers, "frames": tf.stack([numbers[..., None]] * 2)},
        (16, 16),
    )
    counts = tiles["counts"].numpy()
    assert len(counts) == evaluation_tiles.num_tiles(frame, (16, 16))
    assert sorted(tiles["flow"].numpy()[counts]) == [
        *range(numbers.numpy().size)
    ]
    np.testing.assert_array_equal(tiles["frames"][:, 1, ..., 0], tiles["flow"])
    # No tile that has the pixel is much nearer to it.
    distances = edge_distances(16, 16)
    best = np.zeros(numbers.numpy().size)
    for tile in tiles["flow"].numpy():
        np.maximum.at(best, tile, distances)
    counted = np.broadcast_to(distances, counts.shape)[counts]
    assert (counted >= best[tiles["flow"].numpy()[counts]] - 7).all()


def test_another_data_set_is_held_out(sintel, tmp_path):
    kitti = data_sets.kitti(tmp_path)
    data = opened(data=str(sintel), **{"data.heldout-source": str(kitti)})
    data.check()
    assert data.heldout.num_heldout == 4
    assert any("all of KITTI 2015" in line for line in data.describe())
    assert data.record()["heldout"]["heldout_pairs"] == 4
    json.dumps(data.record())
    limited = opened(
        data=str(sintel),
        **{"data.heldout-source": str(kitti)},
        **{"training.evaluation-examples": "2"},
    )
    assert len(limited.first_heldout_pairs(9)) == 2


def test_zero_flow_is_wrong_by_the_motion(sintel):
    data = opened(data=str(sintel))
    measures = data.baselines()
    zero = measures["zero_flow"]
    flows = [
        pair["flow"][pair["valid"]] for pair in data.first_heldout_pairs(9)
    ]
    lengths = np.hypot(*np.concatenate(flows).astype("float64").T)
    assert zero["epe"] == pytest.approx(lengths.mean(), rel=1e-5)
    assert zero["kind"] == "baseline"
    assert zero["outliers"] == pytest.approx((lengths > 3).mean())
    assert zero["s40_share"] == pytest.approx((lengths >= 40).mean())
    json.dumps(measures)


def test_references_are_left_out_with_how_to_get_them(monkeypatch):
    monkeypatch.setattr(baselines, "has_references", lambda: False)
    data = opened()
    assert list(data.baselines()) == ["zero_flow"]
    assert "keras-perceiver[flow]" in " ".join(data.describe())


class StandIn:
    """As much of OpenCV as is called; its flow is what frames differ by."""

    COLOR_RGB2GRAY = DISOPTICAL_FLOW_PRESET_MEDIUM = 1

    def __getattr__(self, name):
        return lambda *args: self

    def cvtColor(self, frame, code):  # noqa: N802
        return frame[..., 0]

    def calc(self, first, second, start):
        return np.stack([second - first.astype("float32")] * 2, axis=-1)

    def calcOpticalFlowFarneback(self, first, second, start, **how):  # noqa: N802
        return 0 * self.calc(first, second, start)


def test_references_are_measured_as_the_model_is(monkeypatch):
    monkeypatch.setattr(baselines, "has_references", lambda: True)
    monkeypatch.setitem(sys.modules, "cv2", StandIn())
    data = opened()
    measures = data.baselines()
    errors = [
        np.linalg.norm(
            pair["flow"].astype("float64")
            - np.subtract(*pair["frames"][::-1, ..., :1].astype("float64")),
            axis=-1,
        )
        for pair in data.first_heldout_pairs(6)
    ]
    assert measures["dis"]["epe"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert measures["farneback"]["epe"] == measures["zero_flow"]["epe"]
    kinds = [row["kind"] for row in measures.values()]
    assert kinds == ["baseline", "reference", "reference"]


def test_references_find_a_translation():
    pytest.importorskip("cv2")
    measures = opened(**{"scenes.polygons": "0"}).baselines()
    zero = measures["zero_flow"]["epe"]
    assert measures["dis"]["epe"] < 0.9 * zero
    assert measures["farneback"]["epe"] < zero


def test_a_data_set_without_training_pairs_is_told(tmp_path):
    folder = data_sets.kitti(tmp_path, count=1)
    with pytest.raises(ValueError, match="no pair to train on"):
        opened(data=str(folder))


def test_damage_ends_a_run_by_its_name(tmp_path):
    data = opened(data=str(data_sets.autoflow(tmp_path)))
    for files in (*data.source.training, *data.source.heldout):
        files.flow.write_bytes(b"PIEH")
    with pytest.raises(ValueError, match=r"forward\.flo is cut off"):
        data.check()
    batches(data, 0, 1)
    (callback,) = data.callbacks(None)
    with pytest.raises(ValueError, match=r"forward\.flo"):
        callback.on_train_batch_end(0)
    with pytest.raises(ValueError, match=r"forward\.flo"):
        data.baselines()
