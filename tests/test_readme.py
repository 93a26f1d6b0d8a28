"""What the README shows is what happens."""

import pathlib
import re

from keras_perceiver import __main__ as command_line
from keras_perceiver import layers

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
# Files that only its reader has.
FILES = ("runs/demo", ".pickle")


def test_every_example_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    runnable = [
        block for block in blocks if not any(file in block for file in FILES)
    ]
    assert len(blocks) - len(runnable) == len(FILES)
    names = {}
    for block in runnable:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102
    assert names["logits"].shape == (8, 3, 262)
    assert names["vectors"].shape == (None, 16, 128)
    assert "(8, 8, 64, 512)" in capsys.readouterr().out


def test_the_page_on_memory_runs(capsys):
    page = (ROOT / "docs" / "memory.md").read_text()
    before = layers.get_attention_memory()
    names = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
            exec(compile(block, "memory.md", "exec"), names)  # noqa: S102
    finally:
        layers.set_attention_memory(before)
    # Each print says in a comment what it prints.
    said = re.findall(r"print\(.*\)  # (.*)", page)
    assert capsys.readouterr().out.splitlines() == said


def test_the_page_on_serving_runs(capsys, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "serving.md").read_text()
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "serving.md", "exec"), names)  # noqa: S102
    assert capsys.readouterr().out == "saved_models/byte_mlm/1\n"
    folders = (tmp_path / "saved_models").glob("*/*/saved_model.pb")
    versions = sorted(file.parent.relative_to(tmp_path) for file in folders)
    assert versions[:3] == [
        pathlib.Path(f"saved_models/byte_mlm/{number}") for number in (1, 2, 3)
    ]
    assert versions[3:] == [pathlib.Path("saved_models/own/1")]


def test_the_table_of_models_is_what_cost_prints(capsys):
    assert command_line.main(["cost", "--markdown"]) == 0
    table = capsys.readouterr().out.strip()
    assert table in README, "put `keras-perceiver cost --markdown` in there"
