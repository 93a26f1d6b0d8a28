"""Tables and plots of what `benchmarks.memory` measured."""

import os
import platform

import numpy as np

from benchmarks.memory_cases.sizes import WIDTH

_GIB = 2**30
# Who is drawn how: the same colour for the same library everywhere.
_STYLES = {
    "ours": {"color": "#4269d0", "marker": "o"},
    "transformers": {"color": "#8a8a8a", "marker": "s"},
}


def machine():
    """What the numbers were measured on, in words."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def line(name, who, measured):
    """One case as a line of text; seconds are in the JSON alone."""
    peak, extra = measured["peak"] / _GIB, measured["extra"] / _GIB
    return f"{name:<32} {who:<14} {peak:>9.2f} {extra:>10.2f}"


def growth(points):
    """How memory grows with a size.

    Args:
        points: dictionaries of `size` and `extra`.

    Returns:
        The exponent `k` of the power law `extra ~ size^k` that fits best,
        and the slope of the straight line that does, in input widths.
    """
    sizes = np.array([point["size"] for point in points], float)
    extra = np.array([point["extra"] for point in points], float)
    exponent, _ = np.polyfit(np.log(sizes), np.log(extra), 1)
    slope, _ = np.polyfit(sizes, extra, 1)
    return float(exponent), float(slope / (4 * WIDTH))


def summarize(results):
    """What was wanted, and what came out.

    Returns:
        A list of dictionaries of `what`, `measured`, `wanted` and `met`.
    """
    single = {(case["name"], case["who"]): case for case in results["single"]}
    flow, their_flow = (
        single["flow forward", who] for who in ("ours", "transformers")
    )
    clip = single["clip, all outputs", "ours"]
    chunk = single["clip, 1 chunk of 98", "ours"]
    their_chunk = single["clip, 1 chunk of 128", "transformers"]
    training = single["flow training", "ours"]
    rows = [
        _most("flow forward: peak over theirs", flow, their_flow, 0.5),
        _least(
            "flow forward: their seconds over ours",
            their_flow["seconds"] / flow["seconds"],
            1.8,
        ),
        _row("flow training: peak, GiB", training["peak"] / _GIB, 10),
        _row("clip: extra, GiB", clip["extra"] / _GIB, 2),
        _row(
            "clip: extra of all outputs over 1 chunk's",
            clip["extra"] / chunk["extra"],
            1.25,
        ),
        _least(
            "clip: 128 of their chunks, seconds over ours",
            128 * their_chunk["seconds"] / clip["seconds"],
            4,
        ),
    ]
    for sweep in results["sweeps"]:
        exponent, widths = growth(sweep["points"])
        name = f"{sweep['name']} ({sweep['who']})"
        ours = sweep["who"] == "ours" and "latents" not in name
        rows.append(_row(f"{name}: exponent", exponent, 1.05 if ours else None))
        if "latents" not in name:
            limit = 3 if name == "inputs (ours)" else None
            rows.append(_row(f"{name}: widths an element", widths, limit))
    return rows


def table(rows):
    """A summary as Markdown."""
    lines = ["| what | measured | wanted |", "| --- | --- | --- |"]
    for row in rows:
        wanted = row["wanted"] or ""
        missed = "" if row["met"] else " (missed)"
        lines.append(
            f"| {row['what']} | {row['measured']:.2f} | {wanted}{missed} |"
        )
    return "\n".join(lines)


def draw(results, path):
    """Draws memory over the length of inputs and of outputs.

    Args:
        results: what `benchmarks.memory` writes as JSON.
        path: the PNG file.
    """
    # Without pyplot, which keeps every figure and wants a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, kind in zip(panels, ("inputs", "outputs"), strict=True):
        for sweep in results["sweeps"]:
            if sweep["name"].split()[0] == kind:
                _draw_line(axes, sweep)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda x, _: f"{x / 1024:.0f}k")
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
        axes.set_xlabel(f"number of {kind}")
        axes.grid(True, color="#e4e4e4")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    panels[0].set_ylabel("memory beyond weights and data, MiB")
    figure.savefig(path, dpi=130)


def _draw_line(axes, sweep):
    sizes = [point["size"] for point in sweep["points"]]
    extra = [point["extra"] / 2**20 for point in sweep["points"]]
    exponent, _ = growth(sweep["points"])
    training = "training" in sweep["name"]
    label = f"{sweep['who']}{', training' if training else ''}"
    axes.plot(
        sizes,
        extra,
        linestyle="--" if training else "-",
        label=f"{label}: grows as size$^{{{exponent:.2f}}}$",
        **_STYLES[sweep["who"]],
    )


def _most(what, one, other, limit):
    return _row(what, one["peak"] / other["peak"], limit)


def _least(what, measured, limit):
    met = measured >= limit
    wanted = f"at least {limit}"
    return {"what": what, "measured": measured, "wanted": wanted, "met": met}


def _row(what, measured, limit):
    met = limit is None or measured <= limit
    wanted = None if limit is None else f"at most {limit}"
    return {"what": what, "measured": measured, "wanted": wanted, "met": met}
