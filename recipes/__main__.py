"""One command line for every recipe: `python -m recipes NAME VERB`."""

import pathlib
import sys

from keras_perceiver import errors
from recipes import search_command
from recipes.assignments import assign
from recipes.assignments import parse_assignments
from recipes.command_parser import make_parser
from recipes.overview import overview
from recipes.recipe import find_recipe

# Mistakes of the user, told in one line; anything else is ours.
USER_ERRORS = (ValueError, OSError, ImportError, FloatingPointError)


def main(arguments):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read. 75: stopped or left alone by
    another worker, and the same command goes on. 130: interrupted.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        print(overview())
        return 0
    try:
        recipe = find_recipe(arguments[0])
        options, rest = make_parser(recipe).parse_known_args(arguments[1:])
        _check_options(options)
        options.words = arguments
        _run(recipe, options, rest)
    except USER_ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _run(recipe, options, rest):
    run = {
        "prepare": _prepare,
        "train": _train,
        "evaluate": _evaluate,
        "predict": _predict,
        "study": _study,
        "search": _search,
        "export": _export,
    }[options.verb]
    run(recipe, options, rest)


def _prepare(recipe, options, rest):
    from recipes import runner

    runner.prepare(recipe, _configuration(recipe, options, rest))


def _train(recipe, options, rest):
    from recipes import runner

    runner.train(
        recipe,
        _configuration(recipe, options, rest),
        _folder(recipe, options),
        resume=options.resume,
        overwrite=options.overwrite,
        start_from=options.start_from,
        workers=options.workers,
        worker_index=options.worker_index,
    )


def _evaluate(recipe, options, rest):
    from recipes import measuring
    from recipes import runner

    if options.start_from and options.robustness:
        raise ValueError(
            "--robustness is measured of a run: name it with --run-folder, "
            "without --from."
        )
    if options.start_from:
        configuration = _configuration(recipe, options, rest)
        measuring.evaluate_weights(
            recipe, configuration, options.start_from, options.precision
        )
        return
    _check_no_settings(options, rest)
    runner.evaluate(
        recipe,
        _folder(recipe, options),
        by=options.by,
        robustness=options.robustness,
        precision=options.precision,
    )


def _predict(recipe, options, rest):
    from recipes import runner

    runner.predict(recipe, _folder(recipe, options), rest)


def _study(recipe, options, rest):
    from recipes import studies

    if not recipe.studies:
        raise ValueError(f"{recipe.name} has no studies.")
    name = rest[0] if rest and not rest[0].startswith("--") else ""
    if name not in recipe.studies:
        raise errors.unknown(f"study of {recipe.name}:", name, recipe.studies)
    studies.study(
        recipe,
        _configuration(recipe, options, rest[1:]),
        options.run_folder or pathlib.Path("runs") / f"{recipe.name}_{name}",
        name,
        options.start_from,
    )


def _search(recipe, options, rest):
    assignments, space = search_command.split_space(rest)
    default = pathlib.Path("runs") / f"{recipe.name}_search"
    search_command.search(
        recipe,
        _assigned(recipe, options, assignments),
        options.run_folder or default,
        options,
        space,
    )


def _export(recipe, options, rest):
    from recipes import runner

    _check_no_settings(options, rest)
    base = options.to or pathlib.Path("saved_models") / recipe.name
    runner.export(recipe, _folder(recipe, options), base, options.precision)


def _configuration(recipe, options, rest):
    return _assigned(recipe, options, parse_assignments(rest))


def _assigned(recipe, options, assignments):
    from keras_perceiver.training import strategies

    if options.strategy:
        assignments.append(("training.strategy", options.strategy))
    if "parameter_server" in (text for _, text in assignments):
        strategies.check_name("parameter_server")
    configuration = assign(recipe.configuration(options.config), assignments)
    return recipe.complete(configuration) if recipe.complete else configuration


def _folder(recipe, options):
    default = pathlib.Path("runs") / f"{recipe.name}_{options.config}"
    return options.run_folder or default


def _check_no_settings(options, rest):
    if rest:
        raise ValueError(
            f"{options.verb} takes no settings: they are those of the run. "
            f"Received: {' '.join(rest)}"
        )


def _check_options(options):
    """Raises `ValueError` for an option that the verb does not read."""
    read = {
        "train": (
            "resume",
            "overwrite",
            "start_from",
            "strategy",
            "workers",
            "worker_index",
        ),
        "evaluate": ("by", "robustness", "precision", "start_from"),
        "study": ("start_from",),
        "export": ("to", "precision"),
        "search": search_command.OPTIONS,
    }
    for name, value in vars(options).items():
        is_for_all = name in ("verb", "config", "run_folder")
        if is_for_all or name in read.get(options.verb, ()):
            continue
        # Worker 0 is given too.
        if value is not None and value is not False:
            option = "from" if name == "start_from" else name.replace("_", "-")
            raise ValueError(f"{options.verb} does not read --{option}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
