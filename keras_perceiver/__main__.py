"""The command `keras-perceiver`, also `python -m keras_perceiver`."""

import argparse
import json
import os
import pathlib
import sys
import textwrap


def main(arguments=None):
    """Runs one command; returns the exit code.

    0: done. 1: something is wrong with the request, said on standard error.
    2: the command line itself cannot be read. 75: stopped, and the same
    command goes on. 130: interrupted.
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
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _presets(options):
    from keras_perceiver import presets
    from keras_perceiver.models.presets import find_preset

    if options.preset is not None:
        preset = find_preset(options.preset)
        print(json.dumps(preset.arguments, indent=2))
        return
    for name, preset in presets().items():
        print(f"{name:<28} {preset.parameters:>13,} parameters")
        lines = textwrap.wrap(preset.source, 75, break_on_hyphens=False)
        print(textwrap.indent("\n".join(lines), "    "))


def _config(options):
    from keras_perceiver.serving.server import served_models
    from keras_perceiver.serving.server import server_config

    written = server_config.write_server_config(
        options.folder,
        stable=served_models.read_versions(options.stable),
        canary=served_models.read_versions(options.canary),
        models_path=options.models_path,
        gpu=options.gpu,
        overwrite=options.overwrite,
    )
    print("\n".join(written.report()))


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
    from keras_perceiver.serving.alone import run_alone

    finished = run_alone("keras_perceiver.serving.check", options.saved_model)
    return finished.returncode


def _ask(options):
    from keras_perceiver.serving import ask

    answers = ask.ask(
        options.target,
        options.request,
        task=options.task,
        to=options.to,
        pairs=options.pairs,
        timeout=options.timeout,
        ca_file=options.ca_file,
    )
    print(answers)


def _search_workers(options):
    from keras_perceiver.search.workers_command import search_workers

    search_workers(
        options.script,
        options.folder,
        workers=options.workers,
        chief=options.chief,
    )


def _parser():
    parser = argparse.ArgumentParser(
        prog="keras-perceiver", description="Perceiver IO for Keras 3."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    presets = commands.add_parser(
        "presets",
        help="list the published models, or every number of one as JSON",
    )
    presets.add_argument("preset", nargs="?", help="all of them without it")
    presets.set_defaults(run=_presets)

    _add_cost(commands)

    _add_convert(commands)

    check = commands.add_parser(
        "check", help="check an exported SavedModel as a stock server runs it"
    )
    check.add_argument("saved_model", type=pathlib.Path)
    check.set_defaults(run=_check)

    _add_ask(commands)

    _add_config(commands)

    _add_search_workers(commands)
    return parser


def _add_ask(commands):
    ask = commands.add_parser(
        "ask", help="send raw requests to an export on this disk or a server"
    )
    ask.add_argument(
        "target",
        help="a SavedModel, http://HOST:8501/v1/models/NAME or "
        "grpc://HOST:8500/NAME, with /versions/N or /labels/L if need be",
    )
    ask.add_argument(
        "request",
        nargs="+",
        help="such as 'the [MASK:4] of it', cat.jpg, or one.png two.png "
        "where a model takes two; numbers come as .npy or .npz",
    )
    ask.add_argument(
        "--task",
        metavar="NAME",
        help="such as sst2, of a model that has several",
    )
    ask.add_argument(
        "--to",
        type=pathlib.Path,
        metavar="FOLDER",
        help="where answers go that are files, such as flow",
    )
    ask.add_argument(
        "--pairs", action="store_true", help="texts come two by two"
    )
    ask.add_argument(
        "--timeout",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="that a server has for a request; default: 30",
    )
    ask.add_argument(
        "--ca-file",
        metavar="PEM",
        help="certificates to trust instead of the system's",
    )
    ask.set_defaults(run=_ask)


def _add_search_workers(commands):
    workers = commands.add_parser(
        "search-workers",
        help="run a script that searches latent sizes in several processes, "
        "which may die",
    )
    workers.add_argument(
        "script",
        nargs="+",
        help="after --, such as: -- python my_search.py",
    )
    workers.add_argument(
        "--folder",
        type=pathlib.Path,
        required=True,
        help="the one that the script gives search()",
    )
    workers.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="trials at a time on this machine, one device each (default: 1)",
    )
    workers.add_argument(
        "--chief",
        metavar="HOST:PORT",
        help="where workers of several machines meet, the same for each; "
        "anyone who reaches the port can speak for a worker",
    )
    workers.set_defaults(run=_search_workers)


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


def _add_config(commands):
    config = commands.add_parser(
        "config", help="write what a server of exported models starts with"
    )
    config.add_argument(
        "folder",
        type=pathlib.Path,
        help="holds NAME/VERSION, such as saved_models; the files go there",
    )
    for label, meaning in (
        ("stable", "serve this version under a label, and not the newest"),
        ("canary", "serve a second one beside it"),
    ):
        config.add_argument(
            f"--{label}",
            action="extend",
            nargs="+",
            default=[],
            metavar="NAME=VERSION",
            help=meaning,
        )
    config.add_argument(
        "--models-path",
        default="/models",
        metavar="PATH",
        help="where the server sees the folder (default: /models)",
    )
    config.add_argument("--gpu", action="store_true", help="for one GPU")
    config.add_argument(
        "--overwrite",
        action="store_true",
        help="also replace files that were changed by hand",
    )
    config.set_defaults(run=_config)


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
