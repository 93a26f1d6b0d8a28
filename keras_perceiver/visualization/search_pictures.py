"""Quality against cost, and what matters how much, over many models."""

import dataclasses

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import pictures

MODEL = "tab:gray"
FRONT = "tab:blue"
REFERENCE = "tab:red"
CLEAR = "tab:green"


@dataclasses.dataclass(frozen=True)
class CostPanel:
    """Models by one cost.

    Attributes:
        label: of the cost.
        costs: of each model, above zero.
        values: of each model.
        front: the places of those that no other beats, the cheapest first.
        reference_cost: of the model to compare with, or None.
        reference: its place among the models, or None if it is not there.
    """

    label: str
    costs: list
    values: list
    front: list
    reference_cost: float | None = None
    reference: int | None = None


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar, from zero.

    Attributes:
        label: beside it.
        length: a number, or None for a dash.
        spread: one standard deviation, or None.
        chance: how far from zero chance alone goes, or None.
        is_clear: whether the bar can be told from chance.
    """

    label: str
    length: float | None
    spread: float | None = None
    chance: float | None = None
    is_clear: bool = False


def draw_fronts(panels, value_label):
    """Draws quality against costs, with the front as steps.

    Args:
        panels: `CostPanel`s.
        value_label: of the vertical axis.

    Returns:
        The bytes of a PNG.
    """
    figure = matplotlib.figure.Figure(
        figsize=(4.5 * len(panels), 4.2), layout="constrained"
    )
    for axes, panel in zip(_row(figure, len(panels)), panels, strict=True):
        axes.set_xscale("log")
        axes.set_xlabel(_plain(panel.label))
        axes.set_ylabel(_plain(value_label))
        axes.grid(alpha=0.3)
        if panel.costs:
            _draw_models(axes, panel)
        else:
            _say(axes, "no trial to compare yet")
        if panel.reference_cost is not None:
            axes.axvline(
                panel.reference_cost,
                color=REFERENCE,
                linestyle=":",
                label="reference shape",
            )
    _explain(figure)
    return pictures.png(figure)


def draw_bars(groups):
    """Draws groups of horizontal bars, each group with its own scale.

    Args:
        groups: `(label, bars)` each: of the horizontal axis, and `Bar`s.

    Returns:
        The bytes of a PNG.
    """
    longest = max(len(bars) for _, bars in groups)
    figure = matplotlib.figure.Figure(
        figsize=(5 * len(groups), 1.6 + 0.35 * longest), layout="constrained"
    )
    for axes, (label, bars) in zip(
        _row(figure, len(groups)), groups, strict=True
    ):
        axes.set_xlabel(_plain(label))
        if not any(bar.length is not None for bar in bars):
            axes.set_yticks([])
            _say(axes, "too few trials to tell")
            continue
        _draw_group(axes, bars)
    return pictures.png(figure)


def _explain(figure):
    """One legend, where it hides no trial."""
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(
            *axes.get_legend_handles_labels(), strict=True
        ):
            handles.setdefault(label, handle)
    if handles:
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower center",
            ncols=len(handles),
            fontsize=9,
        )


def _row(figure, columns):
    return figure.subplots(1, columns, squeeze=False)[0]


def _draw_models(axes, panel):
    costs, values = np.array(panel.costs), np.array(panel.values)
    axes.plot(costs, values, "o", ms=5, color=MODEL, alpha=0.6, label="trial")
    # What is reached at a cost stays reached at every higher one.
    axes.plot(
        costs[panel.front],
        values[panel.front],
        "o-",
        ms=6,
        color=FRONT,
        drawstyle="steps-post",
        label="front",
    )
    if panel.reference is not None:
        axes.plot(
            costs[panel.reference],
            values[panel.reference],
            "*",
            ms=14,
            color=REFERENCE,
            label="reference, trained",
        )


def _draw_group(axes, bars):
    places = np.arange(len(bars))
    axes.barh(
        places,
        [2 * (bar.chance or 0) for bar in bars],
        left=[-(bar.chance or 0) for bar in bars],
        color=MODEL,
        alpha=0.2,
        height=1,
        linewidth=0,
    )
    axes.barh(
        places,
        [bar.length or 0 for bar in bars],
        xerr=[bar.spread or 0 for bar in bars],
        color=[CLEAR if bar.is_clear else MODEL for bar in bars],
        height=0.6,
    )
    for place, bar in zip(places, bars, strict=True):
        if bar.length is None:
            axes.annotate("-", (0, place), va="center", ha="center")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(places, [_plain(bar.label) for bar in bars])
    axes.invert_yaxis()


def _say(axes, text):
    axes.annotate(
        text,
        (0.5, 0.5),
        xycoords="axes fraction",
        ha="center",
        va="center",
    )


def _plain(text):
    # A dollar sign would begin a formula.
    return str(text).replace("$", r"\$")
