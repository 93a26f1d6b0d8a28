"""The configurations of the byte language model."""

import dataclasses

from recipes.language_settings import StartSettings
from recipes.language_settings import TextSettings
from recipes.language_sizes import BASE_BYTES
from recipes.language_sizes import TINY_BYTES
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class ByteStartSettings(StartSettings):
    """Help for a small model of bytes."""

    byte_probability: float = setting(
        0.0,
        help="of each byte being masked by itself as well, in those steps",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: TextSettings
    start: ByteStartSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings("language_bytes", TINY_BYTES),
    # More to learn from in each example; a small model gains by it.
    data=TextSettings(masking_probability=0.3),
    start=ByteStartSettings(
        local=True, share=0.2, byte_probability=0.1, visible_weight=0.1
    ),
    optimizer=OptimizerSettings(learning_rate=3e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=5_600, batch_size=16, evaluate_every=700, jit_compile=True
    ),
)

BASE = Configuration(
    model=ModelSettings("language_bytes", BASE_BYTES),
    data=TextSettings(source="tfds:wikipedia/20230601.en"),
    start=ByteStartSettings(),
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

# Section F.3 and table 12. Dropout, clipping and what replaces a masked
# token are not stated there: none, none, and always the mask token here.
PAPER = Configuration(
    model=ModelSettings("language_bytes"),
    data=TextSettings(source="tfds:c4/en@0.7,tfds:wikipedia/20230601.en@0.3"),
    start=ByteStartSettings(),
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
