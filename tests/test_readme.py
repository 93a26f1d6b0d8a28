"""What the README shows is what happens."""

import pathlib
import re

from keras_perceiver import __main__ as command_line

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
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


def test_the_table_of_models_is_what_cost_prints(capsys):
    assert command_line.main(["cost", "--markdown"]) == 0
    table = capsys.readouterr().out.strip()
    assert table in README, "put `keras-perceiver cost --markdown` in there"
