"""One training of a study: on one device, and without a run folder."""

from keras_perceiver.training import fitting


def fit(model, data, training, *, evaluate_every, callbacks=()):
    """Trains a model from its first step to its last.

    Args:
        model: a compiled `TrainingModel`.
        data: the recipe's data.
        training: the `TrainingSettings`.
        evaluate_every: steps between two evaluations.
        callbacks: of Keras.
    """
    fitting.fit(
        model,
        lambda step: data.training_dataset(step * training.batch_size),
        data.evaluation_dataset(),
        steps=training.steps,
        steps_per_epoch=evaluate_every,
        callbacks=list(callbacks),
    )
