"""What `--training.deterministic` costs: its step time over the usual one."""

import os
import statistics
import subprocess
import sys
import time

STEPS = 30
WARM_UP_STEPS = 10
ROUNDS = 3


def main():
    """Prints the ratios for the byte recipe's `tiny`, with and without XLA."""
    kinds = {
        "as tiny is, with XLA": (True, False),
        "without XLA": (False, False),
        "deterministic, without XLA": (True, True),
    }
    # In turns, so that a busy machine slows all of them alike.
    rounds = [
        {words: _measured(*kind) for words, kind in kinds.items()}
        for _ in range(ROUNDS)
    ]
    medians = {
        words: statistics.median(times[words] for times in rounds)
        for words in kinds
    }
    first = next(iter(medians.values()))
    for words, seconds in medians.items():
        print(f"{words:<28} {seconds / first:.2f}")


def _measured(jit_compile, deterministic):
    """Seconds a step in a process of its own: neither can be taken back."""
    program = (sys.executable, "-m", "benchmarks.determinism")
    words = [*program, str(jit_compile), str(deterministic)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    output = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=True
    )
    return float(output.stdout.splitlines()[-1])


def _work(jit_compile, deterministic):
    from recipes import building
    from recipes import spread
    from recipes.assignments import assign
    from recipes.byte_mlm import RECIPE

    configuration = assign(
        RECIPE.configuration("tiny"),
        [
            ("training.jit-compile", jit_compile.lower()),
            ("training.deterministic", deterministic.lower()),
        ],
    )
    spread.prepare_keras(configuration.training)
    data = RECIPE.open_data(configuration)
    model = building.build_model(configuration)
    model = building.compile_model(RECIPE, configuration, model)
    batches = iter(data.training_dataset(0))
    for _ in range(WARM_UP_STEPS):
        model.train_on_batch(*next(batches))
    began = time.perf_counter()
    for _ in range(STEPS):
        model.train_on_batch(*next(batches))
    print((time.perf_counter() - began) / STEPS)


if __name__ == "__main__":
    _work(*sys.argv[1:])
