"""The configurations of the classifier of point clouds."""

import dataclasses

from recipes.settings import GENERATED
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting

_SOURCE = "ModelNet40"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShapeSettings:
    """Which shapes, and how training looks at them; Perceiver, section 4.3."""

    source: str = setting(
        _SOURCE,
        help=(
            "generated (shapes made by this recipe), or a folder of meshes or "
            "tables of points in class folders, such as ModelNet40"
        ),
    )
    records: str | None = setting(
        None,
        help="folder that `prepare` writes; none: one in runs/records",
    )
    points_kept: int = setting(
        4_096,
        help=(
            "points of a shape in the records, of which training draws as "
            "many as the model takes, others each time; as many as the model "
            "takes are always the same"
        ),
    )
    scale_jitter: float = setting(
        0.01, help="how far from 1 each point's own factor is in training"
    )
    max_bytes: int = setting(2**28, help="of a file; larger ones are skipped")
    max_rows: int = setting(
        10_000_000,
        help="vertices, faces or points of a file; what has more is skipped",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: ShapeSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


# An eighth of the points, and waves that as few can tell apart.
TINY = Configuration(
    model=ModelSettings(
        "modelnet40_perceiver",
        {
            "num_points": 256,
            "num_bands": 8,
            "max_resolution": (16, 16, 16),
            "num_classes": 12,
            "num_latents": 32,
            "latent_dim": 96,
            "num_self_attends_per_block": 2,
            "num_self_attention_heads": 4,
        },
    ),
    data=ShapeSettings(source=GENERATED, points_kept=2_048),
    optimizer=OptimizerSettings(learning_rate=1e-2, flat_steps=600),
    training=TrainingSettings(
        steps=2_500, batch_size=32, evaluate_every=250, jit_compile=True
    ),
)

# A sixth of the published operations, meant for one GPU.
BASE = Configuration(
    model=ModelSettings(
        "modelnet40_perceiver", {"num_latents": 256, "latent_dim": 512}
    ),
    data=ShapeSettings(),
    optimizer=OptimizerSettings(learning_rate=1e-3, flat_steps=15_000),
    training=TrainingSettings(
        steps=30_000,
        batch_size=128,
        evaluate_every=500,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Section 4.3: LAMB at a constant rate, batches of 512, saturated within 50,000
# steps. Weight decay, hardware and whether other points are drawn each time
# are not stated: the library's default, TPUs as for its other systems, and
# one cloud of each mesh.
_PAPER_STEPS = 50_000
PAPER = Configuration(
    model=ModelSettings("modelnet40_perceiver"),
    data=ShapeSettings(points_kept=2_048),
    optimizer=OptimizerSettings(
        learning_rate=1e-3, flat_steps=_PAPER_STEPS - 1
    ),
    training=TrainingSettings(
        steps=_PAPER_STEPS,
        batch_size=512,
        evaluate_every=500,
        precision="mixed_bfloat16",
        strategy="tpu",
        jit_compile=True,
    ),
)

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER}
