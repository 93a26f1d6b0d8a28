"""Words for messages."""

import sys

import pytest

from keras_perceiver import errors

OPTIONS = ("num_latents", "latent_dim", "max_length")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("num_latent", "num_latents"),
        ("latents_dim", "latent_dim"),
        ("maxlength", "max_length"),
    ],
)
def test_the_nearest_name_is_asked_for(name, nearest):
    found = errors.did_you_mean(name, OPTIONS)
    assert found == f". Did you mean {nearest!r}?"


def test_without_a_near_name_all_are_listed():
    expected = ". Valid: latent_dim, max_length, num_latents."
    assert errors.did_you_mean("xyz", OPTIONS) == expected
    assert errors.did_you_mean("", dict.fromkeys(OPTIONS)) == expected


def test_unknown_names_its_kind():
    error = errors.unknown("setting", "num_latent", OPTIONS)
    assert isinstance(error, ValueError)
    expected = "Unknown setting 'num_latent'. Did you mean 'num_latents'?"
    assert str(error) == expected


def test_an_extra_that_is_there_is_imported():
    assert errors.import_extra("json.decoder", "text").JSONDecoder


def test_a_missing_extra_is_told_with_the_pip_line():
    with pytest.raises(ImportError) as error:
        errors.import_extra("absent_module", "data")
    message = str(error.value)
    assert message.startswith("absent_module is not installed (No module")
    assert message.endswith("pip install 'keras-perceiver[data]'")


def test_an_extra_that_fails_to_import_tells_why(tmp_path, monkeypatch):
    """It may be there, and what it needs itself is missing."""
    (tmp_path / "half_there.py").write_text("import what_it_needs")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="No module named 'what_it_needs'"):
        errors.import_extra("half_there", "data")
    assert "half_there" not in sys.modules
