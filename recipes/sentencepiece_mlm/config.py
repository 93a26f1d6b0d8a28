"""The configurations of the SentencePiece language model."""

import dataclasses

from recipes import language_sizes
from recipes.language_settings import StartSettings
from recipes.language_settings import TextSettings
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class PieceTextSettings(TextSettings):
    """Which text, in which pieces."""

    vocabulary: str | None = setting(
        None,
        help=(
            "a SentencePiece model file, or the folder of a model that came "
            "with one; none: trained on the text, with as many pieces as the "
            "model takes"
        ),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PieceStartSettings(StartSettings):
    """Help for a small model of pieces."""

    piece_probability: float = setting(
        0.0,
        help="of each piece being masked by itself as well, in those steps",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: PieceTextSettings
    start: PieceStartSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings(
        "language_sentencepiece",
        {
            "vocabulary_size": 2_048,
            "max_length": 48,
            **language_sizes.TINY,
        },
    ),
    # More to learn from in each example; a small model gains by it.
    data=PieceTextSettings(masking_probability=0.3),
    start=PieceStartSettings(
        local=True, share=0.2, piece_probability=0.1, visible_weight=0.1
    ),
    optimizer=OptimizerSettings(learning_rate=3e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=5_600, batch_size=16, evaluate_every=700, jit_compile=True
    ),
)

BASE = Configuration(
    model=ModelSettings(
        "language_sentencepiece",
        {
            "max_length": 256,
            **language_sizes.BASE,
        },
    ),
    data=PieceTextSettings(source="tfds:wikipedia/20230601.en"),
    start=PieceStartSettings(),
    optimizer=OptimizerSettings(learning_rate=1.25e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=100_000,
        batch_size=64,
        evaluate_every=1_000,
        evaluation_examples=1_024,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Section F.3 and table 12, in pieces: 512 of them. The paper's vocabulary is
# not published; what is not stated there is as in the byte model.
PAPER = Configuration(
    model=ModelSettings("language_sentencepiece"),
    data=PieceTextSettings(
        source="tfds:c4/en@0.7,tfds:wikipedia/20230601.en@0.3"
    ),
    start=PieceStartSettings(),
    optimizer=OptimizerSettings(learning_rate=1.25e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=500_000,
        batch_size=2_048,
        evaluate_every=5_000,
        evaluation_examples=2_048,
        precision="mixed_bfloat16",
        strategy="mirrored",
        jit_compile=True,
    ),
)

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER}
