"""Where a model trains, by name."""

import dataclasses
import os

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.training import rendezvous
from keras_perceiver.training.cluster import find_cluster

STRATEGIES = ("none", "mirrored", "multiworker", "tpu")


def get_strategy(
    name,
    workers=None,
    worker_index=None,
    *,
    wait_seconds=rendezvous.WAIT_SECONDS,
    agreed="",
):
    """Returns the `tf.distribute.Strategy` of that name.

    Call it before anything else of TensorFlow: `multiworker` and `tpu` must
    come before the first tensor.

    Args:
        name: `none`, one device; `mirrored`, all GPUs of this machine, each
            with its share of every batch; `multiworker`, all GPUs of several
            machines, or their CPUs; `tpu`, all cores of a TPU.
        workers: for `multiworker`, `"host:port,host:port"`, the same for all.
            None: what `TF_CONFIG` says, or else SLURM.
        worker_index: which of `workers` this process is. None: the one whose
            host is this machine.
        wait_seconds: how long `multiworker` waits for the others at most.
        agreed: a text that must be the same for all workers, such as the
            settings of a run.

    Raises:
        ValueError: if there is no such strategy here, or the workers are not
            told as they should be.
        TimeoutError: if a worker does not answer.
    """
    check_name(name)
    check_workers(name, workers, worker_index)
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multiworker":
        cluster = find_cluster(workers, worker_index)
        rendezvous.wait_for_workers(
            cluster, seconds=wait_seconds, agreed=agreed
        )
        return _multiworker(cluster)
    if name == "tpu":
        return _tpu()
    return tf.distribute.get_strategy()


def check_name(name):
    """Raises `ValueError` unless there is a strategy of that name."""
    if name == "parameter_server":
        raise ValueError(
            "Strategy parameter_server is not supported: Keras 3 cannot train "
            "under it, and its workers change weights behind each other's "
            "backs, so that no run could be repeated or resumed exactly. "
            "Strategy multiworker spreads a run over machines."
        )
    if name not in STRATEGIES:
        raise errors.unknown("strategy", name, STRATEGIES)


def check_workers(name, workers, worker_index):
    """Raises `ValueError` for workers of a strategy that has none."""
    if name != "multiworker" and (workers or worker_index is not None):
        raise ValueError(
            "--workers and --worker-index are for --strategy multiworker. "
            f"Received: strategy {name}"
        )


def by_example(dataset):
    """Lets every worker take its own examples of each batch.

    TensorFlow would rather give each worker its own files, and so the
    batches of one machine would not be those of several.

    Args:
        dataset: a `tf.data.Dataset` of whole batches, the same on all
            workers and in the same order.
    """
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return dataset.with_options(options)


@dataclasses.dataclass(frozen=True)
class Share:
    """Which of equal parts of every batch a process makes.

    Attributes:
        index: of the part, from 0.
        count: how many parts there are.
    """

    index: int = 0
    count: int = 1

    def has(self, number, batch_size):
        """Whether an example is in this part, inside a graph too.

        Args:
            number: of the example, from 0.
            batch_size: of a whole batch.
        """
        part = batch_size // self.count
        return number % batch_size // part == self.index


WHOLE = Share()


def by_share(strategy, make, batch_size):
    """Lets every worker make its own examples of each batch alone.

    Unlike `by_example`, which has every worker make all of them.

    Args:
        strategy: a `tf.distribute.Strategy`.
        make: from a `Share` to an endless `tf.data.Dataset` of that part of
            every whole batch. `fit` needs `steps_per_epoch` then: Keras
            counts a step more where data across machines come to an end.
        batch_size: of a whole batch; all replicas have equal parts of it.

    Returns:
        What `fit` takes.
    """
    if number_of_workers(strategy) == 1:
        return by_example(make(WHOLE))

    def of_worker(context):
        share = Share(context.input_pipeline_id, context.num_input_pipelines)
        size = context.get_per_replica_batch_size(batch_size)
        return make(share).rebatch(size, drop_remainder=True)

    return strategy.distribute_datasets_from_function(of_worker)


def check_batch(strategy, batch_size, accumulate=1):
    """Raises `ValueError` unless replicas get equal parts of a batch."""
    replicas = strategy.num_replicas_in_sync
    if batch_size % (replicas * accumulate):
        parts = f"{replicas} replicas"
        if accumulate > 1:
            parts += f" with {accumulate} parts each"
        step = replicas * accumulate
        nearest = max(batch_size - batch_size % step, step)
        raise ValueError(
            f"--training.batch-size {batch_size} cannot be shared equally by "
            f"{parts}. Did you mean {nearest}?"
        )


def _multiworker(cluster):
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.workers)}),
        task_type="worker",
        task_id=cluster.index,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver)
    except RuntimeError as error:
        raise ValueError(
            "Strategy multiworker must be made before TensorFlow makes its "
            f"first tensor or lists its devices ({error}). Call get_strategy "
            "first of all."
        ) from None


def _tpu():
    """Not run on a TPU yet: written from TensorFlow's documentation."""
    name = os.environ.get("TPU_NAME") or "local"
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(name)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, OSError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ValueError(
            f"Strategy tpu found no TPU named {name!r} ({reason}). On a TPU "
            "VM, install the TensorFlow that is built for TPUs; elsewhere, "
            "set TPU_NAME to a TPU's name or address."
        ) from None
    return tf.distribute.TPUStrategy(resolver)


def is_chief(strategy=None):
    """Whether this process writes: run folder, checkpoints, lines, exports.

    Args:
        strategy: a `tf.distribute.Strategy`, or None for one process alone.

    Returns:
        True without a cluster, and in the one process of a cluster that is
        its chief.
    """
    if strategy is None:
        return True
    tasks = _tasks(strategy)
    if not tasks:
        return True
    resolver = strategy.cluster_resolver
    first = "chief" if "chief" in tasks else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def number_of_workers(strategy):
    """Returns how many processes train together."""
    tasks = _tasks(strategy)
    return max(1, sum(len(tasks.get(kind, ())) for kind in ("chief", "worker")))


def _tasks(strategy):
    """Addresses by kind of task; nothing where one process trains alone."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return {}
    resolver = strategy.cluster_resolver
    return resolver.cluster_spec().as_dict() if resolver.task_type else {}
