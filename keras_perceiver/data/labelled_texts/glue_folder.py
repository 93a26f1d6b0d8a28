"""GLUE's own files, in its own layout of folders."""

from keras_perceiver.data.labelled_texts.base import LabelledTexts
from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.base import TaskParts
from keras_perceiver.data.labelled_texts.base import choose
from keras_perceiver.data.labelled_texts.glue_layout import GLUE
from keras_perceiver.data.labelled_texts.rows import collect
from keras_perceiver.data.labelled_texts.tables import Table

TRAINING_FILE = "train.tsv"


class GlueFolder(LabelledTexts):
    """The tasks of GLUE whose folders lie in a folder.

    Held out is what GLUE calls dev: its test parts have no labels.

    Args:
        source: the folder as the user named it.
        path: the same as a `pathlib.Path`.
        names: the tasks that are wanted; None for all there are.

    Raises:
        ValueError: if one that is wanted, or a file of it, is not there.
    """

    def __init__(self, source, path, names=None):
        tasks = choose(names, tasks_in(path), source)
        self._path = path
        for task in tasks:
            self._check_files(GLUE[task.name])
        super().__init__(f"{source} (GLUE's files)", tasks)

    def read(self, task):
        glue = GLUE[task.name]
        left_out = LeftOut()

        def part(name):
            table = Table(self._path / glue.folder / name, glue.columns)
            rows = table.rows((*glue.texts, glue.label), left_out)
            return collect(task, rows, glue.target_of(), name, left_out)

        training = part(TRAINING_FILE)
        heldout = {split: part(name) for split, name in glue.heldout}
        return TaskParts(training, heldout, left_out)

    def _check_files(self, glue):
        for name in (TRAINING_FILE, *(name for _, name in glue.heldout)):
            path = self._path / glue.folder / name
            if not path.is_file():
                raise ValueError(
                    f"{path} is missing, a part of the task {glue.name}. Put "
                    "it there, or choose other tasks."
                )


def tasks_in(path):
    """Returns the `TextTask`s of GLUE that have a folder in `path`."""
    return [
        glue.task for glue in GLUE.values() if (path / glue.folder).is_dir()
    ]
