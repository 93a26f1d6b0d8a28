import numpy as np
import pytest

from keras_perceiver.data.point_clouds import sources
from recipes.assignments import assign
from recipes.modelnet40 import RECIPE
from recipes.modelnet40 import baselines
from recipes.modelnet40 import generated_shapes

COUNTS = {sources.TRAIN: 6, sources.HELDOUT: 4}


@pytest.fixture(scope="module")
def open_data(tmp_path_factory):
    """From settings to the data of a few generated shapes."""
    records = tmp_path_factory.mktemp("modelnet40") / "records"

    def opened(**settings):
        settings = {
            "data__records": records,
            "data__points_kept": 512,
            **settings,
        }
        words = [
            (key.replace("__", ".").replace("_", "-"), str(value))
            for key, value in settings.items()
        ]
        return RECIPE.open_data(assign(RECIPE.configuration("tiny"), words))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated_shapes, "COUNTS", COUNTS)
        yield opened


def test_shapes_are_made_when_they_are_wanted(open_data, capsys):
    data = open_data()
    data.check()
    lines = data.describe()
    assert "generated shapes, not real objects" in lines[0]
    assert "72 for training, 48 held out, 12 classes" in lines[1]
    assert any("--data FOLDER" in line for line in lines)
    record = data.record()
    assert record["shapes_of_split"] == {"heldout": 48, "train": 72}
    assert len(record["sha256"]) == 64
    capsys.readouterr()
    data.prepare()
    assert "120 shapes, 0 skipped" in capsys.readouterr().out


def test_batches(open_data):
    data = open_data(training__batch_size=8)
    points, targets, weights = next(iter(data.training_dataset(0)))
    assert points.shape == (8, 256, 3)
    np.testing.assert_allclose(
        np.abs(points).max(axis=(1, 2)), np.ones(8), rtol=1e-6
    )
    np.testing.assert_allclose(
        points.numpy().mean(axis=1), np.zeros((8, 3)), atol=1e-6
    )
    np.testing.assert_array_equal(targets.numpy().sum(axis=1), np.ones(8))
    assert weights.numpy().tolist() == [1.0] * 8
    count = sum(len(part) for part, _, _ in data.evaluation_dataset())
    assert count == data.num_heldout() == 48
    few = open_data(training__evaluation_examples=5)
    assert few.num_heldout() == 5
    assert sum(len(part) for part, _, _ in few.evaluation_dataset()) == 5
    columns = few.heldout_columns()
    assert len(set(columns["label"])) == len(columns["ending"]) == 5


def test_the_same_example_is_another_view_in_the_next_epoch(open_data):
    data = open_data(training__batch_size=72)
    taken = data.training_dataset(0).take(2).as_numpy_iterator()
    (first, labels, _), (second, others, _) = taken
    np.testing.assert_array_equal(labels.sum(axis=0), others.sum(axis=0))
    assert not np.isclose(first, second, atol=1e-4).all(axis=(1, 2)).any()


def test_baselines_are_measured_on_held_out_shapes(open_data):
    rows = open_data().baselines()
    assert rows["random"]["top_1_error"] == pytest.approx(11 / 12)
    assert rows["random"]["top_5_error"] == pytest.approx(7 / 12)
    assert rows["random"]["nats"] == pytest.approx(np.log(12))
    assert rows["majority"]["top_1_error"] == pytest.approx(11 / 12)
    for name in ("logistic_regression", "nearest_neighbours"):
        assert rows[name]["kind"] == "reference"
        assert rows[name]["top_1_error"] < 0.6


def test_shape_distributions_against_known_ones():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1, 30_000, 3))
    sphere = points / np.linalg.norm(points, axis=-1, keepdims=True)
    line = rng.uniform(size=(1, 30_000, 1)) * [[[1.0, 2, 2]]]
    centres = 3 * (np.arange(64) + 0.5) / 64
    # Distances on a sphere have the density s / 2 up to 2, with mean 4/3; on
    # a line 2 (1 - s), with mean 1/3.
    far = centres * 4 / 3
    expected = np.where(far < 2, far / 2 * 4 / 3, 0)
    found = baselines.shape_distributions(sphere)[0]
    assert np.abs(found - expected)[centres < 1.45].max() < 0.12
    assert np.abs(found - expected)[centres > 1.55].max() < 0.12
    expected = np.clip(2 * (1 - centres / 3) / 3, 0, None)
    found = baselines.shape_distributions(line)[0]
    assert np.abs(found - expected).max() < 0.12
    # Neither place nor size nor direction matters.
    turned = sphere[..., [2, 0, 1]] * 40 - 7
    np.testing.assert_allclose(
        baselines.shape_distributions(turned),
        baselines.shape_distributions(sphere),
        atol=0.02,
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data__points_kept": 255}, r"Raise --data\.points-kept"),
        ({"data__scale_jitter": 1.5}, r"--data\.scale-jitter takes a number"),
        ({"data": ""}, "No shapes are named. --data takes generated, or"),
        ({"model__num_classes": 40}, r"Set --model\.num-classes 12"),
    ],
)
def test_settings_that_do_not_fit_are_told(open_data, settings, words):
    with pytest.raises(ValueError, match=words):
        open_data(**settings).check()


def test_shapes_that_are_not_prepared_are_told_the_command(open_data, tmp_path):
    data = open_data(data=tmp_path, data__records=tmp_path / "nothing")
    with pytest.raises(ValueError, match="recipes modelnet40 prepare --data"):
        data.check()


def test_models_that_cannot_read_as_often_are_told():
    tiny = RECIPE.configuration("tiny")
    RECIPE.check_model(tiny)
    with pytest.raises(ValueError, match="need a block for each"):
        RECIPE.check_model(assign(tiny, [("model.num-blocks", "1")]))
    RECIPE.check_model(
        assign(
            tiny, [("model.num-blocks", "1"), ("model.interleaved", "false")]
        )
    )
