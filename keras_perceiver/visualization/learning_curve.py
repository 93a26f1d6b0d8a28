"""A run's learning curve, with the baselines drawn in."""

import json

import matplotlib.figure
import numpy as np

from keras_perceiver import files
from keras_perceiver.training import run_folder

_COLOURS = {"baseline": "tab:red", "reference": "tab:gray"}
# From the smallest to the largest value, above which a line shows nothing.
_WIDE = 20
# Of the picture, for a line of words.
_LINE_HEIGHT = 0.04


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
    axes.plot(steps, values, "o-", ms=4, label="this model, held out")
    lines = {
        name: baseline
        for name, baseline in baselines.items()
        if baseline.get(metric) is not None
    }
    for baseline in lines.values():
        axes.axhline(
            baseline[metric],
            color=_COLOURS[baseline["kind"]],
            linestyle="--" if baseline["kind"] == "baseline" else ":",
            linewidth=1,
        )
    if _is_wide([*values, *(line[metric] for line in lines.values())]):
        axes.set_yscale("log")
    axes.set_xlabel("training step")
    axes.set_ylabel(f"held-out {metric}")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    # Above the curve, which may lie anywhere.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    _name_lines(axes, metric, lines)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _name_lines(axes, metric, lines):
    """Writes beside each line what it is, none over another."""
    ends = [(1, line[metric]) for line in lines.values()]
    if not ends:
        return
    on_screen = axes.get_yaxis_transform().transform(ends)
    heights = axes.transAxes.inverted().transform(on_screen)[:, 1]
    apart = spread(heights, _LINE_HEIGHT)
    for (name, line), end, height in zip(
        lines.items(), ends, apart, strict=True
    ):
        colour = _COLOURS[line["kind"]]
        axes.annotate(
            f"{name} ({line['kind']})",
            end,
            (1.03, height),
            xycoords=("axes fraction", "data"),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            color=colour,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.5,
                "relpos": (0, 0.5),
            },
            annotation_clip=False,
        )


def spread(heights, distance):
    """Moves heights apart, as little as can be, in the order that they have.

    Args:
        heights: numbers.
        distance: the least between two of them.

    Returns:
        As many, none nearer to another than that. What is crowded lies around
        its own mean.
    """
    heights = np.asarray(heights, "float64")
    order = np.argsort(heights, kind="stable")
    # Without the distances, no height may be below the one before it: the
    # nearest such heights are means of groups, joined where they cross.
    steps = distance * np.arange(len(heights))
    groups = []
    for height in heights[order] - steps:
        groups.append((height, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (below, few), (above, more) = groups[-2:]
            mean = (few * below + more * above) / (few + more)
            groups[-2:] = [(mean, few + more)]
    moved = np.empty_like(heights)
    moved[order] = steps + np.repeat(*zip(*groups, strict=True))
    return moved


def _is_wide(shown):
    """Whether values differ by so much that they need a logarithmic scale."""
    return bool(shown) and min(shown) > 0 and max(shown) > _WIDE * min(shown)
