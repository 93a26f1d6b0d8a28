"""Step time of 1 and 2 processes, and how much of it is communication."""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time

STEPS = 40
WARM_UP_STEPS = 10
# So that two processes share a step's work as two machines would: each
# process gets one core, whatever the machine has.
BATCH = 16
_PROGRAM = (sys.executable, "-m", "benchmarks.scaling")


def main():
    """Prints seconds a step, the ratio, and the share of communication.

    On one machine, processes share its memory bandwidth, and what they send
    crosses no network: between machines, communication takes longer.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("Two processes need two cores.")
    alone, _ = _measured([cores[0]], BATCH)
    half, _ = _measured([cores[0]], BATCH // 2)
    both, exchange = _measured(cores[:2], BATCH)
    print(f"1 process, one core, {BATCH} examples: {alone * 1e3:.0f} ms a step")
    print(f"the same, {BATCH // 2} examples: {half * 1e3:.0f} ms")
    print(
        f"2 processes, one core each, {BATCH} examples in all: "
        f"{both * 1e3:.0f} ms a step, {alone / both:.2f} times as fast"
    )
    print(
        f"exchanging all gradients alone takes {exchange * 1e3:.1f} ms, "
        f"{exchange / both:.0%} of a step; all that two processes add, "
        f"waiting included, is {max(0, both - half) / both:.0%}"
    )


def _measured(cores, batch):
    """Runs a process on each core; returns the chief's two times."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in cores
        ]
        ports = [server.getsockname()[1] for server in servers]
    workers = ",".join(f"127.0.0.1:{port}" for port in ports)
    processes = [
        subprocess.Popen(
            [*_PROGRAM, workers, str(index), str(core), str(batch)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        for index, core in enumerate(cores)
    ]
    outputs = [process.communicate() for process in processes]
    for process, (_, errors) in zip(processes, outputs, strict=True):
        if process.returncode:
            raise SystemExit(errors)
    return json.loads(outputs[0][0].splitlines()[-1])


def _work(workers, index, core, batch):
    """One process: the recipe's `tiny` model, on random bytes."""
    os.sched_setaffinity(0, [int(core)])

    import keras
    import numpy as np
    import tensorflow as tf

    from keras_perceiver.training import strategies
    from recipes import building
    from recipes.assignments import assign
    from recipes.byte_mlm import RECIPE

    configuration = assign(
        RECIPE.configuration("tiny"), [("training.batch-size", batch)]
    )
    tf.config.threading.set_intra_op_parallelism_threads(1)
    name = "multiworker" if "," in workers else "none"
    given = (workers, int(index)) if "," in workers else ()
    strategy = strategies.get_strategy(name, *given)
    with strategy.scope():
        model = building.build_model(configuration)
        model = building.compile_model(RECIPE, configuration, model)
    rng = np.random.default_rng(0)
    token_ids = rng.integers(6, 262, (int(batch), 128))
    inputs = {"token_ids": token_ids, "padding_mask": token_ids > 0}
    weights = (rng.random(token_ids.shape) < 0.3).astype("float32")
    data = tf.data.Dataset.from_tensors((inputs, token_ids, weights)).repeat()
    data = strategies.by_example(data)
    times = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    model.fit(
        data,
        # In one `fit`, since another makes its graph again.
        steps_per_epoch=WARM_UP_STEPS + STEPS,
        callbacks=[note],
        shuffle=False,
        verbose=0,
    )
    step = statistics.median(np.diff(times[WARM_UP_STEPS - 1 :]))
    exchange = _exchange_seconds(strategy, model) if given else 0.0
    print(json.dumps([step, exchange]))


def _exchange_seconds(strategy, model):
    """Seconds in which all gradients are summed, without computing any."""
    import tensorflow as tf

    shapes = [tuple(weight.shape) for weight in model.trainable_weights]

    @tf.function
    def exchange():
        def sum_over_workers():
            context = tf.distribute.get_replica_context()
            gradients = [tf.ones(shape) for shape in shapes]
            sums = context.all_reduce("SUM", gradients)
            return tf.add_n([tf.reduce_sum(one) for one in sums])

        return strategy.run(sum_over_workers)

    exchange()
    began = time.perf_counter()
    for _ in range(STEPS):
        exchange()
    return (time.perf_counter() - began) / STEPS


if __name__ == "__main__":
    _work(*sys.argv[1:])
