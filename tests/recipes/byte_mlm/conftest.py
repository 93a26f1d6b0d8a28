"""A small text."""

import pytest

from tests.recipes.byte_mlm.opened_data import TEXT


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path
