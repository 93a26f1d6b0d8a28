"""`keras-perceiver completion`: what a shell completes with its Tab key.

The script is made once, by shtab, and the shell reads it alone: Tab starts no
Python.
"""

SHELLS = ("bash", "zsh", "tcsh")


def add(commands):
    """Adds the parser of the command to those of the others."""
    completion = commands.add_parser(
        "completion",
        help="print a script that completes this command in a shell",
        description="For bash: keras-perceiver completion bash > "
        "~/.local/share/bash-completion/completions/keras-perceiver. For "
        "zsh: keras-perceiver completion zsh > FOLDER/_keras-perceiver, in a "
        "folder of $fpath.",
    )
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(run=_run)


def _run(options):
    from keras_perceiver.errors import import_extra

    print(script(options.shell, import_extra("shtab", "completion")))


def script(shell, shtab):
    """Returns the script for a shell.

    Args:
        shell: one of `SHELLS`.
        shtab: the module.
    """
    # Here, since the package has this module in it.
    from keras_perceiver.commands import make_parser

    parser = make_parser()
    _complete_values(parser, shtab)
    return shtab.complete(parser, shell=shell)


def _complete_values(parser, shtab):
    """Adds what argparse itself is not told: files, folders and presets."""
    from keras_perceiver import presets

    for action in parser._actions:
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                _complete_values(command, shtab)
        elif action.dest == "preset":
            action.choices = tuple(presets())
        elif action.dest in ("folder", "saved_model", "to"):
            action.complete = shtab.DIRECTORY
        elif action.dest in ("source", "target", "request", "ca_file"):
            action.complete = shtab.FILE
