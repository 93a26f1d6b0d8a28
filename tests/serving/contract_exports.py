"""The exports that a server under contract has to serve.

python -m tests.serving.contract_exports FOLDER
"""

import pathlib
import sys

from keras_perceiver.serving.export import export
from keras_perceiver.tasks import FillMask
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK


def main(folder):
    text = FillMask(tiny_language(latent_dim=256, v_channels=384), max_masks=4)
    for name, task in (
        ("text", text),
        ("image", EVERY_TASK["ClassifyImage"]()),
    ):
        print(export(task, pathlib.Path(folder, name)))


if __name__ == "__main__":
    main(*sys.argv[1:])
