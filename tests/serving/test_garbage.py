"""Collections of garbage that pass over what was there before."""

import gc

import pytest

from keras_perceiver.serving import garbage


@pytest.fixture
def thawed():
    """Nothing is frozen at first; in the end it is as all tests have it."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


def test_what_was_there_is_passed_over_within(thawed):
    before = [object]
    with garbage.frozen():
        inside = [before]
        found = gc.get_objects()
        assert any(one is inside for one in found)
        assert not any(one is before for one in found)
    assert gc.get_freeze_count() == 0


def test_it_is_thawed_after_an_error(thawed):
    with pytest.raises(KeyError), garbage.frozen():
        raise KeyError
    assert gc.get_freeze_count() == 0


def test_what_was_frozen_already_stays_so(thawed):
    gc.freeze()
    with garbage.frozen():
        pass
    assert gc.get_freeze_count() > 0
