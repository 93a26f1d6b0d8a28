import numpy as np
import pytest

from keras_perceiver.data.replays import kinds
from keras_perceiver.data.replays import schema

MARINE = [105, 223, 86, 247]


def test_published_entities_have_room_for_columns_and_type():
    assert schema.code_width(256) == 256 - len(schema.COLUMNS)
    with pytest.raises(ValueError, match=r"--model\.entity-dim"):
        schema.code_width(len(schema.COLUMNS) + schema.LEAST_BITS - 1)
    with pytest.raises(ValueError, match="Received: 999"):
        schema.code_width(999)


def test_codes_of_types_are_their_own_and_fixed():
    names = ["Marine", "SCV", "Zergling", "a type of tomorrow"]
    codes = np.array([schema.type_code(name) for name in names])
    signs = schema.signs(codes, 44)
    assert signs.shape == (4, 44)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    # Alike in about half of the places.
    likeness = signs @ signs.T / 44
    assert np.abs(likeness - np.eye(4)).max() < 0.5
    np.testing.assert_array_equal(schema.signs(codes, 8), signs[:, :8])
    # Written down, so that trained models go on knowing it.
    assert schema.type_code("Marine")[:4].tolist() == MARINE


def test_scales():
    assert schema.seconds(0) == 0
    assert schema.seconds(16 * 99) == pytest.approx(np.log(100) / 8)
    np.testing.assert_allclose(schema.cells(schema.lengths(50.0)), 50.0)
    offsets = np.array([[3.0, 4.0], [14.0, -10.0], [14.5, 0.0]])
    assert schema.distance(offsets)[0] == pytest.approx(np.log(6) / 4)
    assert schema.in_view(offsets).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("SupplyDepotLowered", True),
        ("BarracksTechLab", True),
        ("CommandCenterFlying", True),
        ("SpineCrawlerUprooted", True),
        ("LurkerDenMP", True),
        ("TemplarArchives", True),
        ("CreepTumorBurrowed", True),
        ("ZerglingBurrowed", False),
        ("LurkerMPBurrowed", False),
        ("Larva", False),
        ("SiegeTankSieged", False),
    ],
)
def test_buildings_in_all_states(kind, expected):
    assert kinds.is_building(kind) == expected
