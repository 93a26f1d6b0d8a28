"""Are pieces or bytes the better tokens, for as much arithmetic?

Perceiver IO, table 1: at equal FLOPs a byte model of 2,048 positions is as good
as one of 512 pieces. Here both are asked for the same masked words of the same
text, and what they answer is counted in bits a byte of those words.
"""

import bisect
import dataclasses
import math
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.cost import cost
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.training.progress import time_in_words
from recipes import building
from recipes import study_training
from recipes.language_data import MaskedByteData
from recipes.settings import ModelSettings
from recipes.settings import as_dict
from recipes.settings import resolved

RESULTS_FILE = "bytes.json"
_BYTES_PRESET = "language_bytes"
# Of FLOPs that are called equal.
_LARGEST_GAP = 0.05


def compare_with_bytes(recipe, configuration, path):
    """Trains the model of pieces and one of bytes, of equal FLOPs.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: folder for `bytes.json`.

    Returns:
        Lines of a table: held-out bits per byte of both, and of counting.
    """
    pieces = recipe.open_data(configuration)
    pieces.check()
    as_bytes = dataclasses.replace(
        configuration, model=byte_model(configuration.model, pieces)
    )
    rows = {}
    for tokens, settings, data in (
        ("pieces", configuration, pieces),
        ("bytes", as_bytes, SameWordsAsBytes(as_bytes, pieces)),
    ):
        row, unigram = _measure(recipe, settings, data)
        rows[f"Perceiver IO, {tokens}"] = row
        rows[f"unigram of {tokens}"] = unigram
        print(f"{tokens}: {row['bits_per_byte']:.3f} bits a byte", flush=True)
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    content = {"configuration": as_dict(configuration), "rows": rows}
    files.write_json(path / RESULTS_FILE, content)
    return ["", *_table(rows), f"all numbers: {path / RESULTS_FILE}"]


def byte_model(model, pieces):
    """Returns the byte model that costs as much on the same text.

    Args:
        model: the `ModelSettings` of the model of pieces.
        pieces: the `PieceMaskingData`.

    Returns:
        The `ModelSettings` of the published byte model with the same numbers,
        a position for each byte of an example, and as many latents as come
        nearest to the FLOPs.

    Raises:
        ValueError: if none comes near.
    """
    overrides = {**model.overrides, "max_length": pieces.window_bytes}
    overrides.pop("vocabulary_size", None)
    wanted = cost(model.preset, **model.overrides).flops

    def flops(num_latents):
        settings = {**overrides, "num_latents": num_latents}
        return cost(_BYTES_PRESET, **settings).flops

    most = 4 * resolved(model)["num_latents"]
    above = bisect.bisect_left(range(1, most), wanted, key=flops) + 1
    near = [number for number in (above - 1, above) if number > 0]
    found = min(near, key=lambda number: abs(flops(number) - wanted))
    if abs(flops(found) / wanted - 1) > _LARGEST_GAP:
        raise ValueError(
            f"No byte model of this width and depth costs {wanted:,} FLOPs: "
            f"with --model.num-latents {found} it costs {flops(found):,}. "
            "Give the model of pieces more latents, or other numbers."
        )
    overrides["num_latents"] = found
    return ModelSettings(_BYTES_PRESET, overrides)


class SameWordsAsBytes(MaskedByteData):
    """Bytes of the text that pieces see, the same words of it masked.

    Args:
        configuration: that of the byte model.
        pieces: the `PieceMaskingData`, whose windows have as many bytes.
    """

    def __init__(self, configuration, pieces):
        super().__init__(configuration)
        self.pieces = pieces

    @property
    def single_probability(self):
        """As for pieces."""
        return self.start.piece_probability

    def heldout_windows(self):
        """The held-out windows, each only as far as its pieces reach."""
        reach, _ = self.pieces.heldout_reach()
        windows = self.pieces.heldout_windows()
        kept = np.arange(windows.shape[1]) < reach[:, None]
        return tf.RaggedTensor.from_row_lengths(windows[kept], reach)

    def bits_per_byte(self, nats):
        """Turns nats a masked byte into bits."""
        return nats / math.log(2)


def _measure(recipe, configuration, data):
    """Returns what a model scores at its best, and what counting does."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    model = building.build_model(configuration)
    recipe.prepare_model(model, data)
    history = keras.callbacks.History()
    began = time.monotonic()
    study_training.fit(
        building.compile_model(recipe, configuration, model),
        data,
        training,
        evaluate_every=training.evaluate_every,
        callbacks=[history],
    )
    print(f"trained in {time_in_words(time.monotonic() - began)}", flush=True)
    settings = configuration.model
    nats = min(history.history["val_nats"])
    row = {
        "tokens": data.max_length,
        "latents": resolved(settings)["num_latents"],
        "parameters": model.count_params(),
        "flops": cost(settings.preset, **settings.overrides).flops,
        "nats": nats,
        "bits_per_byte": data.bits_per_byte(nats),
    }
    return row, _unigram(data)


def _unigram(data):
    _, token_ids, is_masked = data.heldout_examples()
    targets = token_ids[is_masked] - NUM_SPECIAL_TOKENS
    nats = float(-np.log(data.token_frequencies()[targets]).mean())
    return {"nats": nats, "bits_per_byte": data.bits_per_byte(nats)}


def _table(rows):
    titles = ("tokens", "latents", "parameters", "MFLOPs", "bits/byte")
    width = max(map(len, rows))
    lines = [f"{'held out':<{width}}" + "".join(f"{t:>12}" for t in titles)]
    order = sorted(rows, key=lambda name: -rows[name]["bits_per_byte"])
    for name in order:
        row = rows[name]
        cells = [""] * 4
        if "flops" in row:
            cells = [
                f"{row['tokens']:,}",
                f"{row['latents']:,}",
                f"{row['parameters']:,}",
                f"{row['flops'] / 1e6:,.1f}",
            ]
        cells.append(f"{row['bits_per_byte']:.3f}")
        lines.append(
            f"{name:<{width}}" + "".join(f"{cell:>12}" for cell in cells)
        )
    return lines
