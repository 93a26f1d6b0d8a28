"""`keras-perceiver search-workers`: a search in several processes."""

import pathlib


def add(commands):
    """Adds the parser of the command to those of the others."""
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
    workers.set_defaults(run=_run)


def _run(options):
    from keras_perceiver.search.workers_command import search_workers

    search_workers(
        options.script,
        options.folder,
        workers=options.workers,
        chief=options.chief,
    )
