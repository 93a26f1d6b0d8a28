"""A few generated videos, prepared once for all tests of the recipe."""

import pytest

from tests.recipes.kinetics import few_videos


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """Class folders of generated videos, in `train` and `validate`."""
    return few_videos.write(tmp_path_factory.mktemp("kinetics") / "videos")


@pytest.fixture(scope="session")
def prepared(videos, tmp_path_factory):
    """Words for settings of `tiny` on these videos, prepared."""
    records = tmp_path_factory.mktemp("kinetics") / "records"
    return few_videos.prepare(videos, records)
