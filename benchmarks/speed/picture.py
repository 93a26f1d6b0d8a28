"""A picture of the ratios."""

from keras_perceiver import files

_COLORS = {"float32": "#4269d0", "bfloat16": "#efb118"}


def draw(results, path):
    """Draws their seconds over ours, a bar for each row.

    Args:
        results: what the benchmark writes as JSON.
        path: the PNG file; it is replaced once it is whole.
    """
    # Without pyplot, which keeps every figure and wants a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [row for row in results["rows"] if row["ratio"] is not None]
    figure = Figure(figsize=(8, 1.3 + 0.3 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for place, row in enumerate(rows):
        color = _COLORS[row["dtype"]]
        axes.barh(place, row["ratio"], color=color, height=0.7)
        axes.text(row["ratio"], place, f" {row['ratio']:.2f}", va="center")
        if row["wanted"] is not None:
            x = [row["wanted"]] * 2
            axes.plot(x, [place - 0.45, place + 0.45], color="black")
    axes.axvline(1, color="#8a8a8a", linewidth=1)
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(
        "seconds of transformers' faster form over ours (black: wanted)"
    )
    axes.spines[["top", "right"]].set_visible(False)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)


def _label(row):
    return f"{row['work']} {row['kind']} {row['dtype']} x{row['batch']}"
