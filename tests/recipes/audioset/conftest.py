"""A few generated clips, prepared once for all tests of the recipe."""

import pytest

from tests.recipes.audioset import few_clips


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """A folder of clips with AudioSet's tables."""
    return few_clips.write(tmp_path_factory.mktemp("audioset") / "clips")


@pytest.fixture(scope="session")
def prepared(clips, tmp_path_factory):
    """Words for settings of `tiny` on these clips, prepared."""
    records = tmp_path_factory.mktemp("audioset") / "records"
    return few_clips.prepare(clips, records)
