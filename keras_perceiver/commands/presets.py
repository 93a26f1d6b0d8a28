"""`keras-perceiver presets`: the published models by name."""

import json
import textwrap


def add(commands):
    """Adds the parser of the command to those of the others."""
    presets = commands.add_parser(
        "presets",
        help="list the published models, or every number of one as JSON",
    )
    presets.add_argument("preset", nargs="?", help="all of them without it")
    presets.set_defaults(run=_run)


def _run(options):
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
