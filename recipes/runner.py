"""One runner for every recipe: train, evaluate, predict, export."""

import contextlib
import time

import keras
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert.pretrained import load_weights
from keras_perceiver.models import from_preset
from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving import export as serving_export
from keras_perceiver.serving.precision import check_precision
from keras_perceiver.training import run_folder
from keras_perceiver.training import schedules
from keras_perceiver.training import strategies
from keras_perceiver.training.divergence import StopAtDivergence
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel
from keras_perceiver.training.progress import Progress
from keras_perceiver.training.progress import time_in_words
from keras_perceiver.training.recorder import Recorder
from recipes import results
from recipes.settings import as_dict
from recipes.settings import differences
from recipes.settings import from_dict


def prepare(recipe, configuration):
    """Downloads what training reads, and says what it is."""
    _start_devices()
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
):
    """Trains a model and leaves a run folder behind.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration.
        path: the run folder.
        resume: whether to go on with the run in that folder.
        overwrite: whether to delete the run in that folder.
        start_from: a `save_pretrained` folder to take the first weights from.

    Raises:
        ValueError: if a setting, the data or the folder is not fit, before
            anything is written.
    """
    folder = run_folder.RunFolder(path)
    check_settings(configuration.training)
    if resume:
        folder.check_resumable()
        _check_same(folder, configuration)
    elif not overwrite:
        folder.check_new()
    _start_devices()
    _prepare_keras(configuration.training)
    data = recipe.open_data(configuration)
    data.check()
    strategy = strategies.get_strategy(configuration.training.strategy)
    with strategy.scope():
        model = build_model(configuration, start_from)
        if start_from is None:
            recipe.prepare_model(model, data)
        training_model = compile_model(recipe, configuration, model)
    begin = {"step": 0}
    if resume:
        begin = training_model.load_training_state(folder.state_file)
        folder.forget_after(begin["step"])
    else:
        _begin(folder, configuration, data, overwrite)
    _print_plan(recipe, configuration, data, model, folder)
    _fit(recipe, configuration, data, model, training_model, folder, begin)
    evaluate(recipe, path)


def check_settings(training):
    """Raises `ValueError` for settings that cannot be trained with."""
    for name in (
        "steps",
        "batch_size",
        "evaluate_every",
        "evaluation_examples",
    ):
        value = getattr(training, name)
        if value is not None and value < 1:
            flag = name.replace("_", "-")
            raise ValueError(
                f"--training.{flag} takes a positive number. Received: {value}"
            )
    if training.steps % training.evaluate_every:
        nearest = training.steps - training.steps % training.evaluate_every
        nearest = max(nearest, training.evaluate_every)
        raise ValueError(
            "--training.steps must be a multiple of --training.evaluate-every "
            f"({training.evaluate_every:,}). Received: {training.steps:,}. "
            f"Did you mean {nearest:,}?"
        )
    if training.precision == "mixed_float16":
        print(
            "warning: Perceivers are known to diverge in float16. "
            "--training.precision mixed_bfloat16 is as fast and trains."
        )


def _check_same(folder, configuration):
    began_with = from_dict(type(configuration), folder.read_configuration())
    changed = differences(began_with, configuration)
    if changed:
        listing = ", ".join(
            f"--{key} was {old}, is {new}"
            for key, (old, new) in changed.items()
        )
        raise ValueError(
            f"The run in {folder.path} began with other settings: {listing}. "
            "Resume with the same, or begin anew in another --run-folder."
        )


def _start_devices():
    with quiet_start():
        tf.config.list_logical_devices()


def _prepare_keras(training):
    keras.utils.set_random_seed(training.seed)
    if training.deterministic:
        tf.config.experimental.enable_op_determinism()


def build_model(configuration, start_from=None):
    """Returns the preset of a configuration, with fresh or given weights."""
    settings = configuration.model
    overrides = dict(settings.overrides)
    if configuration.training.precision != "float32":
        overrides["dtype"] = configuration.training.precision
    model = from_preset(settings.preset, **overrides)
    if start_from is not None:
        load_weights(model, f"{start_from}/model.safetensors")
    return model


def compile_model(recipe, configuration, model):
    """Returns a `TrainingModel` on a preset's graph, ready for `fit`."""
    optimizer = configuration.optimizer
    training_model = TrainingModel(model.input, model.output, name=model.name)
    training_model.compile(
        optimizer=LAMB(
            schedules.warmup_cosine(
                optimizer.learning_rate,
                steps=configuration.training.steps,
                warmup_steps=optimizer.warmup_steps,
            ),
            weight_decay=optimizer.weight_decay,
            global_clipnorm=optimizer.gradient_clip,
        ),
        # Explicitly, since "auto" differs between machines.
        jit_compile=configuration.training.jit_compile,
        **recipe.compile_arguments(configuration),
    )
    return training_model


def _begin(folder, configuration, data, overwrite):
    if overwrite:
        folder.clear()
    folder.create(
        as_dict(configuration), run_folder.machine_record(), data.record()
    )
    began = time.monotonic()
    print("counting baselines ...", end=" ", flush=True)
    files.write_json(folder.baselines_file, data.baselines())
    print(f"{time_in_words(time.monotonic() - began)}")


def _print_plan(recipe, configuration, data, model, folder):
    training = configuration.training
    for line in data.describe():
        print(line)
    print(f"model: {model.count_params():,} parameters")
    print(
        f"training: {training.steps:,} steps of {training.batch_size:,} "
        f"examples, strategy {training.strategy}, {training.precision}, "
        f"XLA {'on' if training.jit_compile else 'off'}"
    )
    print(f"run folder: {folder.path}")


def _fit(recipe, configuration, data, model, training_model, folder, begin):
    training = configuration.training
    progress = Progress(training.steps, begin["step"])
    task = recipe.make_task(model)
    recorder = Recorder(
        folder,
        model,
        steps_per_epoch=training.evaluate_every,
        monitor=recipe.metric,
        progress=progress,
        sample=lambda: recipe.sample(task, data),
        begin=begin,
    )
    with contextlib.closing(progress):
        training_model.fit(
            data.training_dataset(begin["step"] * training.batch_size),
            validation_data=data.evaluation_dataset(),
            steps_per_epoch=training.evaluate_every,
            initial_epoch=begin["step"] // training.evaluate_every,
            epochs=training.steps // training.evaluate_every,
            callbacks=[
                StopAtDivergence(),
                recorder,
                progress,
            ],
            # The data come in the order that they are to be read in.
            shuffle=False,
            verbose=0,
        )


def open_run(recipe, path):
    """Returns the folder, the configuration and the best model of a run."""
    folder = run_folder.RunFolder(path)
    folder.check_finished_part()
    _start_devices()
    configuration = from_dict(
        type(next(iter(recipe.configurations.values()))),
        folder.read_configuration(),
    )
    return folder, configuration, load_pretrained(folder.best)


def evaluate(recipe, path):
    """Prints the best model's held-out numbers beside the baselines'."""
    folder, configuration, model = open_run(recipe, path)
    data = recipe.open_data(configuration)
    data.check()
    model = compile_model(recipe, configuration, model)
    numbers = model.evaluate(
        data.evaluation_dataset(), return_dict=True, verbose=0
    )
    results.report(folder, recipe, numbers)


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
    _, _, model = open_run(recipe, path)
    print("exporting, and measuring for batches ...", flush=True)
    version = serving_export.export(
        recipe.make_task(model), base, precision=precision
    )
    print(f"exported: {version}")
    print(f"check it: keras-perceiver check {version}")
