"""A run's learning curve, with the baselines drawn in."""

import json

import matplotlib.figure

from keras_perceiver import files
from keras_perceiver.training import run_folder

_COLOURS = {"baseline": "tab:red", "reference": "tab:gray"}
# From the smallest to the largest value, above which a line shows nothing.
_WIDE = 20


def draw_run(folder, metric):
    """Draws `learning_curve.png` of a `RunFolder` from its own files."""
    baselines = {}
    if folder.baselines_file.exists():
        baselines = json.loads(folder.baselines_file.read_text())
    draw(
        folder.read_rows(run_folder.METRICS_FILE),
        metric,
        baselines,
        folder.learning_curve_file,
    )


def draw(rows, metric, baselines, path):
    """Draws a held-out metric over steps.

    Args:
        rows: dictionaries with `step` and `heldout_METRIC`.
        metric: its name, such as `nats`.
        baselines: `{name: {metric: value, "kind": "baseline" or
            "reference"}}`; those without the metric are left out.
        path: of the PNG, replaced atomically.
    """
    # A figure of its own, since pyplot would look for a display.
    figure = matplotlib.figure.Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    steps = [row["step"] for row in rows]
    values = [row[f"heldout_{metric}"] for row in rows]
    axes.plot(steps, values, "o-", ms=4, label="Perceiver IO, held out")
    for name, baseline in baselines.items():
        if baseline.get(metric) is None:
            continue
        axes.axhline(
            baseline[metric],
            color=_COLOURS[baseline["kind"]],
            linestyle="--" if baseline["kind"] == "baseline" else ":",
            linewidth=1,
        )
        axes.annotate(
            f"{name} ({baseline['kind']})",
            (0.995, baseline[metric]),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            fontsize=8,
            color=_COLOURS[baseline["kind"]],
        )
    if _is_wide(metric, values, baselines):
        axes.set_yscale("log")
    axes.set_xlabel("training step")
    axes.set_ylabel(f"held-out {metric}")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.97))
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _is_wide(metric, values, baselines):
    """Whether values differ by so much that they need a logarithmic scale."""
    shown = [
        *values,
        *(
            baseline[metric]
            for baseline in baselines.values()
            if baseline.get(metric) is not None
        ),
    ]
    return bool(shown) and min(shown) > 0 and max(shown) > _WIDE * min(shown)
