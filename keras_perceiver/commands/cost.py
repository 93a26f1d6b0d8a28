"""`keras-perceiver cost`: what a model takes, without building it."""

from keras_perceiver.commands.override_option import add_override


def add(commands):
    """Adds the parser of the command to those of the others."""
    cost = commands.add_parser(
        "cost", help="parameters, FLOPs and memory, from arithmetic alone"
    )
    cost.add_argument("preset", nargs="?", help="all of them without it")
    add_override(cost)
    cost.add_argument("--batch", type=int, default=1, help="examples")
    cost.add_argument(
        "--markdown", action="store_true", help="the table for a document"
    )
    cost.set_defaults(run=_run)


def _run(options):
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
