"""The examples of `docs/tasks.md` run as they stand."""

import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "tasks.md"


def test_every_example_runs(tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 9
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
    assert "(100, 120, 2)" in capsys.readouterr().out
    assert (tmp_path / "motion.flo").stat().st_size == 12 + 8 * 100 * 120
    assert (tmp_path / "saved_models/imagenet/1/saved_model.pb").exists()
