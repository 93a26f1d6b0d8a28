"""Writes what a server of the exports in a folder starts with."""

import dataclasses
import hashlib
import json
import pathlib
import re
import shlex

from keras_perceiver import files
from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.server import served_models
from keras_perceiver.serving.server import server_files

# What was written last, by which a change of a person is known.
RECORD_FILE = ".server_config.json"
# What needs no quotes in YAML, in a shell or in a volume of compose.
_MODELS_PATH = re.compile(r"(/[A-Za-z0-9_+@-][A-Za-z0-9_.+@-]*)+")


@dataclasses.dataclass(frozen=True)
class Written:
    """What `write_server_config` did.

    Attributes:
        states: `written`, `unchanged` or `kept` for each file's path. Kept
            is what a person changed, where there is nothing new to write.
        models: the `ServedModel`s.
        warnings: pairs of a word and what labels do to a running server.
        next_command: what to run now.
    """

    states: dict
    models: tuple
    warnings: tuple
    next_command: str

    def report(self):
        """Returns lines for a person: files, models, what to run."""
        rows = [(state, path) for path, state in self.states.items()]
        rows += [(model.name, model.describe()) for model in self.models]
        lacking = [
            f"{model.name}/{version}"
            for model in self.models
            for version in model.without_batching
        ]
        rows.append(("batching", _batching(lacking)))
        rows += self.warnings
        rows.append(("next", self.next_command))
        width = max(len(word) for word, _ in rows)
        return [f"{word:<{width}}  {text}" for word, text in rows]


def write_server_config(
    folder,
    *,
    stable=None,
    canary=None,
    models_path="/models",
    gpu=False,
    overwrite=False,
):
    """Writes the files that a server of a folder's exports starts with.

    Without labels the newest version of a model is served, so that an export
    goes live by itself and its removal takes it back. With `stable` only
    that version is, and `canary` beside it, which may be newer or older.

    Args:
        folder: holds `NAME/VERSION/saved_model.pb`; the files go there.
        stable: the version labelled so, by the model's name.
        canary: a second one, for models that have a stable one.
        models_path: where the server sees the folder. A container does at
            `/models`; without one it is the folder's absolute path.
        gpu: whether the server runs on a GPU.
        overwrite: also replace files that a person changed.

    Returns:
        A `Written`.

    Raises:
        ValueError: if there is no export, a name or version is not one, or
            a file was changed. Nothing is written then.
        OSError: if the folder cannot be read or written.
    """
    folder = pathlib.Path(folder)
    if not _MODELS_PATH.fullmatch(str(models_path)):
        raise ValueError(
            "The path of the models is absolute, of letters, digits and "
            f"_ . + @ - alone. Received: {str(models_path)!r}"
        )
    models = served_models.find_models(folder)
    models = served_models.with_labels(folder, models, stable, canary)
    texts = server_files.server_files(models, str(models_path), gpu)
    warnings = _warnings(folder / "models.config", texts["models.config"])
    states = _write(folder, texts, overwrite)
    inside = pathlib.Path(models_path) == folder.resolve()
    next_command = (
        server_files.command(models, str(models_path), gpu)
        if inside
        else "docker compose --file "
        f"{shlex.quote(str(folder / 'compose.yaml'))} up --detach --wait"
    )
    return Written(states, models, warnings, next_command)


def _batching(lacking):
    if not lacking:
        return "on, by the parameters in each version's folder"
    return (
        f"off: {', '.join(lacking)} has no {batching.BATCHING_FILE}. "
        "Export again."
    )


def _warnings(path, text):
    """What a server that runs by the file as it was makes of the new one."""
    try:
        before = protos.parse_text("ModelServerConfig", path.read_text())
    except (OSError, ValueError):
        return ()
    after = protos.parse_text("ModelServerConfig", text)
    after = {model.name: model for model in after.model_config_list.config}
    found = []
    for old in before.model_config_list.config:
        labels = after[old.name].version_labels if old.name in after else {}
        loaded = old.model_version_policy.specific.versions
        for label, was in sorted(old.version_labels.items()):
            version = labels.get(label)
            if version is None:
                found.append(("dropped", f"{label} of {old.name}, was {was}"))
            elif version != was and version not in loaded:
                found.append(
                    (
                        "refused",
                        f"{label} of {old.name} moves from {was} to "
                        f"{version}, which is not loaded: a server that runs "
                        "stays as it is. Serve both first, then move it.",
                    )
                )
    return tuple(found)


def _write(folder, texts, overwrite):
    record_path = folder / RECORD_FILE
    record = _read_record(record_path)
    states = {
        name: _state(folder / name, text, record.get(name), overwrite)
        for name, text in texts.items()
    }
    changed = [str(folder / name) for name in texts if states[name] is None]
    if changed:
        raise ValueError(
            "Changed since they were written, so nothing is written now: "
            f"{', '.join(changed)}. Pass --overwrite (in Python "
            "overwrite=True) to replace them, or move them away."
        )
    for name, text in texts.items():
        if states[name] == "written":
            files.write_text(folder / name, text)
        record[name] = _digest(text.encode())
    files.write_json(record_path, record)
    return {str(folder / name): state for name, state in states.items()}


def _state(path, text, recorded, overwrite):
    """What becomes of a file; None if a person's change would be lost."""
    if not path.exists():
        return "written"
    content = path.read_bytes()
    if content == text.encode():
        return "unchanged"
    if overwrite or _digest(content) == recorded:
        return "written"
    return "kept" if _digest(text.encode()) == recorded else None


def _read_record(path):
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digest(content):
    return hashlib.sha256(content).hexdigest()
