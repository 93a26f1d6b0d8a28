"""The configurations of the image classifiers."""

import dataclasses

from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting

IMAGES_OF_IMAGENET = 1_281_167


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """Which images, and how training looks at them; appendix A.1."""

    source: str = setting(
        "tfds:imagenet2012",
        help=(
            "digits (scikit-learn's handwritten ones), a folder of class "
            "folders, TFRecords (a folder or a glob in quotes) or tfds:NAME"
        ),
    )
    label_skew: float = setting(
        1.0,
        help=(
            "how many times as often the first class is kept for training as "
            "the last, all between in steps of equal ratio"
        ),
    )
    unreadable_share: float = setting(
        0.01, help="of unreadable images, above which training stops"
    )
    smallest_area: float = setting(
        0.08, help="of a training crop, as a share of the image"
    )
    largest_aspect: float = setting(
        4 / 3, help="of a training crop, its longer over its shorter side"
    )
    flip: bool = setting(True, help="mirror every other image in training")
    rand_augment_layers: int = setting(
        4, help="operations of RandAugment, one after the other; 0: none"
    )
    rand_augment_magnitude: float = setting(5.0, help="of these, 0 to 10")
    mixup_alpha: float | None = setting(
        0.2,
        help=(
            "of the Beta distribution that images are mixed by in pairs, "
            "every other pair by CutMix instead; none: not mixed"
        ),
    )
    label_smoothing: float = setting(
        0.1, help="share of a label that all classes have alike"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: ImageSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


def _lamb(learning_rate, **others):
    """Appendix A.1: LAMB without warm-up, which often prevented training."""
    return OptimizerSettings(
        learning_rate=learning_rate,
        weight_decay=0.1,
        gradient_clip=10.0,
        **others,
    )


# Digits must not be mirrored, and are too small for RandAugment's pixels.
TINY = Configuration(
    model=ModelSettings(
        "imagenet_fourier",
        {
            "image_shape": (8, 8, 3),
            "max_resolution": (8, 8),
            "num_bands": 8,
            "num_classes": 10,
            "num_latents": 32,
            "latent_dim": 64,
            "num_blocks": 1,
            "num_self_attends_per_block": 3,
            "num_self_attention_heads": 4,
            "query_dim": 64,
            "decoder_qk_channels": 64,
            "decoder_v_channels": 64,
        },
    ),
    data=ImageSettings(
        source="digits",
        smallest_area=0.5,
        largest_aspect=1.25,
        flip=False,
        rand_augment_layers=0,
        mixup_alpha=None,
    ),
    optimizer=_lamb(3e-3, flat_steps=1_000),
    training=TrainingSettings(
        steps=2_000, batch_size=64, evaluate_every=200, jit_compile=True
    ),
)

# A sixteenth of the published operations, meant for one GPU.
BASE = Configuration(
    model=ModelSettings(
        "imagenet_conv",
        {
            "num_latents": 256,
            "latent_dim": 512,
            "num_blocks": 4,
            "query_dim": 512,
            "decoder_qk_channels": 512,
            "decoder_v_channels": 512,
        },
    ),
    data=ImageSettings(),
    optimizer=_lamb(2e-3, flat_steps=37_500),
    training=TrainingSettings(
        steps=75_000,
        batch_size=1_024,
        evaluate_every=1_250,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Appendix A.1 and the published training code: 110 epochs in batches of
# 1,024, the rate 5e-4 for every 256 of a batch, flat for the first half.
_PAPER_STEPS = IMAGES_OF_IMAGENET * 110 // 1_024
_ON_TPUS = TrainingSettings(
    steps=_PAPER_STEPS,
    batch_size=1_024,
    evaluate_every=1_835,
    precision="mixed_bfloat16",
    strategy="tpu",
    jit_compile=True,
)
PAPER = Configuration(
    model=ModelSettings("imagenet_fourier"),
    data=ImageSettings(),
    optimizer=_lamb(5e-4 * 1_024 / 256, flat_steps=_PAPER_STEPS // 2),
    training=_ON_TPUS,
)

# Perceiver (arXiv 2103.03206), section 4.1: 120 epochs, the rate a tenth
# behind epochs 84, 102 and 114. Batch and weight decay are not stated there:
# those of Perceiver IO. Nor are MixUp, CutMix and label smoothing: none.
_ORIGINAL_STEPS = IMAGES_OF_IMAGENET * 120 // 1_024
ORIGINAL = Configuration(
    model=ModelSettings("imagenet_perceiver"),
    data=ImageSettings(mixup_alpha=None, label_smoothing=0.0),
    optimizer=_lamb(
        4e-3,
        drop_steps=tuple(
            IMAGES_OF_IMAGENET * epoch // 1_024 for epoch in (84, 102, 114)
        ),
    ),
    training=dataclasses.replace(
        _ON_TPUS,
        steps=_ORIGINAL_STEPS - _ORIGINAL_STEPS % 1_000,
        evaluate_every=1_000,
    ),
)

# Appendix A.2, with what can be had in place of JFT: 14 epochs of 300 million
# images and 18,000 classes in batches of 8,192, crops and flips alone. One
# label an image; JFT has several.
_PRETRAINING_STEPS = 300_000_000 * 14 // 8_192
PRETRAINING = Configuration(
    model=ModelSettings("imagenet_fourier_jft", {"num_classes": 18_000}),
    data=ImageSettings(
        source="", rand_augment_layers=0, mixup_alpha=None, label_smoothing=0.0
    ),
    optimizer=_lamb(3e-4),
    training=dataclasses.replace(
        _ON_TPUS,
        steps=_PRETRAINING_STEPS - _PRETRAINING_STEPS % 2_500,
        batch_size=8_192,
        evaluate_every=2_500,
    ),
)

# Appendix A.2: 131,000 steps, of which 70,000 flat; with `--from`.
FINE_TUNING = Configuration(
    model=ModelSettings("imagenet_fourier_jft"),
    data=ImageSettings(),
    optimizer=_lamb(2e-3, flat_steps=70_000),
    training=dataclasses.replace(_ON_TPUS, steps=131_000, evaluate_every=1_000),
)

CONFIGURATIONS = {
    "tiny": TINY,
    "base": BASE,
    "paper": PAPER,
    "original": ORIGINAL,
    "pretraining": PRETRAINING,
    "fine_tuning": FINE_TUNING,
}
