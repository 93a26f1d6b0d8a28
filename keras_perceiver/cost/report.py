"""Costs in words: what the command `keras-perceiver cost` prints."""

from keras_perceiver.cost.totals import cost
from keras_perceiver.models.presets import find_preset
from keras_perceiver.models.presets import presets

_HEADINGS = (
    "preset",
    "parameters",
    "paper",
    "FLOPs",
    "paper",
    "folded",
    "inference",
    "training",
)
_BYTES = (
    "activations in training",
    "activations in inference",
    "weights",
    "gradients",
    "two optimizer slots",
)


def overview(batch=1):
    """All published models, one on a line.

    Args:
        batch: number of examples, which activations grow with.

    Returns:
        A table as text.
    """
    rows = [_HEADINGS, *_rows(batch)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.append(f"inference, training: activations of {_examples(batch)}")
    return "\n".join(lines)


def markdown(batch=1):
    """The table of `overview` as Markdown, without what folding leaves."""
    rows = [_HEADINGS, ("---", *["---:"] * (len(_HEADINGS) - 1))]
    rows += [(f"`{name}`", *cells) for name, *cells in _rows(batch)]
    place = _HEADINGS.index("folded")
    rows = [(*row[:place], *row[place + 1 :]) for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def details(preset_name, batch=1, **overrides):
    """One model, part by part.

    Args:
        preset_name: a name in `keras_perceiver.presets()`.
        batch: number of examples, which activations grow with.
        **overrides: what `cost` takes.

    Returns:
        Lines of text.
    """
    preset = find_preset(preset_name)
    told = cost(preset_name, batch=batch, **overrides)
    lines = [f"{'':<32} {'parameters':>13} {'FLOPs':>10} {'folded':>10}"]
    for name, part in [*told.parts.items(), ("in all", told)]:
        lines.append(
            f"{name:<32} {part.parameters:>13,} {_flops(part.flops):>10} "
            f"{_flops(part.folded_flops):>10}"
        )
    published = preset.published_parameters, preset.published_flops
    if any(published) and not overrides:
        lines.append(
            f"{'as published':<32} {published[0]:>13} {published[1]:>10}"
        )
    lines.append("")
    numbers = (
        told.training_bytes,
        told.inference_bytes,
        told.weight_bytes,
        told.gradient_bytes,
        told.optimizer_bytes,
    )
    for name, number in zip(_BYTES, numbers, strict=True):
        lines.append(f"{name:<32} {_size(number):>13}")
    return "\n".join(lines)


def _rows(batch):
    for name, preset in presets().items():
        told = cost(name, batch=batch)
        yield (
            name,
            f"{told.parameters:,}",
            preset.published_parameters or "-",
            _flops(told.flops),
            preset.published_flops or "-",
            f"{told.folded_flops / told.flops:.0%}",
            _size(told.inference_bytes),
            _size(told.training_bytes),
        )


def _flops(number):
    # As the papers print them, which have 0.93B too.
    if number >= 1e12:
        return f"{number / 1e12:.3f}T"
    return f"{number / 1e9:.2f}B" if number >= 1e7 else f"{number:,}"


def _size(number):
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} B"


def _examples(batch):
    return "one example" if batch == 1 else f"{batch} examples"
