"""From files to prepared clouds."""

import csv
import json
import math

import numpy as np
import pytest

from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds import sources
from keras_perceiver.data.point_clouds.prepared import PreparedClouds
from tests.data.point_clouds.meshes import VERTICES
from tests.data.point_clouds.meshes import off

TRAINING, HELDOUT = 20, 7


def write(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.fixture(scope="module")
def modelnet(tmp_path_factory):
    """Two classes laid out as ModelNet40 is, with what cannot be used."""
    root = tmp_path_factory.mktemp("modelnet") / "ModelNet2"
    rng = np.random.default_rng(0)
    for class_name, height in (("bed", 1.0), ("lamp", 9.0)):
        for number in range(TRAINING + HELDOUT):
            split = "train" if number < TRAINING else "test"
            vertices = VERTICES * [1, 1, height] + rng.normal(size=3)
            name = f"{class_name}/{split}/{class_name}_{number:04d}.off"
            write(root, name, off(vertices))
    write(root, "lamp/train/empty.off", off(VERTICES, []))
    write(root, "bed/test/one.xyz", "1 2 3\n")
    write(root, "bed/test/read\x1bme.md", "who made it")
    return root


@pytest.fixture(scope="module")
def prepared(modelnet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "records"
    # So few that there are several files of records.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_SHAPES_PER_FILE", 16)
        found = sources.find_shapes(modelnet)
        records.prepare(found, folder, "two classes", 64)
    return PreparedClouds(folder)


def test_all_is_counted(prepared):
    summary = prepared.summary
    assert summary["shapes"] == 2 * (TRAINING + HELDOUT) + 3
    assert summary["skipped"] == 3
    assert summary["shapes_of_split"] == {"heldout": 14, "train": 40}
    assert len(summary["parts"]) == 4
    assert prepared.class_names == ["bed", "lamp"]
    assert prepared.training_counts().tolist() == [TRAINING, TRAINING]
    prepared.check()


def test_what_is_skipped_is_told(prepared):
    with (prepared.folder / "problems.csv").open() as lines:
        rows = {row["name"]: row["reason"] for row in csv.DictReader(lines)}
    assert rows.keys() == {
        "bed/test/one.xyz",
        "bed/test/read\\x1bme.md",
        "lamp/train/empty.off",
    }
    assert "1 points, all in one place" in rows["bed/test/one.xyz"]
    assert "5 vertices and no faces" in rows["lamp/train/empty.off"]


def test_an_epoch_has_every_cloud_once(prepared):
    def clouds(start, count):
        taken = prepared.training_clouds(3, start).take(count)
        return [cloud["points"].numpy().tobytes() for cloud in taken]

    epoch = clouds(0, 40)
    assert len(set(epoch)) == 40
    following = clouds(40, 40)
    assert set(following) == set(epoch)
    assert following != epoch
    assert clouds(35, 10) == epoch[35:] + following[:5]


def test_clouds_are_what_their_class_is(prepared):
    names, labels = prepared.heldout_names()
    heldout = list(prepared.heldout_clouds().as_numpy_iterator())
    assert len(heldout) == len(names) == 14
    for cloud, name, label in zip(heldout, names, labels, strict=True):
        assert cloud["label"] == label
        assert name.startswith(prepared.class_names[label])
        width, _, height = np.ptp(cloud["points"], axis=0)
        assert (height > 2 * width) == (label == 1)
        assert cloud["points"].shape == (64, 3)


def test_few_are_held_out_of_all_classes(prepared):
    names, labels = prepared.heldout_names(5)
    assert sorted(np.bincount(labels).tolist()) == [2, 3]
    clouds = prepared.heldout_clouds(5)
    assert int(clouds.cardinality()) == 5
    found = [cloud["label"] for cloud in clouds.as_numpy_iterator()]
    assert found == labels.tolist()
    assert len(set(names)) == 5


def test_records_are_the_same_again_and_go_on(
    prepared, modelnet, tmp_path, capsys
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_SHAPES_PER_FILE", 16)
        patch.setattr(records, "_SECONDS_BETWEEN_LINES", math.inf)
        found = sources.find_shapes(modelnet)
        records.prepare(found, tmp_path / "b", "two classes", 64)
        (tmp_path / "b" / "summary.json").unlink()
        (tmp_path / "b" / "train-00001.json").unlink()
        other = tmp_path / "b" / "train-00000.tfrecord"
        time = other.stat().st_mtime_ns
        records.prepare(found, tmp_path / "b", "two classes", 64)
    # Not a line for each file.
    said = capsys.readouterr().out
    assert said == "records: 4 of 4 files\nrecords: 1 of 1 files\n"
    assert other.stat().st_mtime_ns == time
    for path in prepared.folder.glob("*.tfrecord"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    with pytest.raises(ValueError, match="with other points of a shape"):
        records.prepare(found, tmp_path / "b", "two classes", 65)


def test_a_class_without_shapes_is_told(tmp_path):
    for name in ("cup", "jar"):
        write(tmp_path / "data", f"{name}/train/a.off", off())
    write(tmp_path / "data", "cup/test/b.off", off())
    write(tmp_path / "data", "jar/train/a.off", off(VERTICES, []))
    found = sources.find_shapes(tmp_path / "data")
    records.prepare(found, tmp_path / "records", "two classes", 8)
    with pytest.raises(ValueError, match=r"No training shape .* is of class "):
        PreparedClouds(tmp_path / "records").check()
    write(tmp_path / "data", "jar/train/a.off", "")
    found = sources.find_shapes(tmp_path / "data")[-1:]
    with pytest.raises(ValueError, match=r"jar/train/a\.off is no OFF file"):
        records.prepare(found, tmp_path / "none", "one class", 8)
    assert json.loads((tmp_path / "none" / "plan.json").read_text())


def test_layouts(tmp_path):
    for class_name in ("a", "b"):
        for number in range(60):
            write(tmp_path, f"plain/{class_name}/{number}.xyz", "1 2 3")
    splits = [file.split for file in sources.find_shapes(tmp_path / "plain")]
    assert 3 < splits.count(sources.HELDOUT) < 25
    write(tmp_path, "parts/train/a/x.off", "")
    write(tmp_path, "parts/train/b/x.off", "")
    write(tmp_path, "parts/val/b/deep/x.off", "")
    found = sources.find_shapes(tmp_path / "parts")
    assert [(f.name, f.class_name, f.split) for f in found] == [
        ("train/a/x.off", "a", sources.TRAIN),
        ("train/b/x.off", "b", sources.TRAIN),
        ("val/b/deep/x.off", "b", sources.HELDOUT),
    ]
    write(tmp_path, "one/a/train/x.off", off())
    found = sources.find_shapes(tmp_path / "one")
    records.prepare(found, tmp_path / "records", "one class", 8)
    with pytest.raises(ValueError, match="No shape of one class is held out"):
        PreparedClouds(tmp_path / "records").check()
    with pytest.raises(ValueError, match=r"no such folder\. Wanted: a folder"):
        sources.find_shapes(tmp_path / "two")
