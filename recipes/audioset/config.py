"""The configurations of the tagger of sound with video."""

import dataclasses

from recipes.media_settings import MediaSettings
from recipes.settings import GENERATED
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class TagSettings(MediaSettings):
    """Which clips, how training sees and hears them, and how many are tested.

    The published numbers are defaults, as far as there are any: what the
    paper says without a number has ours.
    """

    source: str = setting(
        "",
        help=(
            "generated (clips made by this recipe), AudioSet's folder or one "
            "of its tables, a CSV with the columns path and labels, or a "
            "folder of class folders"
        ),
    )
    sample_rate: int = setting(48_000, help="of the sound, in Hz")
    is_cut: bool = setting(
        False,
        help=(
            "whether files named by AudioSet's ids alone are the segments, "
            "and not the videos that they are cut out of"
        ),
    )
    balanced: bool = setting(
        True, help="whether training draws all tags equally often"
    )
    drop_video: float = setting(
        0.3, help="share of training clips whose video is black"
    )
    drop_audio: float = setting(
        0.0, help="share of training clips whose sound is silent"
    )
    smallest_crop: float = setting(
        0.08, help="of the frames' area that training shows; 1 for all of it"
    )
    flip: bool = setting(True, help="mirror every other training clip")
    colour_strength: float = setting(
        0.4,
        help=(
            "by how much brightness, contrast and saturation are changed at "
            "most, of 1"
        ),
    )
    spectrogram_masks: int = setting(
        2,
        help=(
            "stretches of time, and as many bands, that SpecAugment covers in "
            "spectrograms"
        ),
    )
    longest_time_mask: float = setting(
        0.25, help="of a stretch, as a share of the time"
    )
    widest_band_mask: float = setting(
        0.25, help="of a band, as a share of the bins"
    )
    test_clips: int = setting(
        16,
        help=(
            "overlapping clips of each held-out record whose answers "
            "`evaluate` averages"
        ),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration:
    """All settings of a run."""

    model: ModelSettings
    data: TagSettings
    optimizer: OptimizerSettings
    training: TrainingSettings


# 16 frames of 32 x 32 pixels, and 0.64 s of sound at 8 kHz as a spectrogram
# of 32 x 24: 128 tokens of video, 768 of sound.
TINY = Configuration(
    model=ModelSettings(
        "audioset_mel",
        {
            "video_shape": (16, 32, 32, 3),
            "spectrogram_shape": (32, 24),
            "num_classes": 8,
            "video_num_bands": 4,
            # As many as there are patches, and values of the spectrogram.
            "video_max_resolution": None,
            "audio_max_resolution": None,
            "audio_num_bands": 8,
            "query_dim": 64,
            "num_latents": 32,
            "latent_dim": 96,
            "num_self_attends_per_block": 3,
            "num_cross_attention_heads": 4,
            "num_self_attention_heads": 4,
            "qk_channels": 96,
            "v_channels": 96,
            "decoder_qk_channels": 64,
            "decoder_v_channels": 64,
        },
    ),
    data=TagSettings(
        source=GENERATED,
        sample_rate=8_000,
        # Discs that are cut off, or washed out, are no discs.
        smallest_crop=0.5,
        colour_strength=0.2,
        spectrogram_masks=1,
        longest_time_mask=0.2,
        widest_band_mask=0.1,
    ),
    optimizer=OptimizerSettings(learning_rate=5e-3, warmup_steps=100),
    training=TrainingSettings(
        steps=1_000, batch_size=16, evaluate_every=250, jit_compile=True
    ),
)

# A quarter of the published pixels, meant for one GPU.
BASE = Configuration(
    model=ModelSettings(
        "audioset_mel",
        {
            "video_shape": (32, 112, 112, 3),
            "video_max_resolution": (16, 14, 14),
            "latent_dim": 512,
        },
    ),
    data=TagSettings(source="audioset"),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=1_000),
    training=TrainingSettings(
        steps=100_000,
        batch_size=64,
        evaluate_every=2_000,
        evaluation_examples=2_048,
        precision="mixed_bfloat16",
        jit_compile=True,
    ),
)

# Appendix C: 100 epochs of 1.7 million clips. Batch, optimiser and schedule
# are not stated: those of the paper's ImageNet run, whose batch makes it
# 166,000 steps.
_PAPER_TRAINING = TrainingSettings(
    steps=166_000,
    batch_size=1_024,
    evaluate_every=2_000,
    precision="mixed_bfloat16",
    strategy="tpu",
    jit_compile=True,
)
_PAPER_OPTIMIZER = OptimizerSettings(
    learning_rate=2e-3, weight_decay=0.1, flat_steps=83_000, gradient_clip=10.0
)
PAPER = Configuration(
    model=ModelSettings("audioset_mel"),
    data=TagSettings(source="audioset"),
    optimizer=_PAPER_OPTIMIZER,
    training=_PAPER_TRAINING,
)
RAW = dataclasses.replace(PAPER, model=ModelSettings("audioset_raw"))

CONFIGURATIONS = {"tiny": TINY, "base": BASE, "paper": PAPER, "raw": RAW}
