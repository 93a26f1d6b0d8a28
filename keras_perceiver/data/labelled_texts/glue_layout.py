"""The eight tasks of GLUE, and how its own files tell them."""

import dataclasses

from keras_perceiver.data.labelled_texts.base import TextTask
from keras_perceiver.data.labelled_texts.rows import ClassNumbers
from keras_perceiver.data.labelled_texts.rows import Scores

# Of STS-B.
SCORE_RANGE = (0.0, 5.0)
_DIGITS = ("0", "1")
_ENTAILMENT = ("entailment", "not_entailment")
_THREE_WAYS = ("entailment", "neutral", "contradiction")


@dataclasses.dataclass(frozen=True)
class GlueTask:
    """A task, its files and its features in TensorFlow Datasets.

    Attributes:
        name: as TensorFlow Datasets has it.
        class_names: the same; empty for a regression.
        folder: of its files.
        texts: the names of one or two columns.
        label: the name of a column.
        values: what stands in that column for each class.
        features: the texts in TensorFlow Datasets.
        columns: the names of all columns, where the files do not tell them.
        heldout: the names of held-out splits, and behind what each has as
            its file.
    """

    name: str
    class_names: tuple[str, ...]
    folder: str
    texts: tuple[str, ...]
    label: str
    values: tuple[str, ...]
    features: tuple[str, ...]
    columns: tuple[str, ...] | None = None
    heldout: tuple[tuple[str, str], ...] = (("dev", "dev.tsv"),)

    @property
    def task(self):
        """The same as any other source tells it."""
        return TextTask(self.name, self.class_names, len(self.texts) == 2)

    def target_of(self):
        """Returns what turns a label in a file into a number."""
        if self.class_names:
            return ClassNumbers(self.values)
        return Scores(*SCORE_RANGE)


_SENTENCES = ("sentence1", "sentence2")

# WNLI is left out, as the paper does (section 4.1).
GLUE = {
    task.name: task
    for task in (
        GlueTask(
            "cola",
            ("unacceptable", "acceptable"),
            "CoLA",
            ("sentence",),
            "label",
            _DIGITS,
            ("sentence",),
            columns=("source", "label", "mark", "sentence"),
        ),
        GlueTask(
            "mnli",
            _THREE_WAYS,
            "MNLI",
            _SENTENCES,
            "gold_label",
            _THREE_WAYS,
            ("premise", "hypothesis"),
            heldout=(
                ("matched", "dev_matched.tsv"),
                ("mismatched", "dev_mismatched.tsv"),
            ),
        ),
        GlueTask(
            "mrpc",
            ("not_equivalent", "equivalent"),
            "MRPC",
            ("#1 String", "#2 String"),
            "Quality",
            _DIGITS,
            _SENTENCES,
        ),
        GlueTask(
            "qnli",
            _ENTAILMENT,
            "QNLI",
            ("question", "sentence"),
            "label",
            _ENTAILMENT,
            ("question", "sentence"),
        ),
        GlueTask(
            "qqp",
            ("not_duplicate", "duplicate"),
            "QQP",
            ("question1", "question2"),
            "is_duplicate",
            _DIGITS,
            ("question1", "question2"),
        ),
        GlueTask(
            "rte",
            _ENTAILMENT,
            "RTE",
            _SENTENCES,
            "label",
            _ENTAILMENT,
            _SENTENCES,
        ),
        GlueTask(
            "sst2",
            ("negative", "positive"),
            "SST-2",
            ("sentence",),
            "label",
            _DIGITS,
            ("sentence",),
        ),
        GlueTask(
            "stsb",
            (),
            "STS-B",
            _SENTENCES,
            "score",
            (),
            _SENTENCES,
        ),
    )
}
