"""Finds the exports in a folder, as a server would, and labels them."""

import dataclasses
import pathlib
import re

from keras_perceiver import errors
from keras_perceiver.serving.beside_graph import batching

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_LARGEST_VERSION = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """A model that is exported, and what a server shows of it.

    Attributes:
        name: of its folder, and in requests.
        versions: all that are exported, lowest first.
        labels: a version for each label; without any, the newest is served.
        without_batching: the served versions that bring no parameters of
            batching.
    """

    name: str
    versions: tuple
    labels: dict = dataclasses.field(default_factory=dict)
    without_batching: tuple = ()

    def describe(self):
        """Returns in words which versions are served."""
        if not self.labels:
            return f"serves the newest version, now {self.versions[-1]}"
        return "serves " + " and ".join(
            f"{version} as {label}" for label, version in self.labels.items()
        )


def find_models(folder):
    """Returns a `ServedModel` for each model in a folder of exports.

    Raises:
        ValueError: if there is none, or a server would stumble over one.
    """
    folder = pathlib.Path(folder)
    models = []
    for path in sorted(folder.iterdir()):
        # A dot: what is being written.
        if path.name.startswith(".") or not path.is_dir():
            continue
        if not any(path.glob("*/saved_model.pb")):
            continue
        if not _NAME.fullmatch(path.name):
            raise ValueError(
                f"A model's name is of letters, digits and _ . - alone. "
                f"Received: the folder {str(path)!r}. Rename it."
            )
        versions = tuple(sorted(map(_version, _numbered(path))))
        if versions:
            models.append(ServedModel(path.name, versions))
    if not models:
        raise ValueError(
            f"{folder} has no exports: no NAME/VERSION/saved_model.pb. Name "
            "the folder of all models, such as saved_models."
        )
    return tuple(models)


def read_versions(pairs):
    """Reads `NAME=VERSION` words as a dictionary.

    Raises:
        ValueError: if a word is not like that, or a name comes twice.
    """
    versions = {}
    for pair in pairs:
        name, _, version = pair.partition("=")
        if not (name and version.isascii() and version.isdecimal()):
            raise ValueError(f"Wanted NAME=VERSION. Received: {pair!r}")
        if name in versions:
            raise ValueError(f"{name} has one version. Received: {pair!r} too")
        versions[name] = int(version)
    return versions


def _numbered(path):
    """The folders that a server takes for versions."""
    return [
        version
        for version in path.iterdir()
        if version.name.isdecimal() and version.is_dir()
    ]


def _version(path):
    name = path.name
    if not re.fullmatch("[1-9][0-9]{0,18}", name) or (
        int(name) > _LARGEST_VERSION
    ):
        raise ValueError(
            f"A version is a positive whole number, without zeros before it. "
            f"Received: the folder {str(path)!r}. Rename it."
        )
    if not (path / "saved_model.pb").is_file():
        raise ValueError(
            f"{path} has no saved_model.pb, and a server that comes upon it "
            "tries in vain. Export it again, or remove it."
        )
    return int(name)


def with_labels(folder, models, stable=None, canary=None):
    """Returns the models with their labels, and what batching they lack.

    Args:
        folder: that of the exports.
        models: from `find_models`.
        stable: the version labelled so, by the model's name.
        canary: a second one, for models that have a stable one.

    Raises:
        ValueError: if a name or a version is not there.
    """
    stable, canary = dict(stable or {}), dict(canary or {})
    names = [model.name for model in models]
    for name in [*stable, *canary]:
        if name not in names:
            raise errors.unknown("model", name, names)
    for name, version in canary.items():
        if name not in stable:
            raise ValueError(
                f"{name} has a canary and nothing stable beside it. Name "
                f"its stable version too, such as --stable {name}=1."
            )
        if version == stable[name]:
            raise ValueError(
                f"Version {version} of {name} cannot be stable and canary. "
                "Leave one of them out."
            )
    found = []
    for model in models:
        labels = {
            label: versions[model.name]
            for label, versions in (("stable", stable), ("canary", canary))
            if model.name in versions
        }
        found.append(_labelled(folder, model, labels))
    return tuple(found)


def _labelled(folder, model, labels):
    for label, version in labels.items():
        if version not in model.versions:
            raise ValueError(
                f"{model.name} has no version {version} to be {label}. It "
                f"has: {', '.join(map(str, model.versions))}."
            )
    without_batching = tuple(
        version
        for version in sorted(labels.values()) or model.versions[-1:]
        if not (
            folder / model.name / str(version) / batching.BATCHING_FILE
        ).is_file()
    )
    return dataclasses.replace(
        model, labels=labels, without_batching=without_batching
    )
