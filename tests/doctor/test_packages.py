import importlib.metadata

import pytest

from keras_perceiver.doctor import packages
from keras_perceiver.doctor.requirements import requirements_of

# What pip would know: of ours, of a package with an extra, and versions.
REQUIRES = {
    "keras-perceiver": [
        "keras>=3.15",
        "numpy",
        'av; extra == "video"',
        'tf2onnx>=1.17; extra == "onnx"',
        'onnx; extra == "onnx"',
        'tensorflow[and-cuda]; extra == "gpu"',
        'keras-perceiver[video]; extra == "recipes"',
        'sc2reader; extra == "recipes"',
        'old; extra == "video" and python_version < "3"',
        'pytest; extra == "test"',
    ],
    "tensorflow": ["keras", 'nvidia-cudnn; extra == "and-cuda"'],
}
VERSIONS = {
    "keras-perceiver": "0.1.0",
    "keras": "3.15.1",
    "numpy": "2.4.6",
    "tf2onnx": "1.17.0",
    "onnx": "1.23",
    "tensorflow": "2.21.0",
    "sc2reader": "1.9",
}
EXTRAS = ["video", "onnx", "gpu", "recipes", "test", "io"]


class Metadata:
    def get_all(self, name):
        assert name == "Provides-Extra"
        return EXTRAS


@pytest.fixture
def versions(monkeypatch):
    """What is installed, to be changed."""
    found = dict(VERSIONS)

    def look_up(table):
        def answer(name):
            if name not in table:
                raise importlib.metadata.PackageNotFoundError(name)
            return table[name]

        return answer

    monkeypatch.setattr(importlib.metadata, "version", look_up(found))
    requires = {name: REQUIRES.get(name, []) for name in found}
    monkeypatch.setattr(importlib.metadata, "requires", look_up(requires))
    monkeypatch.setattr(importlib.metadata, "metadata", lambda _: Metadata())
    return found


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_requirements_of_an_extra_are_its_own_alone(versions):
    def names(extra):
        found = requirements_of("keras-perceiver", extra)
        return [requirement.name for requirement in found]

    assert names("") == ["keras", "numpy"]
    assert names("video") == ["av"]
    # Extras of extras, ours and another's.
    assert names("recipes") == ["keras-perceiver", "av", "sc2reader"]
    assert names("gpu") == ["tensorflow", "nvidia-cudnn"]
    assert list(requirements_of("not-installed")) == []


def test_a_missing_extra_is_a_note_with_the_line_that_installs_it(versions):
    found = by_name(packages.extras())
    assert list(found) == ["gpu", "onnx", "recipes", "video"]
    assert found["onnx"].state == "ok"
    assert found["onnx"].value == "tf2onnx 1.17.0, onnx 1.23"
    assert found["video"].state == "note"
    assert found["video"].value == "missing: av"
    assert found["video"].cure == "pip install 'keras-perceiver[video]'"
    assert found["recipes"].value == "missing: av"
    assert found["gpu"].value == "missing: nvidia-cudnn"


def test_a_version_that_does_not_fit_is_a_problem(versions):
    versions.update({"tf2onnx": "1.16.1", "keras": "3.14.0"})
    onnx = by_name(packages.extras())["onnx"]
    assert onnx.state == "problem"
    assert onnx.value == "tf2onnx 1.16.1, wanted tf2onnx>=1.17"
    keras = by_name(packages.versions())["keras"]
    assert keras.state == "problem"
    assert keras.value == "3.14.0, which is not >=3.15"
    assert keras.cure == "pip install 'keras>=3.15'"


def test_what_everybody_needs_is_a_problem_where_it_is_missing(versions):
    assert {one.state for one in packages.versions()} == {"ok"}
    del versions["numpy"]
    numpy = by_name(packages.versions())["numpy"]
    assert (numpy.state, numpy.value) == ("problem", "missing")


def test_a_clone_that_was_not_installed_is_told(versions, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    monkeypatch.setattr(importlib.metadata, "metadata", missing)
    found = by_name(packages.versions())
    assert found["installation"].state == "note"
    assert "pip install --editable ." in found["installation"].cure
    assert list(packages.extras()) == []


def test_our_own_extras_are_known():
    """As pip has them here; a new extra is looked at without a word."""
    found = by_name(packages.extras())
    assert {"data", "video", "onnx", "search", "text"} <= set(found)
    assert found["search"].state == "ok"
    assert "keras-tuner" in found["search"].value
