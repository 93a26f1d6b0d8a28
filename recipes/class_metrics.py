"""What tells how well classes are told, for recipes that learn to."""

import keras

# What is trained is another quantity where labels are smoothed.
METRIC = "top_1_error"
COLUMNS = {
    "top-1": lambda row: _right(row["top_1_error"]),
    "top-5": lambda row: _right(row["top_5_error"]),
    "nats": lambda row: _nats(row["nats"]),
}
COLUMN_OF = {METRIC: "top-1"}


def compile_arguments(num_classes, label_smoothing=0.0):
    """Cross-entropy to one-hot targets, and the errors the field reports.

    Args:
        num_classes: width of the logits.
        label_smoothing: share of a label that all classes have alike.

    Returns:
        `loss` and `weighted_metrics`, for `compile`.
    """
    return {
        "loss": keras.losses.CategoricalCrossentropy(
            from_logits=True,
            label_smoothing=label_smoothing,
            reduction="mean_with_sample_weight",
        ),
        "weighted_metrics": [
            _top_k_error(1),
            # Of fewer than five classes, all are among the best.
            _top_k_error(5, min(5, num_classes)),
            keras.metrics.CategoricalCrossentropy(
                from_logits=True, name="nats"
            ),
        ],
    }


def _top_k_error(name, k=1):
    def error(targets, logits):
        return 1.0 - keras.metrics.top_k_categorical_accuracy(
            targets, logits, k
        )

    return keras.metrics.MeanMetricWrapper(error, f"top_{name}_error")


def _right(error):
    return "-" if error is None else f"{1 - error:.2%}"


def _nats(nats):
    return "-" if nats is None else f"{nats:.3f}"
