"""The named functions of an export: raw requests, and tensors of the model."""

import dataclasses
import math
import re
from collections.abc import Callable

from keras_perceiver.serving import guards
from keras_perceiver.serving.names import RAW
from keras_perceiver.serving.names import VIEWS
from keras_perceiver.tasks.problems import blanked
from keras_perceiver.tasks.run_model import RunModel
from keras_perceiver.tasks.run_model import run
from keras_perceiver.tasks.run_model import spec_of
from keras_perceiver.tasks.task import inputs_of


@dataclasses.dataclass(frozen=True)
class Signature:
    """One function that a server answers with.

    Attributes:
        function: takes tensors in the order of `specs`, and returns a
            dictionary of tensors, rows first.
        specs: a `tf.TensorSpec` for each input, with its name.
    """

    function: Callable
    specs: tuple


# Of a graph's names, and of what comes in addresses and files.
_VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def signatures_of(task):
    """Every signature of a task's export, by name.

    `serving_default` is the task itself, raw in, raw out, and so are its
    `more_functions`, each under its name. `tensors` is the model as it was
    trained; `encode` and `decode` are its views, where it has them: encode
    once, then ask for any positions, pixels or samples. Numbers are float32
    in all of them.

    All fail with INVALID_ARGUMENT where a tensor has another shape than
    declared, or where every row of a batch has a problem. Where some rows are
    well, raw ones name the others' problems in `problem_bytes`; the rest
    answer NaN to rows with a token or an index out of range, and take other
    numbers as they are.

    Args:
        task: such as a `FillMask`.

    Raises:
        ValueError: as `raw_signatures_of` does.
    """
    specs = tuple(task.input_signature.values())
    functions = [task.serve, *task.more_functions().values()]
    found = {
        name: _of_requests(function, specs)
        for name, function in zip(
            raw_signatures_of(task), functions, strict=True
        )
    }
    counts = _counts(task.model)
    views = {"tensors": task.model}
    for name in ("encode", "decode"):
        views[name] = getattr(task.model, name, None)
    for name, model in views.items():
        if model is not None:
            output = "latents" if name == "encode" else task.model_output
            found[name] = _of_model(model, output, counts)
    if isinstance(task, RunModel):
        # A model as it is has one way to be asked.
        found[RAW] = found["tensors"]
    return found


def raw_signatures_of(task):
    """Returns the names of the signatures that take a task's requests.

    Args:
        task: such as a `FillMask`.

    Raises:
        ValueError: if one of `more_functions` has a name that is another's,
            or none for a signature.
    """
    names = list(task.more_functions())
    for name in names:
        check_name(name)
    return [RAW, *names]


def check_name(name):
    """Raises `ValueError` unless a task of a model can be a signature."""
    if name in (RAW, *VIEWS):
        raise ValueError(
            f"A task of the model is named {name!r}, and so is a signature "
            "of every export. Give the task another name."
        )
    if not _VALID.fullmatch(name):
        raise ValueError(
            "Every task of the model is a signature of its export, whose "
            "name is of letters, digits, '_', '.' and '-' and begins with a "
            f"letter or digit. Received: {name!r}"
        )


def _of_requests(function, specs):
    def answer(*tensors):
        answers = function(*guards.of_declared_shapes(tensors, specs))
        if "problem_bytes" not in answers:
            return answers
        return guards.refuse_if_all_bad(answers, answers["problem_bytes"])

    return Signature(answer, specs)


def _of_model(model, output_name, counts):
    specs = tuple(map(spec_of, model.inputs))
    names = [spec.name for spec in specs]
    counts = {name: counts[name] for name in names if name in counts}

    def answer(*tensors):
        tensors = guards.of_declared_shapes(tensors, specs)
        problems = None
        if counts:
            given = dict(zip(names, tensors, strict=True))
            given, problems = guards.within_counts(given, counts)
            given = guards.refuse_if_all_bad(given, problems)
            tensors = list(given.values())
        outputs = run(model, tensors, output_name)
        if problems is None:
            return outputs
        return {
            name: blanked(tensor, problems, math.nan)
            for name, tensor in outputs.items()
        }

    return Signature(answer, specs)


def _counts(model):
    """How many tokens, positions, pixels or patches a model knows, by input.

    Its layers take others too: negative ones, and positions, wrap around, and
    what is beyond a table fails on a CPU and is 0 on a GPU.
    """
    shapes = {
        name: tensor.shape[1:] for name, tensor in inputs_of(model).items()
    }
    layers = {layer.name: layer for layer in model.layers}
    counts = {}
    if "token_ids" in shapes and "token_embedding" in layers:
        counts["token_ids"] = layers["token_embedding"].input_dim
        counts["token_indices"] = shapes["token_ids"][0]
    if "frames" in shapes:
        counts["pixel_indices"] = math.prod(shapes["frames"][1:-1])
    if "video_indices" in shapes:
        patch = model.output["audio"].shape[-1]
        counts["video_indices"] = math.prod(shapes["video"][:-1])
        counts["audio_indices"] = shapes["audio"][0] // patch
    return counts
