"""What the README shows is what happens."""

import pathlib
import re

import keras

from keras_perceiver import __main__ as command_line
from keras_perceiver import layers
from tests import documentation

# Files that only its reader has.
FILES = ("runs/demo", ".pickle")


def test_every_example_runs(capsys):
    blocks = documentation.python_blocks("README.md")
    runnable = [
        block for block in blocks if not any(file in block for file in FILES)
    ]
    assert len(blocks) - len(runnable) == len(FILES)
    names = documentation.run(runnable, "README.md")
    assert names["logits"].shape == (8, 3, 262)
    assert names["vectors"].shape == (None, 16, 128)
    assert "(8, 8, 64, 512)" in capsys.readouterr().out


def test_the_page_on_memory_runs(capsys):
    page = "docs/memory.md"
    before = layers.get_attention_memory()
    try:
        documentation.run(documentation.python_blocks(page), page)
    finally:
        layers.set_attention_memory(before)
    # Each print says in a comment what it prints.
    said = re.findall(r"print\(.*\)  # (.*)", documentation.text_of(page))
    assert capsys.readouterr().out.splitlines() == said


def test_the_page_on_video_runs():
    page = "docs/video_autoencoding.md"
    names = documentation.run(documentation.python_blocks(page), page)
    assert names["latents"].shape == (1, 32, 512)
    assert not keras.ops.any(keras.ops.isnan(names["latents"]))


def test_the_page_on_serving_runs(capsys, tmp_path, monkeypatch):
    page = "docs/serving.md"
    monkeypatch.chdir(tmp_path)
    documentation.run(documentation.python_blocks(page), page)
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
    assert table in documentation.text_of("README.md"), (
        "put `keras-perceiver cost --markdown` in there"
    )
