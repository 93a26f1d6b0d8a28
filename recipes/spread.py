"""A run that is spread over devices and machines, as each process sees it."""

import functools
import json
import math
import types

import keras
import tensorflow as tf

from keras_perceiver.quiet import quiet_start
from keras_perceiver.training import preemption
from keras_perceiver.training import strategies
from keras_perceiver.training.agreement import AgreedStop
from keras_perceiver.training.checkpointer import Checkpointer
from keras_perceiver.training.cluster import find_cluster
from keras_perceiver.training.divergence import StopAtDivergence
from keras_perceiver.training.fitting import fit
from keras_perceiver.training.rendezvous import naming_lost_workers
from keras_perceiver.training.saver import NoSaver
from recipes import building
from recipes.settings import as_dict


def is_chief_of(configuration, workers=None, worker_index=None):
    """Whether this process is the one that writes and prints."""
    name = configuration.training.strategy
    if name != "multiworker":
        strategies.check_workers(name, workers, worker_index)
        return True
    return find_cluster(workers, worker_index).index == 0


def start_strategy(configuration, workers=None, worker_index=None):
    """Returns the strategy of a run; comes before all else of TensorFlow."""
    training = configuration.training
    with quiet_start():
        strategy = strategies.get_strategy(
            training.strategy,
            workers,
            worker_index,
            agreed=json.dumps(as_dict(configuration)),
        )
        tf.config.list_logical_devices()
    strategies.check_batch(strategy, training.batch_size, training.accumulate)
    return strategy


def prepare_keras(training):
    """Sets the seeds, and determinism if it is asked for."""
    keras.utils.set_random_seed(training.seed)
    if training.deterministic:
        tf.config.experimental.enable_op_determinism()


def fit_data(training_model, data, training, callbacks, begin):
    """Runs `fit` on a recipe's data, as one of however many workers."""
    strategy = training_model.distribute_strategy
    with naming_lost_workers(strategy):
        fit(
            training_model,
            lambda step: strategies.by_share(
                strategy,
                functools.partial(
                    data.training_dataset, step * training.batch_size
                ),
                training.batch_size,
            ),
            strategies.by_example(data.evaluation_dataset()),
            steps=training.steps,
            steps_per_epoch=training.evaluate_every,
            callbacks=callbacks,
            first_step=begin["step"],
            metrics=begin.get("metrics"),
        )


def train_along(recipe, configuration, cluster, start_from):
    """Takes part in the run that the chief's process leaves behind.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration, the same for all workers.
        cluster: `workers` and `worker_index`, as `get_strategy` takes them.
        start_from: as the chief's.
    """
    training = configuration.training
    with preemption.ending_with_restart_code():
        strategy = start_strategy(configuration, *cluster)
        prepare_keras(training)
        data = recipe.open_data(configuration)
        data.check()
        _, training_model = building.build_models(
            recipe, configuration, data, strategy, start_from
        )
        begin = training_model.take_from_chief()
        resolver = strategy.cluster_resolver
        workers = resolver.cluster_spec().as_dict()["worker"]
        print(
            f"worker {resolver.task_id} of {len(workers)}: {workers[0]}, "
            "worker 0, writes and prints for all",
            flush=True,
        )
        with preemption.StopRequest() as stop:
            checkpointer = Checkpointer(
                NoSaver(),
                types.SimpleNamespace(best=math.inf),
                AgreedStop(stop, strategy),
                steps_per_epoch=training.evaluate_every,
                first_step=begin["step"],
                every=training.checkpoint_every,
            )
            fit_data(
                training_model,
                data,
                training,
                callbacks=[
                    StopAtDivergence(),
                    *data.callbacks(None),
                    checkpointer,
                ],
                begin=begin,
            )
