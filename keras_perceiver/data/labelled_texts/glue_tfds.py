"""GLUE from TensorFlow Datasets."""

from keras_perceiver import errors
from keras_perceiver.data.labelled_texts.base import LabelledTexts
from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.base import TaskParts
from keras_perceiver.data.labelled_texts.base import choose
from keras_perceiver.data.labelled_texts.glue_layout import GLUE
from keras_perceiver.data.labelled_texts.glue_layout import SCORE_RANGE
from keras_perceiver.data.labelled_texts.rows import ClassNumbers
from keras_perceiver.data.labelled_texts.rows import Scores
from keras_perceiver.data.labelled_texts.rows import collect
from keras_perceiver.data.tfds_builder import find_builder

_READ_AT_ONCE = 1_000
_SPLITS = {
    "dev": "validation",
    "matched": "validation_matched",
    "mismatched": "validation_mismatched",
}


class GlueFromTfds(LabelledTexts):
    """Tasks of GLUE as TensorFlow Datasets has them.

    Args:
        name: `glue` for all eight tasks, or `glue/TASK`; a version may stand
            behind it.
        names: the tasks that are wanted; None for all of these.

    Raises:
        ImportError: if TensorFlow Datasets is not installed.
        ValueError: if there is no such task or version.
    """

    def __init__(self, name, names=None):
        name, colon, version = name.partition(":")
        version = colon + version
        data_set, _, config = name.partition("/")
        if data_set != "glue":
            raise ValueError(
                f"Labelled texts of TensorFlow Datasets are tfds:glue or "
                f"tfds:glue/TASK. Received: tfds:{name}"
            )
        if config and config not in GLUE:
            raise errors.unknown("GLUE task", config, GLUE)
        self._tfds = errors.import_extra("tensorflow_datasets", "data")
        found = (
            [GLUE[config].task]
            if config
            else [glue.task for glue in GLUE.values()]
        )
        source = f"tfds:{name}{version}"
        super().__init__(source, choose(names, found, source))
        self._builders = {
            task.name: find_builder(f"glue/{task.name}{version}")
            for task in self.tasks
        }

    def prepare(self):
        """Downloads and prepares the tasks, with TFDS's own progress."""
        for builder in self._builders.values():
            builder.download_and_prepare()

    def check(self):
        for name, builder in self._builders.items():
            if not builder.is_prepared():
                raise ValueError(
                    f"tfds:glue/{name} is not on this machine. Download it "
                    "first: python -m recipes NAME prepare --data "
                    f"{self.description}"
                )
        super().check()

    def read(self, task):
        left_out = LeftOut()

        def part(split):
            rows = self._rows(GLUE[task.name], split)
            target_of = Scores(*SCORE_RANGE)
            if task.class_names:
                target_of = ClassNumbers(map(str, range(len(task.class_names))))
            return collect(task, rows, target_of, split, left_out)

        heldout = {
            split: part(_SPLITS[split]) for split, _ in GLUE[task.name].heldout
        }
        return TaskParts(part("train"), heldout, left_out)

    def _rows(self, glue, split):
        """Yields rows as `collect` takes them, labels as digits."""
        dataset = self._builders[glue.name].as_dataset(
            split=split,
            shuffle_files=False,
            # It warns whenever a reader stops early.
            read_config=self._tfds.ReadConfig(try_autocache=False),
        )
        number = 0
        for batch in dataset.batch(_READ_AT_ONCE).as_numpy_iterator():
            columns = [batch[name] for name in (*glue.features, "label")]
            for *texts, label in zip(*columns, strict=True):
                number += 1
                yield number, [*texts, str(label).encode()]
