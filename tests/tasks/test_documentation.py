"""The examples of `docs/tasks.md` run as they stand."""

from tests import documentation

PAGE = "docs/tasks.md"


def test_every_example_runs(tmp_path, monkeypatch, capsys):
    blocks = documentation.python_blocks(PAGE)
    assert len(blocks) == 9
    monkeypatch.chdir(tmp_path)
    documentation.run(blocks, PAGE)
    assert "(100, 120, 2)" in capsys.readouterr().out
    assert (tmp_path / "motion.flo").stat().st_size == 12 + 8 * 100 * 120
    assert (tmp_path / "saved_models/imagenet/1/saved_model.pb").exists()
