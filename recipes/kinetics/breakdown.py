"""Held-out errors where more is hidden, and by class, with pictures."""

from recipes import clip_breakdown
from recipes.kinetics.evaluation import Errors
from recipes.kinetics.evaluation import measure
from recipes.kinetics.evaluation import reconstruction_of
from recipes.kinetics.pictures import write_pictures
from recipes.kinetics.pooled_errors import in_decibels
from recipes.kinetics.pooled_errors import psnr

# What the model has to do without, besides the label.
_HIDDEN = {
    "video alone": ("audio",),
    "sound alone": ("video",),
}


def break_down(folder, model, data, by=None):
    """Measures without a modality, and writes pictures.

    Args:
        folder: the `RunFolder`; `given.csv`, pictures and `classes.csv` go
            there.
        model: the autoencoder, with its views.
        data: the `ClipData`.
        by: `"label"` to tell classes apart, or None.

    Returns:
        Lines for people.

    Raises:
        ValueError: if `by` is something else.
    """
    lines = clip_breakdown.lines_of(
        folder,
        by,
        "video and sound",
        _HIDDEN,
        lambda hidden: measure(model, data, hidden),
        _numbers,
        lambda: _by_class(model, data),
    )
    for path in write_pictures(folder.path, model, data):
        lines.append(f"picture: {path}")
    return lines


def nearness(mse):
    """Writes a mean squared error of a peak of 1 as a ratio, for tables."""
    return "-" if mse is None else in_decibels(psnr(mse, 1))


def right(error):
    """Writes how many are right, for tables."""
    return "-" if error is None else f"{1 - error:.1%}"


def _numbers(means):
    return {
        "video": nearness(means["video_mse"]),
        "audio": nearness(means["audio_mse"]),
        "top-1": right(means["top_1_error"]),
    }


def _by_class(model, data):
    reconstruct = reconstruction_of(model)
    sums = {}
    for clips in data.heldout_batches():
        answers = [
            answer.numpy()
            for answer in reconstruct(clips["video"], clips["audio"])
        ]
        for row, label in enumerate(clips["label"].numpy()):
            part = slice(row, row + 1)
            sums.setdefault(int(label), Errors()).add(
                {name: value[part] for name, value in clips.items()},
                *(answer[part] for answer in answers),
            )
    names = [*data.class_names, "no label"]
    return [
        {"class": names[label], **_numbers(sums[label].means(data.loss))}
        for label in sorted(sums)
    ]
