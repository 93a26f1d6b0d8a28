"""The configurations of optical flow."""

import dataclasses

from keras_perceiver.data.flow_pairs.layouts import RENDERINGS
from keras_perceiver.data.flow_pairs.scenes import Scenes
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting

PAIRS_OF_AUTOFLOW = 400_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairSettings:
    """Which pairs of frames."""

    source: str = setting(
        "photographs",
        help=(
            "photographs (scenes of those that come with scikit-learn and "
            "scikit-image), a folder of photographs to make scenes of, or the "
            "folder of FlyingChairs, MPI Sintel, KITTI 2015 or AutoFlow"
        ),
    )
    heldout_source: str | None = setting(
        None,
        help=(
            "the folder of such a data set, all of which is held out; none: a "
            "part of the source"
        ),
    )
    rendering: str = setting(
        "clean", help="which of Sintel's renderings", choices=RENDERINGS
    )
    heldout_scenes: int = setting(
        512, help="generated pairs that are held out, of other photographs"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """What generated scenes look like."""

    polygons: int = setting(Scenes.polygons, help="in front of the background")
    motion: float = setting(
        Scenes.motion, help="longest translation of a layer, in pixels"
    )
    deformation: float = setting(
        Scenes.deformation,
        help="how much a layer is turned, scaled and sheared at most",
    )
    warp: float = setting(
        Scenes.warp, help="highest amplitude of a smooth warp, in pixels"
    )
    blur_share: float = setting(
        Scenes.blur_share, help="of scenes that are blurred by their motion"
    )
    blur: float = setting(
        Scenes.blur,
        help="longest exposure, as a share of the time between two frames",
    )
    light: float = setting(
        Scenes.light, help="how much the light of a frame changes at most"
    )
    reduction: float = setting(
        Scenes.reduction,
        help="pixels of a photograph along a side of one of a frame, at most",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class CurriculumSettings:
    """What changes while training goes on; see curriculum.py."""

    first_pairs: int | None = setting(
        None, help="pairs in the pool of the first phase; none: all"
    )
    first_steps: int = setting(
        0, help="of the first phase: each pair forward and reversed, as it is"
    )
    pairs_per_step: float = setting(
        0.0, help="that join the pool with each later step"
    )
    augmentation: float = setting(
        1.0, help="its strength in the end, from 0 to 1, which is RAFT's"
    )
    augmentation_steps: int = setting(
        0, help="behind the first phase until it is that strong"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: PairSettings
    scenes: SceneSettings
    curriculum: CurriculumSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


# Motion of up to some pixels in frames that are as small as the model's
# reach; boxes as RAFT wipes them out would leave nothing of them.
TINY = Configuration(
    model=ModelSettings(
        "optical_flow",
        {
            "image_shape": (16, 16, 3),
            "max_resolution": (16, 16),
            "num_bands": 8,
            "num_latents": 32,
            "latent_dim": 128,
            "num_self_attends_per_block": 4,
            "num_self_attention_heads": 4,
            "decoder_qk_channels": 64,
            "decoder_v_channels": 64,
        },
    ),
    data=PairSettings(),
    scenes=SceneSettings(
        polygons=1,
        motion=2.0,
        deformation=0.05,
        warp=0.25,
        blur_share=0.0,
        light=0.05,
        reduction=6.0,
    ),
    curriculum=CurriculumSettings(
        first_pairs=512,
        first_steps=500,
        pairs_per_step=32.0,
        augmentation=0.0,
    ),
    optimizer=OptimizerSettings(learning_rate=5e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=3_000, batch_size=64, evaluate_every=250, jit_compile=True
    ),
)

# A small share of the published operations, meant for one GPU and the sixteen
# cores that scenes take beside it.
BASE = Configuration(
    model=ModelSettings(
        "optical_flow_conv_small",
        {"image_shape": (192, 256, 3), "max_resolution": (48, 64)},
    ),
    data=PairSettings(),
    scenes=SceneSettings(motion=24.0, warp=6.0),
    curriculum=CurriculumSettings(
        first_pairs=10_000,
        first_steps=15_000,
        pairs_per_step=16.0,
        augmentation_steps=50_000,
    ),
    optimizer=OptimizerSettings(learning_rate=4e-4, warmup_steps=1_000),
    training=TrainingSettings(
        steps=150_000,
        batch_size=32,
        evaluate_every=1_500,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Appendix H: 480 epochs of AutoFlow in batches of 512, LAMB with a cosine
# from 4e-4. Weight decay, clipping and warm-up are not stated: the optimiser's
# own, none and none. Nor is how long the first phase is and how fast
# augmentation grows: a tenth of the steps, and a half.
_PAPER_STEPS = PAIRS_OF_AUTOFLOW * 480 // 512
PAPER = Configuration(
    model=ModelSettings("optical_flow"),
    data=PairSettings(source=""),
    scenes=SceneSettings(),
    curriculum=CurriculumSettings(
        first_steps=_PAPER_STEPS // 10, augmentation_steps=_PAPER_STEPS // 2
    ),
    optimizer=OptimizerSettings(learning_rate=4e-4),
    training=TrainingSettings(
        steps=_PAPER_STEPS,
        batch_size=512,
        evaluate_every=3_750,
        precision="mixed_bfloat16",
        strategy="tpu",
        jit_compile=True,
    ),
)

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER}
