"""Data sets that are laid out as the official ones."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow_pairs import layouts
from keras_perceiver.data.flow_pairs import sources
from keras_perceiver.data.flow_pairs.generated import GeneratedPairs
from keras_perceiver.data.flow_pairs.scenes import Scenes
from tests.data.flow_pairs import data_sets
from tests.image_samples import noise

SCENES = Scenes(warp=0.0)


def opened(folder, rendering="clean"):
    return sources.open_pairs(str(folder), (16, 16), SCENES, 3, rendering)


def read(pairs):
    """All pairs, those for training first."""
    numbers = tf.data.Dataset.range(pairs.num_training)
    training = pairs.training_pairs(numbers, 0).as_numpy_iterator()
    return [*training, *pairs.heldout_pairs().as_numpy_iterator()]


def numbers_of(pairs):
    """Which fields `data_sets.flow_of` wrote."""
    return sorted(int(pair["flow"][-1, -1, 0]) for pair in pairs)


def test_sintel(tmp_path):
    pairs = opened(data_sets.sintel(tmp_path), "final")
    assert "MPI Sintel, final" in pairs.description
    # A whole sequence is held out.
    assert pairs.num_training + pairs.num_heldout == 7
    assert pairs.num_heldout in (2, 3)
    assert len({files.flow.parent for files in pairs.heldout}) == 1
    every = read(pairs)
    assert numbers_of(every) == [1, 2, 3, 4, 5, 6, 7]
    for pair in every:
        number = int(pair["flow"][-1, -1, 0])
        assert pair["frames"].shape == (2, 20, 30, 3)
        assert np.argwhere(~pair["visible"]).tolist() == [
            [1, k] for k in range(number)
        ]
        assert np.argwhere(~pair["valid"]).tolist() == [
            [2, k] for k in range(number)
        ]
        np.testing.assert_array_equal(pair["flow"][0, 0], [50, 50])
    # The second pair of the first sequence, of the second rendering.
    (pair,) = [p for p in every if p["flow"][-1, -1, 0] == 2]
    np.testing.assert_array_equal(pair["frames"][0], noise(20, 30, seed=11))
    np.testing.assert_array_equal(pair["frames"][1], noise(20, 30, seed=21))


def test_kitti(tmp_path):
    pairs = opened(data_sets.kitti(tmp_path))
    assert "KITTI 2015" in pairs.description
    assert (pairs.num_training, pairs.num_heldout) == (3, 1)
    every = read(pairs)
    assert numbers_of(every) == [0, 1, 2, 3]
    for pair in every:
        number = int(pair["flow"][-1, -1, 0])
        assert pair["valid"].shape == (21, 33 + number % 2)
        assert pair["valid"][5:].all()
        assert not pair["valid"][:5].any()
        assert pair["visible"][8:].all()
        assert not pair["visible"][:8].any()
        assert pair["flow"][-1, -1, 1] == -number / 4
        assert not pair["flow"][0].any()


def test_flying_chairs(tmp_path):
    pairs = opened(data_sets.flying_chairs(tmp_path))
    assert "FlyingChairs" in pairs.description
    assert numbers_of(read(pairs)) == [1, 2, 3, 4, 5]
    assert numbers_of(pairs.heldout_pairs().as_numpy_iterator()) == [2]
    (heldout,) = pairs.heldout_pairs().as_numpy_iterator()
    np.testing.assert_array_equal(heldout["frames"][1], noise(18, 24, seed=62))
    assert heldout["visible"].all()
    assert heldout["valid"].all()


def test_flying_chairs_without_a_split(tmp_path):
    pairs = opened(data_sets.flying_chairs(tmp_path, split=False))
    assert (pairs.num_training, pairs.num_heldout) == (4, 1)


def test_autoflow(tmp_path):
    pairs = opened(data_sets.autoflow(tmp_path))
    assert "AutoFlow" in pairs.description
    assert numbers_of(read(pairs)) == [0, 1, 2, 3]
    tables = [
        {files.flow.parent.name[:7] for files in part}
        for part in (pairs.training, pairs.heldout)
    ]
    assert sorted(map(len, tables)) == [1, 1]
    assert tables[0] != tables[1]


def test_all_of_a_data_set_is_held_out(tmp_path):
    folder = str(data_sets.sintel(tmp_path))
    pairs = sources.open_heldout(folder)
    assert (pairs.num_training, pairs.num_heldout) == (0, 7)
    flows = [files.flow for files in pairs.heldout]
    assert flows == sorted(flows)
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match="laid out as no data set"):
        sources.open_heldout(str(tmp_path / "other"))


def test_a_missing_frame_is_named(tmp_path):
    folder = data_sets.kitti(tmp_path)
    (folder / "training" / "image_2" / "000002_11.png").unlink()
    with pytest.raises(ValueError, match=r"000002_11\.png is missing"):
        opened(folder)


def test_a_split_of_another_length_is_refused(tmp_path):
    folder = data_sets.flying_chairs(tmp_path)
    (folder / "FlyingChairs_train_val.txt").write_text("1\n2\n")
    with pytest.raises(ValueError, match="2 entries for 5 pairs"):
        opened(folder)


def test_other_folders_are_photographs(tmp_path):
    for number in range(3):
        data_sets.save(tmp_path / f"{number}.png", noise(20, 20, seed=number))
    pairs = opened(tmp_path)
    assert isinstance(pairs, GeneratedPairs)
    assert (len(pairs.photographs), pairs.num_heldout) == (2, 3)
    assert pairs.heldout_sizes() == [(16, 16)] * 3
    (pair, *_) = pairs.heldout_pairs().as_numpy_iterator()
    assert pair["frames"].shape == (2, 16, 16, 3)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "--data is empty. Wanted: 'photographs'"),
        ("nowhere", "no such folder. Wanted"),
        ("photograph", "Did you mean 'photographs'"),
    ],
)
def test_what_is_no_source_is_told(source, words):
    with pytest.raises(ValueError, match=words):
        sources.open_pairs(source, (16, 16), SCENES, 3)


def test_records_tell_data_sets_apart(tmp_path):
    record = opened(data_sets.autoflow(tmp_path / "a")).record()
    other = opened(data_sets.flying_chairs(tmp_path / "b")).record()
    assert record["sha256"] != other["sha256"]
    assert record["training_pairs"] + record["heldout_pairs"] == 4
    assert record == opened(tmp_path / "a").record()


def test_rendering_names_are_sintels():
    assert layouts.RENDERINGS == ("clean", "final")
