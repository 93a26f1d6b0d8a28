"""Losses as means over a whole batch, of which each device sees a part."""

import contextlib
import threading

import keras
import tensorflow as tf
from keras import ops

# Replicas on one machine are threads, each with the totals of its own device.
_THREAD = threading.local()


@contextlib.contextmanager
def known_totals(totals, parts=1):
    """Lets every `GlobalBatchLoss` read the totals of a batch.

    Args:
        totals: what `totals_of` returns.
        parts: number of parts that a replica's share is taken in.
    """
    before = getattr(_THREAD, "known", None)
    _THREAD.known = totals, parts
    try:
        yield
    finally:
        _THREAD.known = before


def current_totals():
    """Returns the totals that hold in this thread, or None."""
    known = getattr(_THREAD, "known", None)
    return known and known[0]


def logged_shares(predictions):
    """How often a part's loss is logged, for the mean of all to be their sum.

    Args:
        predictions: one output's.

    Returns:
        Two numbers: where parts are weighed by their number of examples, as
        in the mean of the whole loss, and where they are weighed as Keras
        weighs an output's own, which is by examples if their number is known
        in the graph, and all alike if not.
    """
    totals, parts = _THREAD.known
    by_examples = ops.divide_no_nan(
        totals[0], number_of_replicas() * _count(predictions)
    )
    alike = predictions.shape[0] is None
    return by_examples, float(parts) if alike else by_examples


def totals_of(losses, targets, sample_weights):
    """Counts a batch over all replicas, in one exchange.

    Args:
        losses: one `GlobalBatchLoss` or None for each output.
        targets: this replica's targets of each output.
        sample_weights: this replica's weights of each output, or None.

    Returns:
        A vector: examples, then what each loss divides by.
    """
    sizes = [_count(next(leaf for leaf in targets if leaf is not None))]
    for loss, target, weights in zip(
        losses, targets, sample_weights, strict=True
    ):
        size = 0.0 if loss is None else loss.size_of(target, weights)
        sizes.append(ops.cast(size, "float32"))
    totals = tf.stack(sizes)
    if number_of_replicas() > 1:
        totals = tf.distribute.get_replica_context().all_reduce("SUM", totals)
    return totals


def number_of_replicas():
    """Returns how many devices share each batch here."""
    return tf.distribute.get_strategy().num_replicas_in_sync


@keras.saving.register_keras_serializable(package="keras_perceiver")
class GlobalBatchLoss(keras.losses.Loss):
    """Another loss, whose mean is taken over the whole batch.

    Keras takes each replica's own mean and then the mean of these. With
    `mean_with_sample_weight`, or shares of unequal size, that is another
    number than one device gives: an example would weigh more where there are
    fewer. Here each replica's part is weighed by its share.

    Args:
        loss: a `keras.losses.Loss`, or a function of targets and predictions.
        index: which output of the model it is for.
    """

    def __init__(self, loss, index=0, name=None):
        if isinstance(loss, GlobalBatchLoss):
            loss = loss.loss
        if not isinstance(loss, keras.losses.Loss):
            loss = _FunctionLoss(loss)
        if loss.reduction in (None, "none"):
            raise ValueError(
                f"Loss {loss.name} has no reduction: over several replicas, "
                "or with --training.accumulate, a batch needs one number. "
                'Give it reduction="sum_over_batch_size".'
            )
        super().__init__(name or loss.name, loss.reduction, loss.dtype)
        self.loss = loss
        self.index = index

    def size_of(self, target, sample_weight):
        """What the mean over these examples divides by, up to a constant."""
        if self.reduction == "mean_with_sample_weight" and (
            sample_weight is not None
        ):
            return ops.sum(ops.cast(sample_weight, "float32"))
        return _count(target)

    def __call__(self, y_true, y_pred, sample_weight=None):
        loss = self.loss(y_true, y_pred, sample_weight)
        totals = current_totals()
        if totals is None:
            return loss
        replicas = number_of_replicas()
        if self.reduction != "sum":
            share = ops.divide_no_nan(
                ops.cast(self.size_of(y_true, sample_weight), "float32"),
                totals[1 + self.index],
            )
            # Keras has divided by the replicas already.
            loss *= ops.cast(share * replicas, loss.dtype)
        _, times = logged_shares(y_pred)
        surplus = loss * ops.cast(times - 1, loss.dtype)
        return loss + ops.stop_gradient(surplus)

    def call(self, y_true, y_pred):
        return self.loss.call(y_true, y_pred)

    def get_config(self):
        return {
            "loss": keras.saving.serialize_keras_object(self.loss),
            "index": self.index,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        loss = keras.saving.deserialize_keras_object(config["loss"])
        return cls(loss, config["index"], config["name"])


@keras.saving.register_keras_serializable(package="keras_perceiver")
class _FunctionLoss(keras.losses.Loss):
    """A function such as `keras.losses.mean_squared_error` as a loss."""

    def __init__(self, function, name=None):
        super().__init__(name or function.__name__)
        self.function = function

    def call(self, y_true, y_pred):
        # As Keras does for functions: labels may come as (B,) or as (B, 1).
        ranks = len(y_true.shape), len(y_pred.shape)
        if ranks[0] == ranks[1] + 1 and y_true.shape[-1] == 1:
            y_true = ops.squeeze(y_true, axis=-1)
        elif ranks[1] == ranks[0] + 1 and y_pred.shape[-1] == 1:
            y_pred = ops.squeeze(y_pred, axis=-1)
        return self.function(y_true, y_pred)

    def get_config(self):
        function = keras.saving.serialize_keras_object(self.function)
        return {"function": function, "name": self.name}

    @classmethod
    def from_config(cls, config):
        function = keras.saving.deserialize_keras_object(config["function"])
        return cls(function, config["name"])


def _count(values):
    return ops.cast(ops.shape(values)[0], "float32")
