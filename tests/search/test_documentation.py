"""The how-to of a search: it runs, is short, and finds something."""

from keras_perceiver.search import found_in
from tests import documentation

PAGE = "docs/search.md"


def test_the_how_to_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = documentation.python_blocks(PAGE)[0]
    assert len(program.splitlines()) < 40
    assert max(map(len, program.splitlines())) <= 80
    names = documentation.run([program], PAGE)
    found = found_in("runs/points")
    assert [one["state"] for one in found.records] == ["completed"] * 3
    assert len(found.records[0]["curve"]) == 2
    assert found.best["value"] == names["found"].best["value"]
    sizes = found.best["arguments"]
    assert names["model"].get_layer("latents").length == sizes["num_latents"]
    for file in ("report.md", "pareto.png", "sensitivity.png"):
        assert (tmp_path / "runs" / "points" / file).stat().st_size > 1_000
