"""What a search is told, kept so that it goes on with the same."""

import json
import pathlib

from keras_perceiver import files

FILE = "search.json"
# Of the oracle, with all trials.
STATE_FILE = "oracle.json"


def keep(folder, settings):
    """Writes the settings of a search, or compares them with those there.

    Args:
        folder: the folder of the search.
        settings: a dictionary that JSON can hold, of dictionaries.

    Returns:
        Whether the search goes on.

    Raises:
        ValueError: if a search with other settings began here.
    """
    path = pathlib.Path(folder) / FILE
    settings = json.loads(json.dumps(settings))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, settings)
        return False
    changed = [
        f"{name} was {before}, is {now}"
        for name, before, now in _differences(
            json.loads(path.read_text()), settings
        )
    ]
    if changed:
        raise ValueError(
            f"The search in {folder} began with other settings: "
            f"{'; '.join(changed)}. Take these again, or begin another in "
            "another folder."
        )
    return True


def _differences(before, now, path=""):
    for name in {**before, **now}:
        one, other = before.get(name), now.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(one, other, f"{path}{name}.")
        elif one != other:
            yield f"{path}{name}", one, other
