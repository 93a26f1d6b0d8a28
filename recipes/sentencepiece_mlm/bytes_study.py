"""Are pieces or bytes the better tokens, for as much arithmetic?

Perceiver IO, table 1: at equal FLOPs a byte model of 2,048 positions is as good
as one of 512 pieces. Here both are asked for the same masked words of the same
text, and what they answer is counted in bits a byte of those words.
"""

import bisect
import dataclasses
import math
import pathlib
import statistics

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver.cost import cost
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from recipes import building
from recipes import study_training
from recipes.language_data import MaskedByteData
from recipes.settings import ModelSettings
from recipes.settings import resolved
from recipes.study_results import StudyResults
from recipes.study_results import with_seed

SEEDS = 3
RESULTS_FILE = "bytes.json"
_TOKENS = ("pieces", "bytes")
_BYTES_PRESET = "language_bytes"
# Of FLOPs that are called equal.
_LARGEST_GAP = 0.05


def compare_with_bytes(recipe, configuration, path):
    """Trains the model of pieces and one of bytes, of equal FLOPs.

    Each from several seeds. A study that was stopped goes on with the next
    training.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: folder for `bytes.json`.

    Returns:
        Lines of a table: held-out bits per byte of both, and of counting.

    Raises:
        ValueError: if no byte model costs as much.
    """
    pieces = recipe.open_data(configuration)
    pieces.check()
    as_bytes = dataclasses.replace(
        configuration, model=byte_model(configuration.model, pieces)
    )
    configurations = {"pieces": configuration, "bytes": as_bytes}
    results = StudyResults(
        pathlib.Path(path) / RESULTS_FILE, configuration, "trainings"
    )

    def train(training):
        tokens, seed = training
        chosen = with_seed(configurations[tokens], seed)
        data = recipe.open_data(with_seed(configuration, seed))
        if tokens == "bytes":
            data = SameWordsAsBytes(chosen, data)
        return _train(recipe, chosen, data)

    results.train_missing(
        [(tokens, seed) for seed in range(SEEDS) for tokens in _TOKENS],
        train,
        lambda found: f"{found['bits_per_byte']:.3f} bits a byte",
    )
    data = {"pieces": pieces, "bytes": SameWordsAsBytes(as_bytes, pieces)}
    return ["", *_table(results, data), f"all numbers: {results.path}"]


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


def _train(recipe, configuration, data):
    """Returns what a model scores at its best, and what it costs."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    model = building.build_model(configuration)
    recipe.prepare_model(model, data)
    history = keras.callbacks.History()
    study_training.fit(
        building.compile_model(recipe, configuration, model),
        data,
        training,
        evaluate_every=training.evaluate_every,
        callbacks=[history],
    )
    settings = configuration.model
    nats = min(history.history["val_nats"])
    return {
        "tokens": data.max_length,
        "latents": resolved(settings)["num_latents"],
        "parameters": model.count_params(),
        "flops": cost(settings.preset, **settings.overrides).flops,
        "nats": nats,
        "bits_per_byte": data.bits_per_byte(nats),
    }


def unigram_bits_per_byte(data):
    """What the frequencies of tokens score on the held-out masked words."""
    _, token_ids, is_masked = data.heldout_examples()
    targets = token_ids[is_masked] - NUM_SPECIAL_TOKENS
    nats = float(-np.log(data.token_frequencies()[targets]).mean())
    return data.bits_per_byte(nats)


def _table(results, data):
    head = ("tokens", "latents", "parameters", "MFLOPs", "bits/byte")
    lines = [_row("held out", head)]
    for tokens in reversed(_TOKENS):
        unigram = unigram_bits_per_byte(data[tokens])
        cells = ["", "", "", "", f"{unigram:.3f}"]
        lines.append(_row(f"unigram of {tokens}", cells))
        found = [results[tokens, seed] for seed in range(SEEDS)]
        bits = [one["bits_per_byte"] for one in found]
        cells = [
            f"{found[0]['tokens']:,}",
            f"{found[0]['latents']:,}",
            f"{found[0]['parameters']:,}",
            f"{found[0]['flops'] / 1e6:,.1f}",
            f"{statistics.mean(bits):.3f} ± {statistics.stdev(bits):.3f}",
        ]
        lines.append(_row(f"Perceiver IO, {tokens}", cells))
    return lines


def _row(name, cells):
    *numbers, last = cells
    columns = "".join(f"{cell:>12}" for cell in numbers)
    return f"{name:<20}{columns}{last:>16}"
