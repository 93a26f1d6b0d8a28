"""Folders that look like exports to who writes a server's configuration.

python -m tests.serving.example_exports writes `saved_models/templates` anew.
"""

import pathlib
import shutil
import tempfile

from keras_perceiver.serving.server.server_config import write_server_config

TEMPLATES = pathlib.Path(__file__).parents[2] / "saved_models" / "templates"
# These are copied by hand, and not written for anyone.
BY_HAND = ("batching.config", "ssl.config")


def make_exports(folder, batching=True, **versions):
    """Makes `folder/NAME/VERSION`, such as for `byte_mlm=(1, 2)`."""
    for name, numbers in versions.items():
        for number in numbers:
            version = folder / name / str(number)
            version.mkdir(parents=True)
            (version / "saved_model.pb").touch()
            if batching:
                (version / "batching_params.pbtxt").touch()
    return folder


def write_example(folder):
    """Writes the example of the templates into a folder."""
    make_exports(folder, byte_mlm=(1, 2), imagenet=(1,))
    written = write_server_config(
        folder, stable={"byte_mlm": 1}, canary={"byte_mlm": 2}
    )
    return [pathlib.Path(path) for path in written.states]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for path in write_example(pathlib.Path(folder)):
            shutil.copy(path, TEMPLATES)
