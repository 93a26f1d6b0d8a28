"""Settings from the command line, set in a configuration."""

import dataclasses

import pytest

from recipes.assignments import assign
from recipes.assignments import parse_assignments
from recipes.setting_listings import describe
from recipes.settings import ModelSettings
from recipes.settings import flatten
from tests.recipes.flat_settings import TINY


def _changes(*assignments):
    """The settings that differ from `TINY` after the assignments."""
    before = flatten(TINY)
    after = flatten(assign(TINY, list(assignments)))
    return {
        key: value
        for key, value in after.items()
        if key not in before or before[key] != value
    }


def test_no_assignments_change_nothing():
    assert assign(TINY, []) == TINY


def test_settings_in_several_groups():
    assert _changes(
        ("training.batch-size", "8"),
        ("optimizer.learning_rate", "1"),
        ("optimizer.gradient-clip", "10"),
        ("training.jit-compile", None),
        ("training.strategy", "mirrored"),
        ("data.crop", "368,496"),
        ("data.note", "none"),
    ) == {
        "training.batch-size": 8,
        "optimizer.learning-rate": 1.0,
        "optimizer.gradient-clip": 10.0,
        "training.jit-compile": True,
        "training.strategy": "mirrored",
        "data.crop": (368, 496),
    }


def test_the_configuration_itself_is_left_alone():
    before = repr(TINY)
    assign(TINY, [("model.num-latents", "64"), ("data", "a.txt")])
    assert repr(TINY) == before


def test_a_group_stands_for_its_source():
    assert _changes(("data", "a.txt")) == {"data.source": "a.txt"}


def test_dashes_and_underscores_are_the_same():
    dashes = assign(TINY, [("model.num-latents", "128")])
    assert dashes == assign(TINY, [("model.num_latents", "128")])
    assert dashes.model.overrides == {"num_latents": 128}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        # From the published number.
        ("num-latents", "1e2", 100),
        ("dropout", "0.1", 0.1),
        ("gelu-approximate", "no", False),
        ("decoder-query-residual", None, True),
        # From the builder's default.
        ("position-stddev", "1", 1.0),
        # Published with a number, None by default.
        ("qk-channels", "64", 64),
        ("qk-channels", "none", None),
        # None either way.
        ("dtype", "mixed_bfloat16", "mixed_bfloat16"),
    ],
)
def test_overrides_have_the_types_of_the_preset(key, text, value):
    model = assign(TINY, [(f"model.{key}", text)]).model
    read = model.overrides[key.replace("-", "_")]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("image-shape", "368,496", (368, 496)),
        ("scales", "0.5,1", (0.5, 1.0)),
        ("stddev", "0.5", 0.5),
        ("max-resolution", "224,224", (224, 224)),
        ("max-resolution", "7", 7),
        ("max-resolution", "inputs", "inputs"),
    ],
)
def test_an_argument_is_what_preset_or_builder_say(
    monkeypatch, key, text, value
):
    from keras_perceiver.models.preset import Preset
    from keras_perceiver.models.presets import _PRESETS

    def build(*, image_shape, scales=(1.0,), stddev=0.02, max_resolution=None):
        raise NotImplementedError

    # Published with a whole number where any number will do.
    settings = {"image_shape": (64, 64), "stddev": 1}
    made_up = Preset(build, settings, 0, "nowhere")
    monkeypatch.setitem(_PRESETS, "made_up", made_up)
    model = assign(ModelSettings("made_up"), [(key, text)])
    assert model.overrides == {key.replace("-", "_"): value}


def test_an_override_as_published_is_dropped():
    bare = ModelSettings("language_bytes")
    assert assign(TINY, [("model.num-latents", "256")]).model == bare
    assert assign(bare, [("position_stddev", "0.02")]) == bare


def test_the_preset_is_set_before_its_overrides():
    model = assign(
        TINY,
        [
            ("model.latent-dim", "1280"),
            ("model.preset", "language_bytes_plus_plus"),
        ],
    ).model
    # 1280 is what the first preset was published with, not the second.
    assert model == ModelSettings(
        "language_bytes_plus_plus", {"num_latents": 32, "latent_dim": 1280}
    )


def test_a_new_preset_keeps_the_overrides_that_it_knows():
    overrides = {"image_shape": (64, 64), "num_latents": 32, "latent_dim": 1280}
    configuration = dataclasses.replace(
        TINY, model=ModelSettings("other", overrides)
    )
    changed = assign(configuration, [("model.preset", "language_bytes")])
    # Whose own latents are 1280 wide.
    assert changed.model == ModelSettings("language_bytes", {"num_latents": 32})


def test_what_is_asked_of_a_new_preset_has_to_be_known_to_it():
    with pytest.raises(ValueError, match=r"Unknown setting --model\.num-bands"):
        assign(
            TINY,
            [
                ("model.num-bands", "8"),
                ("model.preset", "language_bytes_plus_plus"),
            ],
        )


def test_a_listed_flag_and_value_set_that_value():
    configuration = assign(
        TINY,
        [
            ("data.crop", "368,496"),
            ("training.jit-compile", "on"),
            ("model.dropout", "1e-5"),
        ],
    )
    words = [
        word
        for flag, value, _ in describe(configuration)
        for word in (flag, value)
    ]
    assert assign(TINY, parse_assignments(words)) == configuration
