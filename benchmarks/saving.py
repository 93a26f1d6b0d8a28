"""What a checkpoint of `base` costs, and how rarely to save for under 5%."""

import contextlib
import pathlib
import statistics
import tempfile
import time

import numpy as np

from keras_perceiver.quiet import quiet_start
from keras_perceiver.training.checkpoints import Checkpoints
from keras_perceiver.training.saver import Saver
from recipes import building
from recipes.assignments import assign
from recipes.byte_mlm import RECIPE

# Far smaller batches than those of `base`, so that a CPU takes many steps
# while a checkpoint is written. What is written is as large.
LENGTH = 64
BATCH = 2
ROUNDS = 5
SHARE = 0.05


def main():
    """Prints the seconds that a checkpoint adds to training beside it."""
    model, training_model = _models()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="keras_perceiver-")
        )
        checkpoints = Checkpoints(pathlib.Path(folder))
        saver = stack.enter_context(
            Saver(checkpoints, training_model, model, keep=1)
        )
        alone, beside = _measured(saver, training_model)
        size = sum(
            file.stat().st_size
            for file in pathlib.Path(folder).rglob("*")
            if file.is_file()
        )
        blocked = saver.blocked / saver.count
    added = statistics.median(beside) - statistics.median(alone)
    print(f"a checkpoint of base: {size / 1e6:,.0f} MB")
    print(f"training waits {blocked:.2f} s for it")
    print(
        f"the steps beside it and the wait take {added:.2f} s more "
        f"({statistics.median(beside) / statistics.median(alone):.2f} times "
        "as long while it is written)"
    )
    print(
        f"under {SHARE:.0%} of the wall time: one every "
        f"{added / SHARE:,.0f} s, {added / SHARE / 60:.1f} minutes, or rarer"
    )


def _models():
    settings = [
        ("model.max-length", LENGTH),
        ("training.jit-compile", "false"),
        ("training.precision", "float32"),
    ]
    configuration = assign(RECIPE.configuration("base"), settings)
    with quiet_start():
        model = building.build_model(configuration)
    return model, building.compile_model(RECIPE, configuration, model)


def _measured(saver, training_model):
    """Seconds of equally many steps, with no checkpoint and with one."""
    token_ids = np.random.default_rng(0).integers(6, 262, (BATCH, LENGTH))
    inputs = {"token_ids": token_ids, "padding_mask": token_ids > 0}
    batch = (inputs, token_ids, np.ones(token_ids.shape, "float32"))

    def seconds(steps, save_as=None):
        began = time.perf_counter()
        if save_as is not None:
            saver.save({"step": save_as})
        for _ in range(steps):
            training_model.train_on_batch(*batch)
        saver.wait()
        return time.perf_counter() - began

    seconds(2)
    # As many steps as a checkpoint takes, and some more.
    steps = 1 + int(2 * seconds(0, save_as=1) / (seconds(3) / 3))
    alone, beside = [], []
    # In turns, so that a busy machine slows both alike.
    for round_number in range(2, ROUNDS + 2):
        alone.append(seconds(steps))
        beside.append(seconds(steps, save_as=round_number))
    return alone, beside
