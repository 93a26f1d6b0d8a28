"""What can be told of settings before anything begins."""


def check_settings(training):
    """Raises `ValueError` for settings that cannot be trained with."""
    for name in (
        "steps",
        "batch_size",
        "evaluate_every",
        "evaluation_examples",
        "checkpoint_every",
        "keep_checkpoints",
        "accumulate",
        "lora_rank",
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


def check_start(path, *, resume, overwrite, start_from):
    """Raises `ValueError` where first weights and the run exclude each other.

    Args:
        path: the run folder.
        resume: whether to go on with the run there, even if it is finished.
        overwrite: whether to delete it.
        start_from: where first weights lie, or None.
    """
    if start_from is None:
        return
    if resume:
        raise ValueError(
            "--resume goes on with the run's own weights. Leave one of both "
            f"out. Received: --resume --from {start_from}"
        )
    if overwrite and start_from.resolve().is_relative_to(path.resolve()):
        raise ValueError(
            f"--overwrite deletes {path}, and with it the weights that "
            "training begins with. Choose another: --run-folder FOLDER. "
            f"Received: --overwrite --from {start_from}"
        )


def check_lora(training, has_weights):
    """Raises `ValueError` for adaptation of weights that know nothing yet.

    Args:
        training: the settings.
        has_weights: whether training begins with trained weights.
    """
    if training.lora_rank is not None and not has_weights:
        raise ValueError(
            "--training.lora-rank freezes the weights that training begins "
            "with, which would be random ones. Name trained ones with --from "
            "FOLDER, or leave it out. Received: --training.lora-rank "
            f"{training.lora_rank}"
        )


def check_share(name, value):
    """Raises `ValueError` for a setting that is no share or probability.

    Args:
        name: of the setting, such as `data.hide-label`.
        value: its value.
    """
    if not 0 <= value <= 1:
        raise ValueError(
            f"--{name} takes a number from 0 to 1. Received: {value}"
        )


def check_adversarial(recipe, training):
    """Raises `ValueError` for attacks that a recipe does not know.

    Args:
        recipe: the `Recipe`.
        training: the settings.
    """
    strength = training.adversarial_strength
    if strength is None:
        return
    if recipe.robustness is None:
        raise ValueError(
            f"{recipe.name} knows no attacks: leave "
            "--training.adversarial-strength out."
        )
    largest = recipe.robustness.largest_strength
    if not 0 < strength <= largest:
        raise ValueError(
            "--training.adversarial-strength takes a number above 0, at most "
            f"{largest:g}: {recipe.robustness.unit}. Received: {strength}"
        )
