"""`keras-perceiver convert`: a checkpoint into a folder."""

import pathlib

from keras_perceiver.commands.override_option import add_override


def add(commands):
    """Adds the parser of the command to those of the others."""
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
    add_override(convert)
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
    convert.set_defaults(run=_run)


def _run(options):
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
