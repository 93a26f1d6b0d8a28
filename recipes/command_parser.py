"""The options of a recipe's verbs, and their help."""

import argparse
import pathlib

from recipes import search_command
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


def make_parser(recipe):
    """Returns the parser of what stands behind a recipe's name."""
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
    _add_start_options(parser)
    _add_device_options(parser)
    _add_result_options(parser)
    search_command.add_options(parser)
    return parser


def _add_start_options(parser):
    """What a run begins with."""
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
    parser.add_argument(
        "--from",
        dest="start_from",
        type=pathlib.Path,
        metavar="FOLDER",
        help="train from these weights, or evaluate them: another run's "
        "best, a file of DeepMind or a folder of Hugging Face",
    )


def _add_device_options(parser):
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


def _add_result_options(parser):
    """What is done with a trained model, and where it goes."""
    parser.add_argument(
        "--to",
        type=pathlib.Path,
        metavar="FOLDER",
        help="export there (default: saved_models/NAME)",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--by",
        metavar="COLUMN",
        help="evaluate the groups of a column of the data apart",
    )
    group.add_argument(
        "--robustness",
        action="store_true",
        help="evaluate with noise, damage and attacks on the inputs",
    )
    group.add_argument(
        "--precision",
        metavar="NAME",
        help="export in float32, bfloat16 or int8, or evaluate what that "
        "would lose (default: as trained)",
    )


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
