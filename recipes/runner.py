"""One runner for every recipe: train, evaluate, predict, export."""

import contextlib
import math
import time

from keras_perceiver import files
from keras_perceiver.convert import load_pretrained
from keras_perceiver.quiet import find_devices
from keras_perceiver.serving import export as serving_export
from keras_perceiver.serving.precision import check_precision
from keras_perceiver.training import preemption
from keras_perceiver.training import run_folder
from keras_perceiver.training.agreement import AgreedStop
from keras_perceiver.training.checkpointer import Checkpointer
from keras_perceiver.training.divergence import StopAtDivergence
from keras_perceiver.training.progress import Progress
from keras_perceiver.training.progress import time_in_words
from keras_perceiver.training.recorder import Recorder
from keras_perceiver.training.run_lock import RunLock
from keras_perceiver.training.saver import Saver
from recipes import building
from recipes import continuation
from recipes import model_card
from recipes import results
from recipes import spread
from recipes import training_checks
from recipes.class_agreement import check_same_classes
from recipes.measuring import measure
from recipes.measuring import rounded
from recipes.plan import print_plan
from recipes.robustness import withstood
from recipes.settings import as_dict
from recipes.settings import from_dict


def prepare(recipe, configuration):
    """Downloads what training reads, and says what it is."""
    find_devices()
    data = recipe.open_data(configuration)
    data.prepare()
    data.check()
    for line in data.describe():
        print(line)


def train(
    recipe,
    configuration,
    path,
    *,
    resume=False,
    overwrite=False,
    start_from=None,
    workers=None,
    worker_index=None,
):
    """Trains a model and leaves a run folder behind.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration.
        path: the run folder.
        resume: whether to go on with the run in that folder, even if it is
            finished. One that is not finished goes on without.
        overwrite: whether to delete the run in that folder.
        start_from: what to take the first weights from: a `save_pretrained`
            folder, a file of DeepMind or a folder of Hugging Face.
        workers: as `get_strategy` takes them.
        worker_index: as `get_strategy` takes it.

    Raises:
        ValueError: if a setting, the data or the folder is not fit, before
            anything is written.
    """
    folder = run_folder.RunFolder(path)
    training_checks.check_settings(configuration.training)
    training_checks.check_adversarial(recipe, configuration.training)
    training_checks.check_start(
        folder.path, resume=resume, overwrite=overwrite, start_from=start_from
    )
    cluster = (workers, worker_index)
    if not spread.is_chief_of(configuration, *cluster):
        return spread.train_along(recipe, configuration, cluster, start_from)
    with (
        preemption.ending_with_restart_code(),
        contextlib.closing(RunLock(folder.lock_file)) as lock,
    ):
        if folder.is_ours():
            folder.check_writable()
            lock.take()
        checkpoints = []
        if not overwrite:
            checkpoints = continuation.find_checkpoints(
                folder, configuration, resume=resume, start_from=start_from
            )
        training_checks.check_lora(
            configuration.training, checkpoints or start_from
        )
        strategy = spread.start_strategy(configuration, *cluster)
        spread.prepare_keras(configuration.training)
        data = recipe.open_data(configuration)
        data.check()
        if checkpoints:
            continuation.check_same_data(folder, data)
            start_from = None
        model, training_model = building.build_models(
            recipe, configuration, data, strategy, start_from
        )
        if checkpoints:
            begin = continuation.go_on(
                folder,
                checkpoints,
                configuration,
                training_model,
                recipe.metric,
            )
        else:
            folder.claim(lock, overwrite)
            begin = _begin(folder, configuration, data, start_from)
        begin = training_model.take_from_chief(begin)
        print_plan(configuration, data, model, folder)
        _fit(recipe, configuration, data, model, training_model, folder, begin)
        evaluate(recipe, path)


def _begin(folder, configuration, data, start_from):
    """Writes what is known before the first step; returns the state there."""
    continuation.write_start(folder, start_from)
    folder.create(
        as_dict(configuration), run_folder.machine_record(), data.record()
    )
    began = time.monotonic()
    print("counting baselines ...", end=" ", flush=True)
    files.write_json(folder.baselines_file, data.baselines())
    print(f"{time_in_words(time.monotonic() - began)}")
    return {"step": 0}


def _fit(recipe, configuration, data, model, training_model, folder, begin):
    training = configuration.training
    progress = Progress(training.steps, begin["step"])
    task = recipe.make_task(model)
    began = time.monotonic()
    with (
        preemption.StopRequest() as stop,
        _saver(
            recipe, configuration, model, training_model, folder, task
        ) as saver,
        contextlib.closing(progress),
    ):
        recorder = Recorder(
            folder,
            saver,
            steps_per_epoch=training.evaluate_every,
            monitor=recipe.metric,
            progress=progress,
            sample=lambda: recipe.sample(task, data),
            best=begin.get("best", math.inf),
        )
        checkpointer = Checkpointer(
            saver,
            recorder,
            AgreedStop(stop, training_model.distribute_strategy),
            steps_per_epoch=training.evaluate_every,
            first_step=begin["step"],
            every=training.checkpoint_every,
        )
        spread.fit_data(
            training_model,
            data,
            training,
            callbacks=[
                StopAtDivergence(),
                *data.callbacks(folder),
                recorder,
                progress,
                checkpointer,
            ],
            begin=begin,
        )
    if saver.count:
        print(saver.summary(time.monotonic() - began))


def _saver(recipe, configuration, model, training_model, folder, task):
    """What writes checkpoints, each with a card that tells no results yet."""

    def describe(path, step):
        model_card.write(
            path,
            folder,
            recipe,
            configuration,
            task,
            step=step,
            evaluated=False,
        )

    return Saver(
        folder.checkpoints,
        training_model,
        model,
        keep=configuration.training.keep_checkpoints,
        describe=describe,
    )


def open_run(recipe, path):
    """Returns the folder, the configuration and the best model of a run."""
    folder = run_folder.RunFolder(path)
    folder.check_finished_part()
    configuration = from_dict(
        type(next(iter(recipe.configurations.values()))),
        folder.read_configuration(),
    )
    return folder, configuration, load_pretrained(folder.best)


def evaluate(recipe, path, by=None, robustness=False, precision=None):
    """Prints the best model's held-out numbers beside the baselines'.

    Args:
        recipe: the `Recipe`.
        path: the run folder.
        by: the column of the data whose groups are told apart, or None.
        robustness: whether to print, in their place, the numbers of inputs
            that are noisy, damaged or attacked.
        precision: of an export whose numbers are printed in their place,
            beside those of the model as it was trained; None is none.

    Raises:
        ValueError: if the recipe's data have no such column, nothing is
            known of its robustness, or there is no such precision.
    """
    check_precision(precision)
    if robustness and recipe.robustness is None:
        raise ValueError(f"{recipe.name} knows no attacks: no --robustness.")
    folder, configuration, model = open_run(recipe, path)
    if by is not None and not recipe.break_down:
        raise ValueError(f"The data of {recipe.name} have no columns: no --by.")
    data = recipe.open_data(configuration)
    data.check()
    check_same_classes(model, data)
    if robustness:
        for line in withstood(folder, recipe, configuration, model, data):
            print(line)
        return
    if precision is not None:
        for line in rounded(recipe, configuration, model, data, precision):
            print(line)
        return
    numbers = measure(recipe, configuration, model, data)
    results.report(folder, recipe, numbers, configuration.model.preset)
    model_card.write(
        folder.best,
        folder,
        recipe,
        configuration,
        recipe.make_task(model),
        step=folder.checkpoints.best_step(),
        evaluated=True,
    )
    if recipe.break_down:
        for line in recipe.break_down(folder, model, data, by):
            print(line)


def predict(recipe, path, words):
    """Prints the best model's answer to a raw request."""
    _, _, model = open_run(recipe, path)
    print(recipe.answer(recipe.make_task(model), words))


def export(recipe, path, base, precision=None):
    """Exports the best model's task as a SavedModel and says how to ask.

    Args:
        recipe: the `Recipe`.
        path: the run folder.
        base: the folder of all versions.
        precision: as `serving.export.export` takes it.
    """
    check_precision(precision)
    folder, _, model = open_run(recipe, path)
    print("exporting, and measuring for batches ...", flush=True)
    version = serving_export.export(
        recipe.make_task(model),
        base,
        precision=precision,
        card=model_card.of_export(folder.best, precision),
    )
    print(f"exported: {version}")
    print(f"check it: keras-perceiver check {version}")
