"""FLOPs by arithmetic, against counts made beside the papers' own."""

import pytest

from keras_perceiver.cost import cost

_CROSS_ONLY = {
    "num_self_attends_per_block": 0,
    "share_cross_attention": False,
}
_LATENTS_128 = {"num_latents": 128, "latent_dim": 1920, "v_channels": 1920}
_LATENTS_512 = {"num_latents": 512, "latent_dim": 896, "v_channels": 896}
_TRAINING_OUTPUTS = {"num_video_outputs": 512, "num_audio_outputs": 512}

# Billions in the encoder, the processor, and two others; these are the
# decoder with its last linear layer, and what precedes the encoder ...
PARTS = [
    ("imagenet_fourier_mean_head", {}, "43.19 360.78 0.002 0.00"),
    ("imagenet_fourier", {}, "43.19 360.78 2.16 0.00"),
    ("imagenet_conv_mean_head", {}, "6.19 360.78 0.002 0.24"),
    ("imagenet_conv", {}, "6.19 360.78 2.16 0.24"),
    ("imagenet_learned_mean_head", {}, "108.45 360.78 0.002 6.65"),
    ("imagenet_learned", {}, "108.45 360.78 2.16 6.65"),
    ("optical_flow", {}, "560.7 360.8 964.0 1.3"),
    (
        "optical_flow",
        {"num_latents": 1024, "num_self_attends_per_block": 16},
        "318.2 85.9 580.2 1.3",
    ),
    ("kinetics_autoencoder", _TRAINING_OUTPUTS, "220.2 29.8 10.0 0.0"),
]
# ... or the decoder, and logits from the embedding.
TIED_PARTS = [
    ("bert_base", {}, "0.00 96.64 0.00 25.17"),
    ("bert_bytes", {}, "0.00 128.85 0.00 0.55"),
    ("language_sentencepiece", {}, "4.30 101.20 2.95 25.17"),
    ("language_bytes", {}, "9.13 101.20 9.80 0.82"),
    ("language_bytes_plus_plus", {}, "11.34 218.78 9.93 0.82"),
]
TOTALS = [
    ("imagenet_fourier_mean_head", {}, 403.97),
    ("imagenet_fourier", {}, 406.12),
    ("imagenet_conv_mean_head", {}, 367.21),
    ("imagenet_conv", {}, 369.36),
    ("imagenet_learned_mean_head", {}, 475.9),
    ("imagenet_learned", {}, 478.0),
    ("imagenet_fourier_jft", {}, 268.7),
    ("imagenet_conv_jft", {}, 231.9),
    ("imagenet_fourier_jft", {"num_self_attends_per_block": 12}, 212.85),
    ("imagenet_conv_jft", {"num_self_attends_per_block": 12}, 176.09),
    ("imagenet_perceiver", {"num_cross_attends": 1}, 403.97),
    ("imagenet_perceiver", {"num_cross_attends": 2}, 447.15),
    ("imagenet_perceiver", {"num_cross_attends": 4}, 533.53),
    ("imagenet_perceiver", {}, 706.28),
    ("imagenet_perceiver", {"interleaved": False}, 706.28),
    ("imagenet_perceiver", {**_CROSS_ONLY, "num_cross_attends": 4}, 172.75),
    ("imagenet_perceiver", {**_CROSS_ONLY, "num_cross_attends": 8}, 345.50),
    (
        "imagenet_perceiver",
        {**_CROSS_ONLY, "num_cross_attends": 12, "num_blocks": 12},
        518.25,
    ),
    ("audioset_raw", {}, 52.71),
    ("audioset_mel", {}, 129.27),
    ("optical_flow", {}, 1886.7),
    (
        "optical_flow",
        {"num_latents": 1024, "num_self_attends_per_block": 16},
        985.5,
    ),
    ("bert_base", {}, 121.80),
    ("bert_bytes", {}, 129.40),
    ("language_sentencepiece", {}, 133.61),
    ("language_bytes", {}, 120.95),
    ("language_bytes_plus_plus", {}, 240.87),
    ("language_bytes", _LATENTS_128, 127.40),
    ("language_bytes", _LATENTS_512, 134.12),
    ("kinetics_autoencoder", _TRAINING_OUTPUTS, 260.1),
    ("kinetics_autoencoder", {}, 7468),
]


def billions(told, *names):
    parts = (told.parts[name].flops for name in names if name in told.parts)
    return sum(parts) / 1e9


def case_name(value):
    if isinstance(value, dict):
        return "-".join(f"{name}={size}" for name, size in value.items())
    return None


@pytest.mark.parametrize(("name", "overrides", "total"), TOTALS, ids=case_name)
def test_totals(name, overrides, total):
    told = cost(name, **overrides)
    assert told.flops / 1e9 == pytest.approx(total, rel=1e-3)
    assert told.flops == sum(part.flops for part in told.parts.values())


def assert_as_written(numbers, expected):
    """Compares with numbers in a text, as exactly as they are written."""
    for number, text in zip(numbers, expected.split(), strict=True):
        digits = len(text.partition(".")[2])
        assert abs(number - float(text)) < 0.6 * 10**-digits, expected


@pytest.mark.parametrize(
    ("name", "overrides", "expected"), PARTS, ids=case_name
)
def test_parts(name, overrides, expected):
    told = cost(name, **overrides)
    groups = (
        ("encoder",),
        ("processor",),
        ("decoder", "head"),
        ("preprocessing",),
    )
    assert_as_written([billions(told, *names) for names in groups], expected)


@pytest.mark.parametrize(
    ("name", "overrides", "expected"), TIED_PARTS, ids=case_name
)
def test_parts_with_a_tied_head(name, overrides, expected):
    told = cost(name, **overrides)
    names = ("encoder", "processor", "decoder", "head")
    assert_as_written([billions(told, name) for name in names], expected)


def test_the_transformer_that_starcraft_replaces():
    told = cost("starcraft_transformer")
    assert billions(told, "processor") == pytest.approx(3.22, rel=1e-3)
    assert told.flops / 1e9 == pytest.approx(3.3, rel=5e-3)


def test_the_light_flow_model():
    told = cost("optical_flow_conv_small")
    without_ends = billions(told, "encoder", "processor", "decoder")
    assert without_ends == pytest.approx(145, rel=5e-3)


def test_every_product_is_counted_once_by_hand():
    """One tiny model, all of its products written out."""
    told = cost(
        "language_bytes",
        vocabulary_size=5,
        max_length=7,
        embedding_dim=3,
        num_latents=2,
        latent_dim=4,
        num_blocks=2,
        num_self_attends_per_block=3,
        num_cross_attention_heads=1,
        num_self_attention_heads=2,
        num_decoder_heads=1,
        qk_channels=6,
        v_channels=8,
        decoder_qk_channels=9,
        decoder_v_channels=10,
        widening_factor=11,
    )
    encoder = 2 * (
        2 * 4 * 6  # queries
        + 7 * 3 * (6 + 8)  # keys, values
        + 2 * 7 * (6 + 8)  # scores, mixture
        + 2 * 8 * 4  # output
        + 2 * 2 * 4 * 4  # MLP
    )
    layer = 2 * (
        2 * 4 * (6 + 6 + 8) + 2 * 2 * (6 + 8) + 2 * 8 * 4 + 2 * 2 * 4 * 44
    )
    decoder = 2 * (
        7 * 3 * 9
        + 2 * 4 * (9 + 10)
        + 7 * 2 * (9 + 10)
        + 7 * 10 * 3
        + 2 * 7 * 3 * 3
    )
    head = 2 * 7 * 3 * 5
    assert {name: part.flops for name, part in told.parts.items()} == {
        "preprocessing": 0,
        "encoder": encoder,
        "processor": 2 * 3 * layer,
        "decoder": decoder,
        "head": head,
    }
