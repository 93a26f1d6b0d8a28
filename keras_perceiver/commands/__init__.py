"""One module for each command of `keras-perceiver`, and their parser.

What a command needs beyond its command line is imported when it runs.
"""

import argparse

from keras_perceiver.commands import ask
from keras_perceiver.commands import check
from keras_perceiver.commands import completion
from keras_perceiver.commands import config
from keras_perceiver.commands import convert
from keras_perceiver.commands import cost
from keras_perceiver.commands import doctor
from keras_perceiver.commands import presets
from keras_perceiver.commands import recipes
from keras_perceiver.commands import search_workers

NAME = "keras-perceiver"
_IN_ORDER = (
    presets,
    cost,
    convert,
    check,
    ask,
    config,
    search_workers,
    recipes,
    doctor,
    completion,
)
_EPILOG = """\
Options of one: keras-perceiver COMMAND --help
Training is done by recipes, which live in a clone of the repository and not
in the installed package: python -m recipes, there.

exit codes: 0 done; 1 something is wrong with the request, said on standard
error; 2 the command line cannot be read; 75 stopped, and the same command
goes on; 130 interrupted
"""


def make_parser():
    """Returns the parser of every command."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Perceiver IO for Keras 3.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _IN_ORDER:
        command.add(commands)
    return parser
