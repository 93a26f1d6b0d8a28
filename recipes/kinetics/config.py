"""The configurations of the multimodal autoencoder."""

import dataclasses

from recipes.media_settings import MediaSettings
from recipes.settings import GENERATED
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClipSettings(MediaSettings):
    """Which videos, and what of a clip is hidden and what is decoded.

    The sample rate is the model's too.
    """

    video_outputs: int = setting(
        512, help="pixels of each clip that a training step decodes"
    )
    audio_outputs: int = setting(
        512, help="patches of sound that a step decodes, of each clip"
    )
    hide_label: float = setting(
        0.5, help="share of training clips whose label is not given"
    )
    hide_video: float = setting(
        0.0, help="share of training clips whose video is not given"
    )
    hide_audio: float = setting(
        0.0, help="share of training clips whose sound is not given"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossSettings:
    """What the errors of the three outputs weigh; section 4.3.

    Absolute errors of pixels from 0 to 1 and of samples from -1 to 1, and the
    cross-entropy of the label in nats.
    """

    video: float = setting(0.03, help="of the mean absolute error of pixels")
    audio: float = setting(1.0, help="of the mean absolute error of samples")
    label: float = setting(1e-4, help="of the cross-entropy of the label")


@dataclasses.dataclass(frozen=True, kw_only=True)
class StartSettings:
    """Help for a small model in its first steps; the paper's needs none."""

    video_places: tuple[int, int, int] | None = setting(
        None,
        help=(
            "frames, rows and columns of a grid of places in the video that "
            "as many latents begin at; none: at none. See local_start.py"
        ),
    )
    audio_places: int = setting(
        0, help="places in the sound that as many latents begin at"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: ClipSettings
    loss: LossSettings
    start: StartSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


# 16 frames of 32 x 32 pixels, and 0.64 s of sound at 4 kHz: 512 patches of
# two frames and 4 x 4 pixels, 40 of 64 samples, and the label.
TINY = Configuration(
    model=ModelSettings(
        "kinetics_autoencoder",
        {
            "video_shape": (16, 32, 32, 3),
            "num_audio_samples": 2_560,
            "num_classes": 8,
            "video_patch_shape": (2, 4, 4),
            "samples_per_patch": 64,
            "video_num_bands": 8,
            "video_max_resolution": (8, 8, 8),
            "audio_num_bands": 20,
            "audio_max_resolution": (40,),
            "label_query_dim": 64,
            "decoder_output_dim": 64,
            "num_latents": 96,
            "latent_dim": 128,
            "num_self_attends_per_block": 2,
            "num_cross_attention_heads": 4,
            "num_self_attention_heads": 4,
            "qk_channels": 128,
            "v_channels": 128,
        },
    ),
    data=ClipSettings(
        source=GENERATED,
        audio_outputs=40,
        # So that the model also learns what to do without them.
        hide_video=0.1,
        hide_audio=0.1,
    ),
    loss=LossSettings(video=1.0, label=0.03),
    start=StartSettings(video_places=(3, 4, 4), audio_places=40),
    optimizer=OptimizerSettings(learning_rate=5e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=1_500, batch_size=16, evaluate_every=250, jit_compile=True
    ),
)

# A quarter of the published pixels and half the latents, meant for one GPU.
BASE = Configuration(
    model=ModelSettings(
        "kinetics_autoencoder_392",
        {
            "video_shape": (16, 112, 112, 3),
            "video_max_resolution": (16, 28, 28),
        },
    ),
    data=ClipSettings(source="kinetics700.csv"),
    loss=LossSettings(),
    start=StartSettings(),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=100_000,
        batch_size=64,
        evaluate_every=2_000,
        evaluation_examples=1_024,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Section 4.3 and appendix I give the batch, the rate, the weights and the
# shares. Optimiser, schedule and steps are not stated: LAMB as in the paper's
# other systems, and about 200 epochs of Kinetics-700's 545,000 clips.
PAPER = Configuration(
    model=ModelSettings("kinetics_autoencoder"),
    data=ClipSettings(source="kinetics700.csv"),
    loss=LossSettings(),
    start=StartSettings(),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=100_000,
        batch_size=1_024,
        evaluate_every=2_000,
        evaluation_examples=2_048,
        precision="mixed_bfloat16",
        strategy="tpu",
        jit_compile=True,
    ),
)

# Section 4.3: the same with the label as heavy as the sound, 45% instead of
# 10% of labels right, 20.7 instead of 24.4 dB of video.
CLASSIFICATION = dataclasses.replace(PAPER, loss=LossSettings(label=1.0))

CONFIGURATIONS = {
    "tiny": TINY,
    "base": BASE,
    "paper": PAPER,
    "classification": CLASSIFICATION,
}
