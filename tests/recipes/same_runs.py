"""Whether one run has left what another has."""

import os


def contents(path):
    """What must be equal in two equal runs, by name."""
    names = ("metrics.csv", "learning_curve.png", "configuration.json")
    kept = {name: (path / name).read_bytes() for name in names}
    for link in ("best", "last"):
        kept[link] = os.readlink(path / link)
        for file in (path / link).iterdir():
            kept[f"{link}/{file.name}"] = file.read_bytes()
    for file in (path / "samples").iterdir():
        kept[f"samples/{file.name}"] = file.read_bytes()
    return kept


def assert_same_run(one, other):
    one, other = contents(one), contents(other)
    assert one.keys() == other.keys()
    for name, content in one.items():
        assert content == other[name], name
