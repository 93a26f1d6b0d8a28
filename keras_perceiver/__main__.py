"""The command `keras-perceiver`, also `python -m keras_perceiver`."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import textwrap


def main(arguments=None):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read.
    """
    options = _parser().parse_args(arguments)
    try:
        code = options.run(options) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever reads has read enough, as `head` does. What is left goes
        # nowhere, or Python would complain about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _presets(options):
    from keras_perceiver import presets

    for name, preset in presets().items():
        print(f"{name:<28} {preset.parameters:>13,} parameters")
        lines = textwrap.wrap(preset.source, 75, break_on_hyphens=False)
        print(textwrap.indent("\n".join(lines), "    "))


def _config(options):
    from keras_perceiver.models.presets import find_preset

    preset = find_preset(options.preset)
    print(json.dumps(preset.arguments, indent=2))


def _cost(options):
    from keras_perceiver.cost import report
    from keras_perceiver.cost.totals import overridable
    from keras_perceiver.overrides import read_overrides

    if options.preset is None:
        if options.override:
            raise ValueError("--override needs the name of a preset before it")
        table = report.markdown if options.markdown else report.overview
        print(table(options.batch))
        return
    if options.markdown:
        raise ValueError("--markdown prints all presets, and takes none")
    overrides = read_overrides(
        options.preset, options.override, overridable(options.preset)
    )
    print(report.details(options.preset, options.batch, **overrides))


def _convert(options):
    from keras_perceiver.convert import command

    command.convert(
        options.source,
        options.folder,
        preset=options.preset,
        overrides=options.override,
        sha256=options.sha256,
        interpolate_positions=options.interpolate_positions,
        max_bytes=options.max_bytes,
    )


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

    _add_cost(commands)

    _add_convert(commands)

    check = commands.add_parser(
        "check", help="check an exported SavedModel in a process without Keras"
    )
    check.add_argument("saved_model", type=pathlib.Path)
    check.set_defaults(run=_check)

    ask = commands.add_parser(
        "ask", help="send raw requests to an exported SavedModel on this disk"
    )
    ask.add_argument("saved_model", type=pathlib.Path)
    ask.add_argument(
        "request", nargs="+", help="such as 'the [MASK:4] of it', or cat.jpg"
    )
    ask.set_defaults(run=_ask)
    return parser


def _add_cost(commands):
    cost = commands.add_parser(
        "cost", help="parameters, FLOPs and memory, from arithmetic alone"
    )
    cost.add_argument("preset", nargs="?", help="all of them without it")
    _add_override(cost)
    cost.add_argument("--batch", type=int, default=1, help="examples")
    cost.add_argument(
        "--markdown", action="store_true", help="the table for a document"
    )
    cost.set_defaults(run=_cost)


def _add_convert(commands):
    convert = commands.add_parser(
        "convert",
        help="turn a checkpoint of DeepMind or Hugging Face into a folder "
        "for load_pretrained",
    )
    convert.add_argument(
        "source", help="a pickle, a folder, hf://OWNER/NAME or https://..."
    )
    convert.add_argument("folder", type=pathlib.Path)
    convert.add_argument("--preset", help="default: the one that was released")
    _add_override(convert)
    convert.add_argument(
        "--sha256",
        action="append",
        default=[],
        metavar="[FILE=]HASH",
        help="what the file has to have; needed for downloads",
    )
    convert.add_argument(
        "--interpolate-positions",
        action="store_true",
        help="fit learned positions to another size",
    )
    convert.add_argument(
        "--max-bytes", type=int, metavar="BYTES", help="largest file to read"
    )
    convert.set_defaults(run=_convert)


def _add_override(command):
    command.add_argument(
        "--override",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="other numbers than published, such as image_shape=320,320,3",
    )


if __name__ == "__main__":
    sys.exit(main())
