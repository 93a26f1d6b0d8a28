"""One command line for every recipe: `python -m recipes NAME VERB`."""

import argparse
import pathlib
import sys

from keras_perceiver import errors
from recipes import search_command
from recipes.assignments import assign
from recipes.assignments import parse_assignments
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names
from recipes.setting_listings import describe

VERBS = {
    "prepare": "download and check the data",
    "train": "train, with a run folder for all that comes out",
    "evaluate": "the best checkpoint beside the baselines",
    "predict": "answer a raw request with the best checkpoint",
    "study": "compare several trainings in one table",
    "search": "find a better latent size within a budget",
    "export": "write the best checkpoint as a SavedModel",
}
# Mistakes of the user, told in one line; anything else is ours.
USER_ERRORS = (ValueError, OSError, ImportError, FloatingPointError)


def main(arguments):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read. 75: stopped or left alone by
    another worker, and the same command goes on. 130: interrupted.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_overview())
        return 0
    try:
        recipe = find_recipe(arguments[0])
        options, rest = _parser(recipe).parse_known_args(arguments[1:])
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
    from recipes import runner

    if options.start_from:
        configuration = _configuration(recipe, options, rest)
        runner.evaluate_weights(recipe, configuration, options.start_from)
        return
    _check_no_settings(options, rest)
    runner.evaluate(
        recipe,
        _folder(recipe, options),
        by=options.by,
        robustness=options.robustness,
    )


def _predict(recipe, options, rest):
    from recipes import runner

    runner.predict(recipe, _folder(recipe, options), rest)


def _study(recipe, options, rest):
    from recipes import runner

    if not recipe.studies:
        raise ValueError(f"{recipe.name} has no studies.")
    name = rest[0] if rest and not rest[0].startswith("--") else ""
    if name not in recipe.studies:
        raise errors.unknown(f"study of {recipe.name}:", name, recipe.studies)
    runner.study(
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
        "evaluate": ("by", "robustness", "start_from"),
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


def _parser(recipe):
    verbs = "\n".join(f"  {verb:<9} {text}" for verb, text in VERBS.items())
    parser = argparse.ArgumentParser(
        prog=f"python -m recipes {recipe.name}",
        description=f"{recipe.summary}\n\nverbs:\n{verbs}",
        epilog=_settings_help(recipe),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # An abbreviation would swallow settings such as --data.
        allow_abbrev=False,
    )
    parser.add_argument("verb", choices=VERBS, metavar="VERB")
    parser.add_argument(
        "--config",
        default="tiny",
        help=f"one of {', '.join(recipe.configurations)} (default: tiny)",
    )
    parser.add_argument(
        "--run-folder", type=pathlib.Path, help="default: runs/NAME_CONFIG"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on with a finished run, or take other --training.steps; "
        "without this, only a run that was stopped goes on",
    )
    group.add_argument(
        "--overwrite", action="store_true", help="delete the run first"
    )
    group.add_argument(
        "--from",
        dest="start_from",
        type=pathlib.Path,
        metavar="FOLDER",
        help="train from these weights, or evaluate them: another run's "
        "best, a file of DeepMind or a folder of Hugging Face",
    )
    parser.add_argument(
        "--to",
        type=pathlib.Path,
        metavar="FOLDER",
        help="export there (default: saved_models/NAME)",
    )
    parser.add_argument(
        "--strategy",
        metavar="NAME",
        help="none, mirrored, multiworker or tpu; as --training.strategy",
    )
    parser.add_argument(
        "--workers",
        metavar="HOST:PORT,...",
        help="all processes of --strategy multiworker, the chief first; the "
        "same for each (default: what TF_CONFIG or SLURM say)",
    )
    parser.add_argument(
        "--worker-index",
        type=int,
        metavar="N",
        help="which of them this is, from 0 (default: by this machine's name)",
    )
    parser.add_argument(
        "--by",
        metavar="COLUMN",
        help="evaluate the groups of a column of the data apart",
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help="evaluate with noise, damage and attacks on the inputs",
    )
    parser.add_argument(
        "--precision",
        metavar="NAME",
        help="export in float32, bfloat16 or int8 (default: as trained)",
    )
    search_command.add_options(parser)
    return parser


def _settings_help(recipe):
    lines = ["settings of `prepare`, `train` and `search`, as in tiny:"]
    for flag, value, text in describe(recipe.configurations["tiny"]):
        lines.append(f"  {flag} {value}\n      {text}")
    lines.append(
        "\nSIGTERM and Ctrl-C end `train` after its step, with all saved; the\n"
        "code is 75 after SIGTERM. The same command goes on from there, as it\n"
        "does after a kill.\n"
        "\nEverything after `predict` is the request, such as\n"
        f"  python -m recipes {recipe.name} predict {recipe.request}"
    )
    if recipe.studies:
        lines.append(f"\nstudies: {', '.join(recipe.studies)}")
    return "\n".join(lines)


def _overview():
    lines = ["usage: python -m recipes NAME VERB [options] [settings]", ""]
    for name in recipe_names():
        recipe = find_recipe(name)
        lines.append(f"{name}: {recipe.summary}")
        width = max(map(len, recipe.expectations))
        for configuration, expectation in recipe.expectations.items():
            lines.append(f"  --config {configuration:<{width}}  {expectation}")
    lines += ["", "verbs:"]
    lines += [f"  {verb:<9} {text}" for verb, text in VERBS.items()]
    lines += ["", "More of one: python -m recipes NAME --help"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
