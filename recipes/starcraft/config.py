"""The configurations of the entity encoder."""

import dataclasses

from recipes.settings import GENERATED
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReplaySettings:
    """Which games; how many units of a moment is the model's."""

    source: str = setting(
        "",
        help=(
            "generated (skirmishes made by this recipe), or a folder of "
            ".SC2Replay files"
        ),
    )
    records: str | None = setting(
        None,
        help="folder that `prepare` writes; none: one in runs/records",
    )
    max_memory_bytes: int = setting(
        2**30, help="of the process that reads a replay; more is skipped"
    )
    max_seconds: float = setting(
        60.0, help="that a replay is read; what takes longer is skipped"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: ReplaySettings
    optimizer: OptimizerSettings
    training: TrainingSettings


# 256 units in place of 512, and 44 signs for the type in place of 204.
TINY = Configuration(
    model=ModelSettings(
        "starcraft_entities",
        {
            "num_entities": 256,
            "entity_dim": 96,
            "query_dim": 96,
            "embedding_dim": 64,
            "latent_dim": 192,
            "qk_channels": 96,
            "v_channels": 96,
            "decoder_qk_channels": 96,
            "decoder_v_channels": 96,
        },
    ),
    data=ReplaySettings(source=GENERATED),
    optimizer=OptimizerSettings(learning_rate=5e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=2_000, batch_size=16, evaluate_every=250, jit_compile=True
    ),
)

BASE = Configuration(
    model=ModelSettings("starcraft_entities"),
    data=ReplaySettings(source="replays"),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=100_000,
        batch_size=256,
        evaluate_every=2_000,
        evaluation_examples=16_384,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# The paper publishes the encoder's numbers alone: the agent around it, its
# human games and its optimiser are AlphaStar's, and not restated. These are
# the ones of the paper's other systems.
PAPER = Configuration(
    model=ModelSettings("starcraft_entities"),
    data=ReplaySettings(source="replays"),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=500_000,
        batch_size=512,
        evaluate_every=5_000,
        evaluation_examples=16_384,
        precision="mixed_bfloat16",
        strategy="tpu",
        jit_compile=True,
    ),
)

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER}
