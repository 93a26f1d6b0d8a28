"""The configurations of the text classifier."""

import dataclasses

from recipes.language_sizes import BASE_BYTES
from recipes.language_sizes import TINY_BYTES
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSettings:
    """Which texts, and what is asked of them."""

    source: str = setting(
        "docs",
        help=(
            "docs (tasks made of CPython's documentation), a folder in GLUE's "
            "layout, tfds:glue, tfds:glue/TASK, or one's own .csv or .tsv"
        ),
    )
    tasks: tuple[str, ...] | None = setting(
        None, help="tasks of these texts to train, with commas; none: all"
    )
    text_column: str = setting("text", help="of one's own table: the text")
    second_text_column: str | None = setting(
        None, help="of one's own table: what the text is compared with"
    )
    label_column: str = setting("label", help="of one's own table: the class")
    split_column: str | None = setting(
        None,
        help="of one's own table: train, or held out (dev); none: a tenth of "
        "the texts is held out",
    )
    vocabulary: str | None = setting(
        None,
        help="of a model of pieces: a SentencePiece model file, or the folder "
        "of weights that came with one",
    )
    masking_probability: float = setting(
        0.0,
        help="of each word being masked in training, so as not to be "
        "learned by heart",
    )
    size_exponent: float = setting(
        1.0,
        help="a task's share of examples goes by this power of its size, 0 "
        "(equal shares) to 1",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class StartSettings:
    """What a model without pretraining starts from."""

    local: bool = setting(
        False, help="let every attention begin next door; see local_start.py"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: TaskSettings
    start: StartSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings("language_bytes_glue", {**TINY_BYTES, "dropout": 0.1}),
    # A few thousand texts are soon learned by heart.
    data=TaskSettings(masking_probability=0.15),
    start=StartSettings(local=True),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=2_000, batch_size=32, evaluate_every=250, jit_compile=True
    ),
)

BASE = Configuration(
    model=ModelSettings("language_bytes_glue", BASE_BYTES),
    data=TaskSettings(source="tfds:glue"),
    start=StartSettings(),
    optimizer=OptimizerSettings(learning_rate=1e-4, warmup_steps=200),
    training=TrainingSettings(
        steps=100_000,
        batch_size=64,
        evaluate_every=5_000,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Section F.4 and table 13: ten epochs in batches of 16, 32 or 64 at rates from
# 1e-5 to 1e-4, whichever is best for a task. Of the 949,000 examples of all
# tasks, ten epochs in batches of 64 are about as many steps.
PAPER = Configuration(
    model=ModelSettings("language_bytes_glue"),
    data=TaskSettings(source="tfds:glue"),
    start=StartSettings(),
    optimizer=OptimizerSettings(learning_rate=5e-5, warmup_steps=200),
    training=TrainingSettings(
        steps=148_500,
        batch_size=64,
        evaluate_every=4_950,
        precision="mixed_bfloat16",
        strategy="mirrored",
        jit_compile=True,
    ),
)

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER}
