"""Held-out tags where a modality is hidden, and tag by tag."""

from keras_perceiver import files
from recipes import clip_breakdown
from recipes.audioset import metrics
from recipes.audioset.evaluation import measure
from recipes.audioset.evaluation import scores_of
from recipes.audioset.pictures import sample
from recipes.audioset.tagger import tagger

_HIDDEN = {
    "sound alone": ("video",),
    "video alone": ("audio",),
}


def break_down(folder, model, data, by=None):
    """Measures without a modality, and draws clips.

    Args:
        folder: the `RunFolder`; `given.csv`, `tags.png` and `classes.csv` go
            there.
        model: the classifier.
        data: the `TagData`.
        by: `"label"` to tell tags apart, or None.

    Returns:
        Lines for people.

    Raises:
        ValueError: if `by` is something else.
    """
    lines = clip_breakdown.lines_of(
        folder,
        by,
        "sound and video",
        _HIDDEN,
        lambda hidden: measure(model, data, hidden),
        _numbers,
        lambda: _by_class(model, data),
    )
    path = folder.path / "tags.png"
    files.write_bytes(path, sample(tagger(model, data.media_format), data))
    return [*lines, f"picture: {path}"]


def percent(error):
    """Writes what 1 less an error is, for tables."""
    return "-" if error is None else f"{1 - error:.1%}"


def number(value):
    """Writes a number that may have no value, for tables."""
    return "-" if value is None else f"{value:.3f}"


def _numbers(row):
    return {
        "mAP": percent(row["map_error"]),
        "AUC": number(row["auc"]),
        "d'": number(row["d_prime"]),
    }


def _by_class(model, data):
    labels, scores = scores_of(model, data)
    precisions = metrics.average_precisions(labels, scores)
    areas = metrics.areas(labels, scores)
    return [
        {
            "tag": name,
            "videos": str(int(own.sum())),
            "AP": "-" if precision != precision else f"{precision:.1%}",
            "AUC": "-" if area != area else f"{area:.3f}",
        }
        for name, own, precision, area in zip(
            data.class_names, labels.T, precisions, areas, strict=True
        )
    ]
