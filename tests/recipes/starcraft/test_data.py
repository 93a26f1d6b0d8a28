import numpy as np
import pytest

from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.sources import TRAIN
from keras_perceiver.data.replays.sources import VALIDATE
from keras_perceiver.data.replays.sources import split_of
from recipes.assignments import assign
from recipes.starcraft import RECIPE
from recipes.starcraft import skirmishes


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A folder for the records of a few skirmishes."""
    return tmp_path_factory.mktemp("starcraft") / "records"


@pytest.fixture
def open_data(records, monkeypatch):
    monkeypatch.setattr(skirmishes, "NUM_GAMES", 8)

    def opened(**settings):
        settings = {"data__records": records, **settings}
        words = [
            (key.replace("__", "."), str(value))
            for key, value in settings.items()
        ]
        return RECIPE.open_data(assign(RECIPE.configuration("tiny"), words))

    return opened


def test_skirmishes_are_made_when_they_are_wanted(open_data):
    data = open_data()
    data.check()
    lines = data.describe()
    assert "not real games" in lines[0]
    assert any("--data FOLDER" in line for line in lines)
    record = data.record()
    assert record["games_of_split"] == dict(
        sorted(
            (split, count)
            for split in (TRAIN, VALIDATE)
            if (count := _games(split))
        )
    )
    assert len(record["sha256"]) == 64


def _games(split):
    return sum(
        split_of(skirmishes.make_game(number).identity()) == split
        for number in range(8)
    )


def test_batches(open_data):
    data = open_data(training__batch_size=4)
    inputs, shares = next(iter(data.training_dataset(0)))
    assert inputs["entities"].shape == (4, 256, 96)
    assert inputs["entity_mask"].shape == (4, 256)
    shares, mask = shares.numpy(), inputs["entity_mask"].numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert not (shares > 0)[~mask].any()
    for row in shares:
        # All that are selected are as right.
        assert len(np.unique(row[row > 0])) == 1
    own = inputs["entities"][..., schema.NUMBERS["is_own"]].numpy()
    assert (own[mask] == 1).all()
    count = sum(len(shares) for _, shares in data.evaluation_dataset())
    assert count == data.num_heldout()
    few = open_data(training__evaluation_examples=7)
    assert few.num_heldout() == 7
    assert sum(len(shares) for _, shares in few.evaluation_dataset()) == 7


def test_baselines_are_measured_on_held_out_games(open_data):
    rows = open_data().baselines()
    assert list(rows) == ["random", "last_type", "before_last"]
    for row in rows.values():
        assert row["kind"] == "baseline"
        assert 0 < row["first_error"] < 1
        assert 0 < row["set_error"] < 1
    sets = {row["set_error"] for row in rows.values()}
    assert len(sets) == 3


def test_settings_that_do_not_fit_are_told(open_data):
    with pytest.raises(ValueError, match=r"Set --model\.entity-dim to"):
        open_data(model__entity_dim=60)
    with pytest.raises(ValueError, match=r"keeps those of your own games"):
        open_data(data__source="")


def test_replays_that_are_not_prepared_are_told_the_command(
    open_data, tmp_path
):
    data = open_data(data__source=tmp_path, data__records=tmp_path / "nothing")
    with pytest.raises(ValueError, match="python -m recipes starcraft prepare"):
        data.check()
