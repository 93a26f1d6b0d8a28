"""The option `--override`, which several commands take."""


def add_override(command):
    """Adds the option to the parser of a command."""
    command.add_argument(
        "--override",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="other numbers than published, such as image_shape=320,320,3",
    )
