import json
import math

import pytest

from keras_perceiver import cost
from keras_perceiver.search import report
from keras_perceiver.search.template import preset_template
from tests.search.written_records import record
from tests.search.written_records import write_search
from tests.tiny_presets import TINY_PRESETS
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

BLUE = (31, 119, 180)
RED = (214, 39, 40)
TINY = {
    name: chosen
    for name, chosen in TINY_PRESETS["language_bytes"].items()
    if name not in ("num_latents", "latent_dim")
}


def section(text, heading):
    """The text below a heading."""
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def rows_of(text):
    """The cells of a Markdown table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def written(folder, records, rejected=None, **changes):
    write_search(folder, records, **changes)
    path = report.write_report(folder, rejected)
    assert path == folder / "report.md"
    return path.read_text()


def tiny(trial, value, num_latents, latent_dim, **changes):
    """A record of a model that is really built so, with its cost."""
    choices = {"num_latents": num_latents, "latent_dim": latent_dim}
    arguments = json.loads(json.dumps({**TINY, **choices}))
    told = cost.cost("language_bytes", **{**TINY, **choices})
    return record(
        trial,
        value,
        choices=choices,
        arguments=arguments,
        params=told.parameters,
        flops=told.flops,
        **changes,
    )


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_report_can_be_written_at_any_time(count, tmp_path):
    trials = [record("0", 0.5), record("1", 0.4, flops=30_000)][:count]
    running = record("2", None, state="running")
    text = written(tmp_path, [*trials, running])
    assert f"{count} completed" in text
    assert len(rows_of(section(text, "Best trials"))) == count
    matters = section(text, "What matters")
    if count < 2:
        assert f"{count} trials have completed" in matters
    else:
        assert "no rank correlation can be told" in matters
    assert (tmp_path / "preset.py").exists() == (count > 0)
    # The published model is marked from the beginning.
    fronts = pixels_of((tmp_path / "pareto.png").read_bytes())
    assert has(fronts, BLUE) == (count > 0)
    assert fronts.shape[1] == 900
    pixels_of((tmp_path / "sensitivity.png").read_bytes())


def test_before_the_first_trial_there_is_a_report(tmp_path):
    text = written(tmp_path, [])
    assert "0 of 6 combinations, rates not counted" in text
    assert section(text, "Pruned and failed").strip().startswith("None.")


def test_the_report_tells_what_was_found(tmp_path):
    records = [
        tiny("0000", 0.5, 4, 12),
        tiny("0001", 0.4, 8, 12, latency_ms=3.5),
        tiny("0002", 0.6, 8, 24),
        tiny("0003", 0.1, 2, 12, share=1 / 3),
        record("0004", None, state="pruned", reason="diverged: a|b\n# c"),
        record("0005", None, state="failed", reason="ValueError: <b>"),
        record("0006", math.nan),
    ]
    text = written(tmp_path, records, {"params<1M": 7})
    assert "7 infeasible (7 params<1M)" in text
    assert "heldout_nats, less is better. Budget: `flops<0.5x`" in text
    best = rows_of(section(text, "Best trials"))
    assert [row[0] for row in best] == ["0001", "0000", "0002"]
    assert "Trials that were given a share of the steps: 1." in section(
        text, "Best trials"
    )
    front = rows_of(section(text, "Quality against cost"))
    assert [(row[0], row[-1]) for row in front] == [
        ("0001", "latency (ms), FLOPs, parameters"),
        ("0000", "FLOPs, parameters"),
    ]
    others = rows_of(section(text, "Pruned and failed"))
    assert [row[:3] for row in others] == [
        ["0004", "pruned", "diverged: a\\|b\\\\n# c"],
        ["0005", "failed", "ValueError: \\<b>"],
    ]
    # Three panels: latency was measured.
    fronts = pixels_of((tmp_path / "pareto.png").read_bytes())
    assert fronts.shape[1] == 1350


def test_the_chosen_preset_runs(tmp_path):
    records = [tiny("0000", 0.5, 4, 12), tiny("0001", 0.4, 8, 24)]
    text = written(tmp_path, records)
    code = (tmp_path / "preset.py").read_text()
    assert code in section(text, "Chosen")
    assert "Trial 0001: heldout_nats 0.4" in code
    names = {}
    exec(compile(code, "preset.py", "exec"), names)  # noqa: S102
    parameters = names["model"].count_params()
    assert parameters == records[1]["cost"]["params"]
    assert parameters != records[0]["cost"]["params"]


def test_a_presets_reference_is_marked_before_it_is_trained(
    tmp_path, monkeypatch
):
    drawn = []
    monkeypatch.setattr(
        report.search_pictures,
        "draw_fronts",
        lambda panels, label: drawn.extend(panels) or b"",
    )
    arguments = preset_template("language_bytes", TINY).arguments
    template = {
        "name": "language_bytes",
        "preset": "language_bytes",
        "arguments": arguments,
    }
    written(tmp_path, [tiny("0", 0.5, 4, 12)], template=template)
    told = cost.cost("language_bytes", **TINY)
    assert {panel.label: panel.reference_cost for panel in drawn} == {
        "FLOPs": told.flops,
        "parameters": told.parameters,
    }
    assert [panel.reference for panel in drawn] == [None, None]


def test_the_reference_is_its_own_trial_if_there_is_one(tmp_path):
    template = {
        "name": "mine",
        "preset": None,
        "arguments": {"num_latents": 32, "latent_dim": 96, "other": [1, 2]},
    }
    other = record("0", 0.5, choices={"num_latents": 64}, flops=40_000)
    text = written(tmp_path, [other], template=template)
    assert "N=64" in section(text, "Chosen")
    # A model of one's own is built by nobody's preset.
    assert not (tmp_path / "preset.py").exists()
    assert not has(pixels_of((tmp_path / "pareto.png").read_bytes()), RED)
    reference = record("1", 0.6)
    written(tmp_path, [other, reference], template=template)
    assert has(pixels_of((tmp_path / "pareto.png").read_bytes()), RED)


def test_what_was_tried_is_counted(tmp_path):
    records = [
        record("0", 0.5, choices={"num_latents": 16, "learning_rate": 0.001}),
        record("1", None, state="pruned", choices={"learning_rate": 0.004}),
        record("2", None, state="running"),
    ]
    tried = section(written(tmp_path, records), "What was tried")
    # Two trials differ in the learning rate alone.
    assert "2 of 6 combinations" in tried
    assert rows_of(tried) == [
        ["num_latents", "16 (1), 32 (2), 64 (0)"],
        ["latent_dim", "96 (3), 128 (0)"],
        ["learning_rate", "0.001 to 0.004 of 0.0001 to 0.01 (3)"],
    ]


def test_what_matters_is_said_in_words(tmp_path):
    records = [
        record(str(place), 1 / latents, choices={"num_latents": latents})
        for place, latents in enumerate((16, 64, 32, 48, 8, 24, 40, 56))
    ]
    matters = section(written(tmp_path, records), "What matters")
    first, *others = rows_of(matters)
    assert first[0] == "num_latents"
    assert first[3:] == ["-1.00", "the larger, the lower the heldout_nats"]
    assert {row[-1] for row in others} == {"one value alone was tried"}
    assert "of the variance of trials" in matters
    assert "fewer than 8" not in matters
    green = (44, 160, 44)
    path = tmp_path / "sensitivity.png"
    assert has(pixels_of(path.read_bytes()), green)


def test_a_folder_without_a_search_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"search\.json"):
        report.write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []
