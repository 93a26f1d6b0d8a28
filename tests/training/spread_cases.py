"""Small trainings, to be run on one device and on several.

    python -m tests.training.spread_cases devices FILE
    python -m tests.training.spread_cases worker INDEX HOST:PORT,... FILE

writes histories and weights of all cases on two devices of one process, or
as one of several processes, the first of which writes. The last of them is
then lost amid a step.
"""

import functools
import json
import os
import pathlib
import signal
import sys
import time
import types

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver.models import language
from keras_perceiver.training import rendezvous
from keras_perceiver.training import strategies
from keras_perceiver.training.agreement import AgreedStop
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel
from tests.training import two_devices

BATCH = 8
# Both trainings see whole batches; evaluation ends with one of 5 examples,
# which two replicas cannot share equally.
EXAMPLES, HELD_OUT = 24, 21


def several_outputs(normalized=True, penalty=None, **options):
    """Two inputs, two outputs that are weighed differently."""
    left = keras.Input((4,), name="left")
    right = keras.Input((3,), name="right")
    x = keras.layers.Concatenate()([left, right])
    dense = keras.layers.Dense(8, "gelu", kernel_regularizer=penalty)
    x = dense(x)
    if normalized:
        x = keras.layers.BatchNormalization(synchronized=True)(x)
    kind = keras.layers.Dense(3, name="kind")(x)
    size = keras.layers.Dense(1, name="size")(x)
    model = TrainingModel(
        {"left": left, "right": right}, {"kind": kind, "size": size}
    )
    crossentropy = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(
        LAMB(0.02),
        {"kind": crossentropy, "size": "mse"},
        weighted_metrics={"kind": [accuracy]},
        **options,
    )
    rng = np.random.default_rng(0)
    inputs = {"left": rng.normal(size=(EXAMPLES + HELD_OUT, 4))}
    inputs["right"] = rng.normal(size=(EXAMPLES + HELD_OUT, 3))
    targets = {"kind": rng.integers(0, 3, EXAMPLES + HELD_OUT)}
    targets["size"] = rng.normal(size=(EXAMPLES + HELD_OUT, 1))
    weights = {
        # Some replicas have hardly any weight.
        "kind": rng.random(EXAMPLES + HELD_OUT) ** 4,
        "size": rng.random(EXAMPLES + HELD_OUT),
    }
    return model, (inputs, targets, weights)


def byte_model(**options):
    """A language model with padding, of whose bytes few are scored."""
    model = language(
        vocabulary_size=7, max_length=5, embedding_dim=4, num_latents=2,
        latent_dim=4, num_self_attends_per_block=1, qk_channels=4,
        num_cross_attention_heads=1, num_self_attention_heads=1,
        num_decoder_heads=1, v_channels=4, decoder_qk_channels=4,
        decoder_v_channels=4, embedding_stddev=0.5,
    )  # fmt: skip
    model = TrainingModel(model.input, model.output)
    model.compile(
        # No division by the size of gradients: here, many are 0 in truth, and
        # their rounding would move weights as far as any.
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[
            keras.metrics.SparseCategoricalCrossentropy(
                from_logits=True, name="nats"
            )
        ],
        **options,
    )
    rng = np.random.default_rng(1)
    token_ids = rng.integers(1, 7, (EXAMPLES + HELD_OUT, 5))
    lengths = rng.integers(2, 6, (EXAMPLES + HELD_OUT, 1))
    inputs = {
        "token_ids": token_ids.astype("int32"),
        "padding_mask": np.arange(5) < lengths,
    }
    weights = rng.random((EXAMPLES + HELD_OUT, 5)) < 0.3
    return model, (inputs, token_ids, weights.astype("float32"))


# A function that builds each, how it is compiled where it is spread, and
# where that is.
CASES = {
    "several outputs": (several_outputs, {}, ("devices", "worker")),
    "bytes": (byte_model, {"jit_compile": True}, ("worker",)),
    "bytes in parts": (
        byte_model,
        {"jit_compile": True, "accumulate": 2},
        ("devices",),
    ),
    "outputs in parts": (
        functools.partial(several_outputs, normalized=False, penalty="l2"),
        {"accumulate": 4},
        ("devices",),
    ),
}


def run(name, strategy=None, **options):
    """Returns history, weights and what is predicted in a case.

    Args:
        name: the case.
        strategy: None for one device.
        **options: for `compile`.
    """
    strategy = strategy or tf.distribute.get_strategy()
    build, _, _ = CASES[name]
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model, data = build(**options)
    # Wide, since it is compared.
    data = keras.tree.map_structure(
        lambda leaf: (
            leaf.astype("float32") if leaf.dtype == "float64" else leaf
        ),
        data,
    )
    dataset = tf.data.Dataset.from_tensor_slices(data)
    training = dataset.take(EXAMPLES).batch(BATCH, drop_remainder=True)
    training = training.repeat()
    held_out = dataset.skip(EXAMPLES).batch(BATCH)
    history = model.fit(
        strategies.by_share(
            strategy, lambda share: shared(training, share), BATCH
        ),
        validation_data=strategies.by_example(held_out),
        steps_per_epoch=EXAMPLES // BATCH,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history
    inputs = held_out.map(lambda inputs, *_: inputs)
    predicted = model.predict(strategies.by_example(inputs), verbose=0)
    called = keras.Model(model.input, model.output)(
        next(iter(inputs.unbatch().batch(HELD_OUT)))
    )
    return {
        "history": {
            key: [float(value) for value in values]
            for key, values in history.items()
        },
        "weights": {
            f"{index} {weight.name}": weight.numpy().tolist()
            for index, weight in enumerate(model.weights)
        },
        "predicted": [one.tolist() for one in keras.tree.flatten(predicted)],
        "called": [one.numpy().tolist() for one in keras.tree.flatten(called)],
    }


def shared(batches, share):
    """A share of every batch of a dataset."""
    rows = [row for row in range(BATCH) if share.has(row, BATCH)]
    return batches.map(
        lambda *batch: keras.tree.map_structure(
            lambda leaf: tf.gather(leaf, rows), batch
        )
    )


def follow_the_chief(strategy):
    """Returns what all workers have, once the chief has said how to begin."""
    is_chief = strategies.is_chief(strategy)
    with strategy.scope():
        inputs = keras.Input((2,))
        model = TrainingModel(inputs, keras.layers.Dense(1)(inputs))
        model.compile("adam", "mse")
    begin = None
    if is_chief:
        for weight in model.weights:
            weight.assign(weight * 0 + 5)
        metrics = [np.float32(2.5), np.arange(3)]
        begin = {"step": 7, "best": float("inf"), "metrics": metrics}
    begin = model.take_from_chief(begin)
    found = [begin["step"], begin["best"], *map(np.shape, begin["metrics"])]
    agrees = found == [7, float("inf"), (), (3,)]
    stop = types.SimpleNamespace(is_asked=lambda: not is_chief)
    total = functools.partial(strategy.reduce, "SUM", axis=None)
    return {
        "bias": float(total(tf.reduce_sum(model.weights[1].value))),
        "agreeing": float(total(tf.constant(float(agrees)))),
        "stop": AgreedStop(stop, strategy).is_asked(),
    }


def lose_a_worker(strategy):
    """Returns what is said of it, and after how many seconds."""
    if not strategies.is_chief(strategy):
        run_until_killed = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: (
                os.kill(os.getpid(), signal.SIGKILL) if batch == 20 else None
            )
        )
        _endless_fit(strategy, run_until_killed)
    times = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.monotonic())
    )
    try:
        _endless_fit(strategy, note)
    except rendezvous.LostWorkerError as error:
        return {"message": str(error), "after": time.monotonic() - times[-1]}


def _endless_fit(strategy, callback):
    with strategy.scope():
        inputs = keras.Input((2,))
        model = TrainingModel(inputs, keras.layers.Dense(1)(inputs))
        model.compile("sgd", "mse")
    data = tf.data.Dataset.from_tensors((np.ones((4, 2)), np.ones((4, 1))))
    with rendezvous.naming_lost_workers(strategy):
        model.fit(
            strategies.by_example(data.repeat()),
            steps_per_epoch=10**9,
            callbacks=[callback],
            shuffle=False,
            verbose=0,
        )


def main(kind, *arguments):
    *place, path = arguments
    if kind == "devices":
        two_devices.make()
        strategy = strategies.get_strategy("mirrored")
    else:
        index, workers = place
        strategy = strategies.get_strategy("multiworker", workers, int(index))
    results = {"replicas": strategy.num_replicas_in_sync}
    results["cases"] = {
        name: run(name, strategy, **options)
        for name, (_, options, kinds) in CASES.items()
        if kind in kinds
    }
    if kind == "worker":
        results["followed"] = follow_the_chief(strategy)
        results["lost"] = lose_a_worker(strategy)
    pathlib.Path(path).write_text(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
