"""Examples a second of tf.data alone, and of training that consumes them."""

import time

from keras_perceiver.quiet import quiet_start
from recipes import building
from recipes.byte_mlm import RECIPE

WARM_UP_STEPS = 10
TIMED_SECONDS = 10


def main():
    """Prints both for the recipe's `tiny`, and their ratio."""
    configuration = RECIPE.configuration("tiny")
    data = RECIPE.open_data(configuration)
    size = configuration.training.batch_size
    alone = size * _batches_per_second(data, lambda batch: None)
    with quiet_start():  # The first model looks for a GPU.
        model = building.build_model(configuration)
    trained = building.compile_model(RECIPE, configuration, model)
    training = size * _batches_per_second(
        data, lambda batch: trained.train_on_batch(*batch)
    )
    print(f"tf.data alone: {alone:,.0f} examples/s")
    print(f"training:      {training:,.0f} examples/s")
    print(f"ratio:         {alone / training:.1f}")


def _batches_per_second(data, consume):
    batches = iter(data.training_dataset(0))
    for _ in range(WARM_UP_STEPS):
        consume(next(batches))
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < TIMED_SECONDS:
        consume(next(batches))
        count += 1
    return count / (time.perf_counter() - began)
