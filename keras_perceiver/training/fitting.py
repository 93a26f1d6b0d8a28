"""`fit` from any step on, as if it had never been stopped there."""

import keras


def fit(
    model,
    training_dataset,
    evaluation_dataset,
    *,
    steps,
    steps_per_epoch,
    callbacks,
    first_step=0,
    metrics=None,
):
    """Trains and evaluates until all steps are taken.

    Args:
        model: the compiled `TrainingModel`, its state that of `first_step`.
        training_dataset: a function from a step to the endless batches that
            begin with that step's.
        evaluation_dataset: the held-out batches, of the same structure.
        steps: all steps of the run, a multiple of `steps_per_epoch`.
        steps_per_epoch: steps between two evaluations.
        callbacks: as `fit` takes them.
        first_step: steps that were taken before.
        metrics: the metrics' state at `first_step`, unless it is one behind
            an evaluation.
    """

    def fit_epochs(first, num_steps, last_step, more=()):
        model.fit(
            training_dataset(first),
            validation_data=evaluation_dataset,
            steps_per_epoch=num_steps,
            initial_epoch=first // steps_per_epoch,
            epochs=last_step // steps_per_epoch,
            callbacks=[*more, *callbacks],
            # The data come in the order that they are to be read in.
            shuffle=False,
            verbose=0,
        )

    # Or TensorFlow would trace the first step twice, once to make variables.
    model.build_metrics(evaluation_dataset.element_spec)
    if metrics is not None:
        missing = -first_step % steps_per_epoch
        if missing:
            restore = _RestoreMetrics(metrics)
            end = first_step + missing
            fit_epochs(first_step, missing, end, [restore])
            first_step = end
        else:
            model.set_metric_state(metrics)
            epoch = first_step // steps_per_epoch - 1
            _finish_epoch(model, evaluation_dataset, callbacks, epoch)
    fit_epochs(first_step, steps_per_epoch, steps)


class _RestoreMetrics(keras.callbacks.Callback):
    """Lets the first epoch go on where it was; `fit` resets its metrics."""

    def __init__(self, metrics):
        super().__init__()
        self.metrics = metrics

    def on_epoch_begin(self, epoch, logs=None):
        self.model.set_metric_state(self.metrics)


def _finish_epoch(model, evaluation_dataset, callbacks, epoch):
    """What `fit` does behind an epoch's last step."""
    callbacks = keras.callbacks.CallbackList(callbacks, model=model)
    logs = dict(model.get_metrics_result())
    evaluated = model.evaluate(
        evaluation_dataset, callbacks=callbacks, return_dict=True, verbose=0
    )
    logs |= {f"val_{name}": value for name, value in evaluated.items()}
    callbacks.on_epoch_end(epoch, logs)
