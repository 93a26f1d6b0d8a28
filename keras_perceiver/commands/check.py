"""`keras-perceiver check`: an export, as a stock server runs it."""

import pathlib


def add(commands):
    """Adds the parser of the command to those of the others."""
    check = commands.add_parser(
        "check", help="check an exported SavedModel as a stock server runs it"
    )
    check.add_argument("saved_model", type=pathlib.Path)
    check.set_defaults(run=_run)


def _run(options):
    from keras_perceiver.serving.alone import run_alone

    finished = run_alone("keras_perceiver.serving.check", options.saved_model)
    return finished.returncode
