"""From a configuration to the model that trains."""

import math

from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.models import from_preset
from keras_perceiver.training import lora
from keras_perceiver.training import schedules
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel
from recipes import start_weights
from recipes.class_agreement import class_difference


def build_models(recipe, configuration, data, strategy, start_from=None):
    """Returns the preset and the compiled `TrainingModel` that shares it."""
    with strategy.scope():
        model = build_model(configuration)
    if start_from is not None:
        load_start(recipe, model, data, start_from)
    with strategy.scope():
        if start_from is None and recipe.prepare_model:
            recipe.prepare_model(model, data)
        if recipe.preprocessing:
            set_preprocessing(model, recipe.preprocessing(data))
        _freeze(recipe, configuration.training, model)
        return model, compile_model(recipe, configuration, model)


def load_start(recipe, model, data, start_from):
    """Sets first weights from what `--from` names, and says what is not."""
    source = start_weights.open_start(start_from, model)
    if recipe.check_start:
        recipe.check_start(data, getattr(source, "preprocessing", None))
    anew = start_weights.load_start(recipe, model, source, start_from)
    difference = class_difference(source, data)
    if difference and not anew:
        print(f"{difference} Its output layer has to learn them anew.")
    if recipe.prepare_head:
        recipe.prepare_head(model, data, anew)


def _freeze(recipe, training, model):
    """Leaves the factors of `--training.lora-rank` and the head to train."""
    if training.lora_rank is None:
        return
    lora.adapt(model, training.lora_rank, seed=training.seed, whole=recipe.head)
    trained = sum(math.prod(one.shape) for one in model.trainable_variables)
    print(
        f"LoRA of rank {training.lora_rank}: {trained:,} of "
        f"{model.count_params():,} parameters are trained"
    )


def build_model(configuration):
    """Returns the preset of a configuration, with fresh weights."""
    settings = configuration.model
    overrides = dict(settings.overrides)
    if configuration.training.precision != "float32":
        overrides["dtype"] = configuration.training.precision
    return from_preset(settings.preset, **overrides)


def uses_xla(training):
    """Whether the train step is compiled by XLA."""
    # Keras compiles nothing once operations are to be deterministic.
    return training.jit_compile and not training.deterministic


def learning_rate(optimizer, steps):
    """Returns the schedule that a configuration's optimizer settings name."""
    if optimizer.drop_steps:
        return schedules.tenfold_drops(
            optimizer.learning_rate, optimizer.drop_steps
        )
    return schedules.WarmupFlatCosine(
        optimizer.learning_rate,
        steps=steps,
        warmup_steps=optimizer.warmup_steps,
        flat_steps=optimizer.flat_steps,
    )


def compile_model(recipe, configuration, model):
    """Returns a `TrainingModel` on a preset's graph, ready for `fit`."""
    optimizer = configuration.optimizer
    output = model.output
    if recipe.trained_output:
        output = recipe.trained_output(output)
    training_model = TrainingModel(model.input, output, name=model.name)
    arguments = recipe.compile_arguments(configuration)
    training_model.compile(
        optimizer=LAMB(
            learning_rate(optimizer, configuration.training.steps),
            weight_decay=optimizer.weight_decay,
            global_clipnorm=optimizer.gradient_clip,
        ),
        # Explicitly, since "auto" differs between machines.
        jit_compile=uses_xla(configuration.training),
        accumulate=configuration.training.accumulate,
        attack=_attack(
            recipe, configuration, training_model, arguments["loss"]
        ),
        **arguments,
    )
    return training_model


def _attack(recipe, configuration, model, loss):
    """What `--training.adversarial-strength` does to batches, or None."""
    strength = configuration.training.adversarial_strength
    if strength is None:
        return None
    robustness = recipe.robustness
    steps = robustness.training_steps
    return robustness.attack(model, loss, configuration, strength, steps)
