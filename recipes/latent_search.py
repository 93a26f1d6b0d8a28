"""The latent size of any recipe, searched for under a budget."""

import dataclasses

import keras
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.search import preset_template
from keras_perceiver.search import search
from keras_perceiver.search.space import LEARNING_RATE
from keras_perceiver.training.divergence import StopAtDivergence
from recipes import building
from recipes import spread
from recipes.settings import ModelSettings
from recipes.settings import as_dict
from recipes.settings import resolved

# Of a full training, unless --trial-steps says more or fewer.
_SHARE_OF_STEPS = 3
# How often a trial is evaluated.
_EVALUATIONS = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """What a search is told beside the recipe's settings.

    Attributes:
        budget: limits, as `parse_budget` takes them.
        tuner: a name in `ORACLES`.
        trials: how many at most, or None.
        minutes: after which no trial is begun, or None.
        trial_steps: steps of a whole trial; None: a third of a training.
        objective: a held-out metric, less of which is better; None: the
            recipe's own.
        space: choices by name; empty: around the configuration's numbers.
    """

    budget: str = ""
    tuner: str = "bayesian"
    trials: int | None = None
    minutes: float | None = None
    trial_steps: int | None = None
    objective: str | None = None
    space: dict = dataclasses.field(default_factory=dict)


def run_search(recipe, configuration, folder, options):
    """Runs the search, or this process's part of it.

    Args:
        recipe: the `Recipe`.
        configuration: what it begins with; every trial differs from it by
            its choices alone.
        folder: of the search.
        options: `SearchOptions`.

    Returns:
        A `Found`.
    """
    training = configuration.training
    if training.strategy != "none":
        raise ValueError(
            "A trial has one device to itself, and --search-workers uses "
            f"several. Received: --training.strategy {training.strategy}"
        )
    whole = with_steps(configuration, trial_steps(training, options))
    objective = options.objective or recipe.metric
    return search(
        lambda trial: _train(recipe, whole, objective, trial),
        template_of(configuration),
        folder=folder,
        space=options.space,
        learning_rate=configuration.optimizer.learning_rate,
        budget=options.budget,
        tuner=options.tuner,
        trials=options.trials,
        minutes=options.minutes,
        seed=training.seed,
        objective=f"held-out {objective}",
        make_task=lambda model: _task(recipe, configuration, model),
        check=_check_of(recipe, configuration),
        also={"recipe": recipe.name, "trial": as_dict(whole)},
    )


def template_of(configuration):
    """Returns the template that a configuration's model is."""
    precision = configuration.training.precision
    return preset_template(
        configuration.model.preset,
        configuration.model.overrides,
        batch=configuration.training.batch_size,
        dtype=None if precision == "float32" else precision,
    )


def trial_steps(training, options):
    """Returns the steps of a whole trial."""
    steps = options.trial_steps
    if steps is not None and not 0 < steps <= training.steps:
        raise ValueError(
            "--trial-steps takes a number up to --training.steps "
            f"({training.steps:,}). Received: {steps}"
        )
    return steps or max(1, training.steps // _SHARE_OF_STEPS)


def with_steps(configuration, steps):
    """Returns a configuration whose training is as long.

    All stretches of training, such as the warm-up, are as much shorter.
    """
    share = steps / configuration.training.steps
    groups = {
        field.name: _shortened(getattr(configuration, field.name), share)
        for field in dataclasses.fields(configuration)
    }
    every = max(1, steps // _EVALUATIONS)
    groups["training"] = dataclasses.replace(
        configuration.training,
        # A whole number of evaluations.
        steps=every * (steps // every),
        evaluate_every=every,
        checkpoint_every=None,
    )
    return type(configuration)(**groups)


def _shortened(group, share):
    if isinstance(group, ModelSettings):
        return group
    shorter = {}
    for field in dataclasses.fields(group):
        value = getattr(group, field.name)
        if not field.name.endswith("_steps") or not value:
            continue
        if isinstance(value, tuple):
            shorter[field.name] = tuple(round(one * share) for one in value)
        else:
            shorter[field.name] = round(value * share)
    return dataclasses.replace(group, **shorter)


def with_choices(configuration, record):
    """Returns a configuration with the choices of a trial.

    Args:
        configuration: of the search.
        record: of the trial, as `trials.jsonl` holds it.
    """
    published = resolved(ModelSettings(configuration.model.preset))
    overrides = {
        name: _with_tuples(value)
        for name, value in record["arguments"].items()
        if _with_tuples(value) != published[name]
    }
    changed = {
        "model": dataclasses.replace(configuration.model, overrides=overrides)
    }
    rate = record["choices"].get(LEARNING_RATE)
    if rate is not None:
        changed["optimizer"] = dataclasses.replace(
            configuration.optimizer, learning_rate=rate
        )
    return dataclasses.replace(configuration, **changed)


def _with_tuples(value):
    return tuple(value) if isinstance(value, list) else value


def _check_of(recipe, configuration):
    """Returns what turns shapes away that training could not begin with."""
    if not recipe.check_model:
        return None

    def check(arguments):
        model = dataclasses.replace(configuration.model, overrides=arguments)
        recipe.check_model(dataclasses.replace(configuration, model=model))

    return check


def _task(recipe, configuration, model):
    if recipe.preprocessing:
        data = recipe.open_data(configuration)
        set_preprocessing(model, recipe.preprocessing(data))
    return recipe.make_task(model)


def _train(recipe, configuration, objective, trial):
    """Trains one trial; its value is the best of its evaluations."""
    if trial.share < 1:
        steps = round(trial.share * configuration.training.steps)
        configuration = with_steps(configuration, max(1, steps))
    record = {"arguments": trial.overrides, "choices": trial.choices}
    configuration = with_choices(configuration, record)
    strategy = tf.distribute.get_strategy()
    spread.prepare_keras(configuration.training)
    data = recipe.open_data(configuration)
    _, training_model = building.build_models(
        recipe, configuration, data, strategy
    )
    spread.fit_data(
        training_model,
        data,
        configuration.training,
        callbacks=[
            StopAtDivergence(),
            *data.callbacks(None),
            _Report(trial, objective, configuration.training.evaluate_every),
        ],
        begin={"step": 0},
    )


class _Report(keras.callbacks.Callback):
    """Tells the search a held-out metric at each evaluation."""

    def __init__(self, trial, objective, evaluate_every):
        super().__init__()
        self.trial = trial
        self.objective = objective
        self.evaluate_every = evaluate_every

    def on_epoch_end(self, epoch, logs=None):
        heldout = {
            name.removeprefix("val_"): value
            for name, value in logs.items()
            if name.startswith("val_")
        }
        if self.objective not in heldout:
            raise errors.unknown("objective", self.objective, heldout)
        step = (epoch + 1) * self.evaluate_every
        self.trial.report(step, float(heldout[self.objective]))
