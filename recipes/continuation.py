"""Whether a run begins or goes on, and what may differ when it goes on."""

import json

from keras_perceiver import files
from keras_perceiver.training.recorder import fall_back
from recipes.setting_listings import differences
from recipes.settings import as_dict
from recipes.settings import from_dict

# How a run is computed and kept, not what it is.
MAY_CHANGE = (
    "training.strategy",
    "training.accumulate",
    "training.jit-compile",
    "training.deterministic",
    "training.checkpoint-every",
    "training.keep-checkpoints",
)
# Schedules depend on it, so it changes only where that is asked for.
_MAY_CHANGE_IF_ASKED = "training.steps"


def find_checkpoints(folder, configuration, *, resume, start_from=None):
    """Returns what the run in a folder can go on from.

    A run that was not finished goes on by itself.

    Args:
        folder: the `RunFolder`.
        configuration: what is to be trained now.
        resume: whether the user asked to go on.
        start_from: the folder of first weights, if one was given.

    Returns:
        The whole checkpoints, the oldest first; none if the run has to begin
        with its first step.

    Raises:
        FileExistsError: if the folder holds something else, or a finished
            run that was not asked for.
        ValueError: if the run there is another one, or no checkpoint of it
            is whole.
    """
    if not folder.is_run():
        if resume:
            folder.check_finished_part()
        folder.check_new()
        return []
    folder.check_writable()
    began_with = from_dict(type(configuration), folder.read_configuration())
    if not resume and folder.is_finished(began_with.training.steps):
        folder.check_new()
    _check_same(folder, began_with, configuration, resume)
    if not resume:
        _check_same_start(folder, start_from)
    whole = _whole_checkpoints(folder)
    if whole and whole[-1].step > configuration.training.steps:
        raise ValueError(
            f"The run in {folder.path} has taken {whole[-1].step:,} steps "
            "already. --training.steps takes that many or more. Received: "
            f"{configuration.training.steps:,}"
        )
    return whole


def check_same_data(folder, data):
    """Raises `ValueError` if a run began with other data."""
    began_with = json.loads(folder.data_file.read_text())
    record = json.loads(json.dumps(data.record()))
    changed = [
        f"{key} was {began_with.get(key)}, is {record.get(key)}"
        for key in {**began_with, **record}
        if began_with.get(key) != record.get(key)
    ]
    if changed:
        raise ValueError(
            f"The run in {folder.path} began with other data: "
            f"{'; '.join(changed)}. Bring them back, or begin anew in another "
            "--run-folder."
        )


def write_start(folder, start_from):
    """Notes where the first weights came from, if from somewhere."""
    if start_from is not None:
        files.write_json(folder.start_file, _start(start_from))


def go_on(folder, checkpoints, configuration, training_model, metric):
    """Sets the state of the newest checkpoint, and forgets what came after.

    Args:
        folder: the `RunFolder`.
        checkpoints: what `find_checkpoints` returned; at least one.
        configuration: what is to be trained now.
        training_model: the compiled `TrainingModel`.
        metric: the name of what decides which checkpoint is best.

    Returns:
        What the state was saved with: its `step` and the `best` value so
        far; and `metrics`, as `fitting.fit` takes them.
    """
    newest = checkpoints[-1]
    begin = training_model.load_training_state(newest.state_file)
    begin["metrics"] = training_model.read_metric_state(newest.state_file)
    best = folder.checkpoints.fall_back(
        checkpoints, keep=configuration.training.keep_checkpoints
    )
    if best != begin["best"]:
        print(
            f"the best so far, {metric} {begin['best']:.3f}, is gone; of what "
            f"is left, the best is {best:.3f}"
        )
        begin["best"] = best
    fall_back(folder, begin["step"], metric)
    _accept_changes(folder, configuration)
    print(f"going on from step {begin['step']:,}")
    return begin


def _accept_changes(folder, configuration):
    """Writes down and prints the settings that are others from now on."""
    began_with = from_dict(type(configuration), folder.read_configuration())
    changed = differences(began_with, configuration)
    if changed:
        print(f"changed settings: {_listing(changed)}")
        files.write_json(folder.configuration_file, as_dict(configuration))


def _check_same(folder, began_with, configuration, resume):
    may_change = [*MAY_CHANGE, *([_MAY_CHANGE_IF_ASKED] if resume else [])]
    changed = {
        key: values
        for key, values in differences(began_with, configuration).items()
        if key not in may_change
    }
    if changed:
        hint = ""
        if _MAY_CHANGE_IF_ASKED in changed:
            hint = f"--{_MAY_CHANGE_IF_ASKED} alone may change with --resume. "
        raise ValueError(
            f"The run in {folder.path} began with other settings: "
            f"{_listing(changed)}. {hint}Resume with the same, or begin anew "
            "in another --run-folder."
        )


def _check_same_start(folder, start_from):
    before = {"from": None}
    if folder.start_file.is_file():
        before = json.loads(folder.start_file.read_text())
    now = _start(start_from)
    if now != before:
        raise ValueError(
            f"The run in {folder.path} began with other weights: --from was "
            f"{before['from']}, is {now['from']}. Go on with --resume, or "
            "begin anew in another --run-folder."
        )


def _start(start_from):
    # Not where a link such as `best` leads to, which changes.
    return {"from": start_from and str(start_from.absolute())}


def _listing(changed):
    return ", ".join(
        f"--{key} was {old}, is {new}" for key, (old, new) in changed.items()
    )


def _whole_checkpoints(folder):
    whole, damaged = folder.checkpoints.check()
    problems = [f"{name}: {words}" for name, words in damaged.items()]
    if damaged and not whole:
        raise ValueError(
            f"No checkpoint of the run in {folder.path} is whole "
            f"({'; '.join(problems)}). Begin anew with --overwrite."
        )
    for problem in problems:
        print(f"damaged, so it is left out: {problem}")
    return whole
