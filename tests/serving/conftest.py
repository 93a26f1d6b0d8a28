"""One export for all tests of serving, since it takes seconds to make."""

import os

import pytest

from keras_perceiver.serving.export import export
from keras_perceiver.tasks import FillMask
from tests.tiny_models import tiny_language


@pytest.fixture(scope="session")
def task():
    # Two million bytes of weights, so that a second copy would show.
    return FillMask(tiny_language(latent_dim=256, v_channels=384), max_masks=4)


@pytest.fixture(scope="session")
def exported(task, tmp_path_factory):
    """The path of a first version; tests copy it to change it."""
    return export(task, str(tmp_path_factory.mktemp("exports") / "new" / "it"))


@pytest.fixture
def no_keras(tmp_path):
    """The environment of a process in which no import of Keras succeeds."""
    folder = tmp_path / "no_keras"
    for name in ("keras", "keras_perceiver"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise ImportError")
    return {**os.environ, "PYTHONPATH": str(folder)}
