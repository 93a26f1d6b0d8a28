"""The command `keras-perceiver`, also `python -m keras_perceiver`."""

import argparse
import json
import pathlib
import subprocess
import sys


def main(arguments=None):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _presets(options):
    from keras_perceiver import presets

    for name, preset in presets().items():
        print(f"{name:<28} {preset.parameters:>13,} parameters")
        print(f"    {preset.source}")


def _config(options):
    from keras_perceiver.models.presets import find_preset

    preset = find_preset(options.preset)
    settings = {**preset.builder.__kwdefaults__, **preset.settings}
    print(json.dumps(settings, indent=2))


def _check(options):
    # In a process of its own, which may not import Keras.
    check_file = pathlib.Path(__file__).parent / "serving" / "check.py"
    finished = subprocess.run(
        [sys.executable, str(check_file), str(options.saved_model)],
        check=False,
    )
    return finished.returncode


def _ask(options):
    from keras_perceiver.serving import ask

    print(ask.ask(options.saved_model, options.request))


def _parser():
    parser = argparse.ArgumentParser(
        prog="keras-perceiver", description="Perceiver IO for Keras 3."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    presets = commands.add_parser("presets", help="list the published models")
    presets.set_defaults(run=_presets)

    config = commands.add_parser(
        "config", help="print every number of a published model as JSON"
    )
    config.add_argument("preset")
    config.set_defaults(run=_config)

    check = commands.add_parser(
        "check", help="check an exported SavedModel in a process without Keras"
    )
    check.add_argument("saved_model", type=pathlib.Path)
    check.set_defaults(run=_check)

    ask = commands.add_parser(
        "ask", help="send raw requests to an exported SavedModel on this disk"
    )
    ask.add_argument("saved_model", type=pathlib.Path)
    ask.add_argument("request", nargs="+", help="such as 'the [MASK:4] of it'")
    ask.set_defaults(run=_ask)
    return parser


if __name__ == "__main__":
    sys.exit(main())
