"""What tests of conversion have in common."""

import pytest

from tests.convert.checkpoints import tiny


@pytest.fixture(scope="module")
def language():
    return tiny("language_bytes")
