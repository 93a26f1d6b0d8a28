"""`keras-perceiver config`: what a server starts with."""

import pathlib


def add(commands):
    """Adds the parser of the command to those of the others."""
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
    config.set_defaults(run=_run)


def _run(options):
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
