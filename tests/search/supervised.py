"""Supervises a search without Keras, for tests that end the supervisor.

    python supervised.py FOLDER WORKERS COMMAND ...

The supervisor has no use for Keras, which would take seconds to load.
"""

import pathlib
import signal
import sys
import types

ROOT = pathlib.Path(__file__).parents[2]


def main(folder, workers, *command):
    sys.modules.update({"keras": None, "tensorflow": None})
    for name in ("keras_perceiver", "keras_perceiver.search"):
        package = types.ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
    from keras_perceiver.search.supervisor import supervise

    # It is ignored in what a shell starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    supervise(command, folder=folder, workers=int(workers))


if __name__ == "__main__":
    main(*sys.argv[1:])
