import itertools
import json

import matplotlib.figure
import matplotlib.text
import numpy as np
import PIL.Image
import pytest

from keras_perceiver.training.run_folder import METRICS_FILE
from keras_perceiver.training.run_folder import RunFolder
from keras_perceiver.visualization import learning_curve

ROWS = [
    {"step": 10.0, "loss": 4.0, "heldout_nats": 3.5},
    {"step": 20.0, "loss": 3.0, "heldout_nats": 2.75},
]
BASELINES = {
    "most_frequent": {"nats": None, "accuracy": 0.2, "kind": "baseline"},
    "unigram": {"nats": 3.25, "accuracy": 0.2, "kind": "baseline"},
    "table": {"nats": 2.5, "accuracy": 0.4, "kind": "reference"},
    "other": {"accuracy": 0.9, "kind": "reference"},
}


@pytest.fixture
def figures(monkeypatch):
    """Every figure that is drawn from here on."""
    drawn = []

    class Figure(matplotlib.figure.Figure):
        def savefig(self, *args, **kwargs):
            drawn.append(self)
            super().savefig(*args, **kwargs)

    monkeypatch.setattr(matplotlib.figure, "Figure", Figure)
    return drawn


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_draws_the_metric_over_steps(figures, tmp_path):
    learning_curve.draw(ROWS, "nats", {}, tmp_path / "curve.png")
    (axes,) = figures[0].axes
    (curve,) = axes.lines
    np.testing.assert_array_equal(curve.get_xdata(), [10, 20])
    np.testing.assert_array_equal(curve.get_ydata(), [3.5, 2.75])
    assert axes.get_xlabel() == "training step"
    assert "nats" in axes.get_ylabel()
    # Not all are Perceiver IO.
    (name,) = axes.get_legend().get_texts()
    assert name.get_text() == "this model, held out"
    assert axes.get_xlim()[0] == 0


def test_draws_every_baseline_that_has_the_metric(figures, tmp_path):
    learning_curve.draw(ROWS, "nats", BASELINES, tmp_path / "curve.png")
    (axes,) = figures[0].axes
    _, *lines = axes.lines
    assert [set(line.get_ydata()) for line in lines] == [{3.25}, {2.5}]
    # From edge to edge, and each kind in its own way.
    assert all(list(line.get_xdata()) == [0, 1] for line in lines)
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    assert lines[0].get_color() != lines[1].get_color()
    assert texts_of(axes) == ["unigram (baseline)", "table (reference)"]
    heights = [text.xy[1] for text in axes.texts]
    assert heights == [3.25, 2.5]
    low, high = axes.get_ylim()
    assert low < 2.5
    assert high > 3.5


def test_names_of_lines_do_not_lie_over_one_another(figures, tmp_path):
    near = {
        f"line_{number}": {"nats": 3 + number / 1000, "kind": "baseline"}
        for number in range(5)
    }
    learning_curve.draw(ROWS, "nats", near, tmp_path / "curve.png")
    figures[0].draw_without_rendering()
    # Of the words alone, without what leads to their line.
    words = figures[0].axes[0].texts
    boxes = [matplotlib.text.Text.get_window_extent(text) for text in words]
    for below, above in itertools.pairwise(boxes):
        assert below.y1 <= above.y0
    picture = figures[0].bbox
    assert all(picture.x0 < box.x0 < box.x1 < picture.x1 for box in boxes)


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([1.0, 3.0], [1.0, 3.0]),
        ([3.0, 1.0], [3.0, 1.0]),
        # Apart, around their mean.
        ([1.0, 1.0], [0.5, 1.5]),
        ([1.2, 1.0, 1.1], [2.1, 0.1, 1.1]),
        # What is moved meets the next one.
        ([1.0, 1.0, 1.8, 5.0], [0.8 / 3, 3.8 / 3, 6.8 / 3, 5.0]),
    ],
)
def test_heights_are_moved_apart_as_little_as_can_be(heights, expected):
    found = learning_curve.spread(heights, 1.0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_picture_is_a_png(tmp_path):
    path = tmp_path / "curve.png"
    learning_curve.draw(ROWS, "nats", BASELINES, path)
    with PIL.Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (960, 600)
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")), 2, 0)
    # The baseline alone is red.
    assert (red.astype(int) - np.maximum(green, blue) > 50).sum() > 100
    assert list(tmp_path.iterdir()) == [path]


def test_one_evaluation_and_one_that_diverged_can_be_drawn(tmp_path):
    for value in (3.5, float("nan")):
        rows = [{"step": 10.0, "heldout_nats": value}]
        learning_curve.draw(rows, "nats", BASELINES, tmp_path / "curve.png")


def test_a_failed_drawing_leaves_the_picture_before_it(tmp_path, monkeypatch):
    path = tmp_path / "curve.png"
    learning_curve.draw(ROWS, "nats", {}, path)
    before = path.read_bytes()

    def write_half(self, path, **kwargs):
        path.write_bytes(before[:100])
        raise OSError("disk full")

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", write_half)
    with pytest.raises(OSError, match="disk full"):
        learning_curve.draw(ROWS[:1], "nats", {}, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_is_drawn_from_its_own_files(figures, tmp_path):
    folder = RunFolder(tmp_path)
    for row in ROWS:
        folder.append(METRICS_FILE, row)
    learning_curve.draw_run(folder, "nats")
    folder.baselines_file.write_text(json.dumps(BASELINES))
    learning_curve.draw_run(folder, "nats")
    without, with_baselines = (figure.axes[0] for figure in figures)
    np.testing.assert_array_equal(without.lines[0].get_ydata(), [3.5, 2.75])
    assert texts_of(without) == []
    assert len(texts_of(with_baselines)) == 2
    assert folder.learning_curve_file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("low", "scale"), [(0.9, "linear"), (0.01, "log"), (0.0, "linear")]
)
def test_far_apart_values_have_a_logarithmic_scale(
    low, scale, figures, tmp_path
):
    rows = [{"step": 1.0, "heldout_error": low}]
    baselines = {"majority": {"error": 0.95, "kind": "baseline"}}
    learning_curve.draw(rows, "error", baselines, tmp_path / "curve.png")
    assert figures[0].axes[0].get_yscale() == scale
