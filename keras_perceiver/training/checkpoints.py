"""Checkpoints of a run: numbered, whole or absent, checked when read.

Each is a folder, `checkpoints/step_0001000`, that is written under another
name, brought to the disk and renamed. Its manifest has the SHA-256 of every
file. `best` and `last` are links to two of them.
"""

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import tempfile

import safetensors

from keras_perceiver import files

MANIFEST_FILE = "manifest.json"
STATE_FILE = "training_state.safetensors"
# For people. It is written anew when the model is evaluated, so no manifest
# has it.
CARD_FILE = "README.md"
_NAME = re.compile(r"step_(\d{7,})")


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """One checkpoint, as its manifest describes it.

    Attributes:
        path: its folder.
        step: the steps that were taken until then.
        value: what the evaluation at that step gave, less being better; None
            if there was none.
    """

    path: pathlib.Path
    step: int
    value: float | None

    @property
    def state_file(self):
        return self.path / STATE_FILE


class Checkpoints:
    """The checkpoints of one run.

    Args:
        path: the run folder.
    """

    def __init__(self, path):
        self.folder = pathlib.Path(path) / "checkpoints"
        self.best_link = pathlib.Path(path) / "best"
        self.last_link = pathlib.Path(path) / "last"

    def save(self, step, write, *, keep, value=None):
        """Writes a checkpoint, then deletes those that are not kept.

        Kept are the newest, and for each of them the best until then: a run
        that falls back to one finds the best of that time.

        Args:
            step: the steps that were taken.
            write: a function that writes files into the folder it is given.
            keep: how many of the newest are kept.
            value: of the evaluation at that step, if there was one.

        Raises:
            OSError: if the disk does not take it; all others are as before.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _whole_folder(self.folder / f"step_{step:07d}") as folder:
                write(folder)
                _write_manifest(folder, step, value)
        except (OSError, safetensors.SafetensorError) as error:
            raise OSError(self._problem_of_writing(step, error)) from error
        self._settle(keep)

    def check(self):
        """Reads every checkpoint and compares it with its manifest.

        Returns:
            The whole ones, the oldest first, and a dictionary from the names
            of the others to what is wrong with them.
        """
        whole, damaged = [], {}
        for path in self._folders():
            try:
                _check_files(path)
                whole.append(_read_manifest(path))
            except _DamagedError as error:
                damaged[f"{self.folder.name}/{path.name}"] = str(error)
        return whole, damaged

    def fall_back(self, whole, *, keep):
        """Makes the newest of `whole` the run's state, and forgets others.

        Args:
            whole: what `check` returned; all that is not among it is deleted.
            keep: as `save` takes it.

        Returns:
            The lowest value of an evaluation until then, infinity without.
        """
        for path in self.folder.iterdir():
            if path not in [checkpoint.path for checkpoint in whole]:
                _delete(path)
        self._settle(keep)
        best = _best(whole)
        return math.inf if best is None else best.value

    def best_step(self):
        """Returns the step of the best, None where no manifest says it."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return json.loads((self.best_link / MANIFEST_FILE).read_text())[
                "step"
            ]
        return None

    def newest_step(self):
        """Returns the step of the newest, unread; 0 if there is none."""
        return max((_step_of(path) for path in self._folders()), default=0)

    def _folders(self):
        if not self.folder.is_dir():
            return []
        paths = [p for p in self.folder.iterdir() if _NAME.fullmatch(p.name)]
        return sorted(paths, key=_step_of)

    def _settle(self, keep):
        checkpoints = []
        for path in self._folders():
            # What was damaged meanwhile is told when it is needed.
            with contextlib.suppress(_DamagedError):
                checkpoints.append(_read_manifest(path))
        kept = set()
        for number in range(max(0, len(checkpoints) - keep), len(checkpoints)):
            kept |= {checkpoints[number], _best(checkpoints[: number + 1])}
        best = _best(checkpoints)
        _point(self.last_link, checkpoints[-1].path)
        if best is None:
            self.best_link.unlink(missing_ok=True)
        else:
            _point(self.best_link, best.path)
        for checkpoint in checkpoints:
            if checkpoint not in kept:
                _delete(checkpoint.path)

    def _problem_of_writing(self, step, error):
        free = shutil.disk_usage(self.folder.parent).free
        before = self.newest_step()
        kept = f"That of step {before:,} is whole" if before else "None is yet"
        return (
            f"The checkpoint of step {step:,} could not be written to "
            f"{self.folder}: {error} ({free:,} bytes are free there). {kept}. "
            "Make room, then start the same command again: it goes on by "
            "itself."
        )


class _DamagedError(Exception):
    """Says what is wrong with a checkpoint's folder."""


def _step_of(path):
    return int(_NAME.fullmatch(path.name)[1])


def _best(checkpoints):
    """The first of the lowest value, or None."""
    evaluated = [one for one in checkpoints if one.value is not None]
    return min(evaluated, key=lambda one: one.value, default=None)


@contextlib.contextmanager
def _whole_folder(path):
    """Yields a new folder, which takes that path's place when it is full."""
    umask = os.umask(0)
    os.umask(umask)
    temporary = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = pathlib.Path(temporary)
    try:
        temporary.chmod(0o777 & ~umask)
        yield temporary
        for file in temporary.iterdir():
            _bring_to_disk(file)
        _bring_to_disk(temporary)
        if path.exists():
            path.rename(temporary.with_suffix(".replaced"))
        temporary.rename(path)
        _bring_to_disk(path.parent)
    finally:
        for leftover in (temporary, temporary.with_suffix(".replaced")):
            shutil.rmtree(leftover, ignore_errors=True)


def _delete(path):
    """Deletes a folder, which is no checkpoint any more from the start."""
    leftover = path.with_name(f".{path.name.lstrip('.')}.deleted")
    path.rename(leftover)
    shutil.rmtree(leftover)


def _bring_to_disk(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_manifest(folder, step, value):
    content = {"step": step, "value": value}
    content["files"] = {
        path.name: {"bytes": path.stat().st_size, "sha256": files.sha256(path)}
        for path in sorted(folder.iterdir())
        if path.name != CARD_FILE
    }
    content["sha256"] = _hash_of_manifest(content)
    files.write_json(folder / MANIFEST_FILE, content)


def _hash_of_manifest(content):
    rest = {key: item for key, item in content.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(path):
    """The manifest of a checkpoint's folder, compared with its own hash."""
    file = path / MANIFEST_FILE
    if not file.is_file():
        raise _DamagedError(f"it has no {MANIFEST_FILE}")
    try:
        content = json.loads(file.read_bytes())
        is_whole = content["sha256"] == _hash_of_manifest(content)
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole or content["step"] != _step_of(path):
        raise _DamagedError(f"{MANIFEST_FILE} is not as it was written")
    return content


def _read_manifest(path):
    content = _manifest(path)
    return Checkpoint(path, content["step"], content["value"])


def _check_files(path):
    for name, written in _manifest(path)["files"].items():
        file = path / name
        if not file.is_file():
            raise _DamagedError(f"it has no {name}")
        size = file.stat().st_size
        if size != written["bytes"]:
            raise _DamagedError(
                f"{name} has {size:,} of {written['bytes']:,} bytes"
            )
        if files.sha256(file) != written["sha256"]:
            raise _DamagedError(f"{name} is not as it was written")


def _point(link, target):
    """Makes a link within the run folder, in place of one before."""
    if link.is_dir() and not link.is_symlink():
        # A copy of a run may hold what the link led to.
        shutil.rmtree(link)
    temporary = link.with_name(f".{link.name}.link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.relative_to(link.parent))
    os.replace(temporary, link)
