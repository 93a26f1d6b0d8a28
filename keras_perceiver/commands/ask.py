"""`keras-perceiver ask`: raw requests to an export or a server."""

import pathlib


def add(commands):
    """Adds the parser of the command to those of the others."""
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
    ask.set_defaults(run=_run)


def _run(options):
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
