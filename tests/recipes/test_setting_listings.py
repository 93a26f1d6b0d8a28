"""What is said of settings, and of how two configurations differ."""

import dataclasses

import pytest

from recipes.setting_listings import describe
from recipes.setting_listings import differences
from tests.recipes.nested_settings import FLAT
from tests.recipes.nested_settings import TINY
from tests.recipes.nested_settings import with_model


def test_a_listing_has_flag_value_and_help():
    lines = describe(TINY)
    assert [flag for flag, _, _ in lines] == [f"--{key}" for key in FLAT]
    assert all(words for _, _, words in lines)
    assert lines[0] == (
        "--model.preset",
        "language_bytes",
        "published model; --model.ARGUMENT replaces any of its numbers",
    )
    assert lines[1:3] == [
        ("--model.num-latents", "32", "instead of the published value"),
        ("--model.qk-channels", "none", "instead of the published value"),
    ]
    assert lines[4] == ("--data.crop.size", "368,496", "height and width")
    assert lines[-7:] == [
        (
            "--training.precision",
            "float32",
            "dtype policy (one of float32, mixed_bfloat16, mixed_float16)",
        ),
        (
            "--training.strategy",
            "none",
            "how devices share a batch "
            "(one of none, mirrored, multiworker, tpu)",
        ),
        (
            "--training.accumulate",
            "1",
            "parts that each device takes its share of a batch in",
        ),
        ("--training.jit-compile", "false", "compile each step with XLA"),
        (
            "--training.deterministic",
            "false",
            "the same bits on every run, more slowly",
        ),
        (
            "--training.lora-rank",
            "none",
            "rank of low-rank factors that are trained beside the frozen "
            "weights of --from; none: all weights are trained",
        ),
        (
            "--training.adversarial-strength",
            "none",
            "strength of an attack on each batch of training, in what "
            "`evaluate --robustness` says; none: no attack",
        ),
    ]


def test_equal_configurations_do_not_differ():
    assert differences(TINY, dataclasses.replace(TINY)) == {}


def test_differences_name_old_and_new():
    training = dataclasses.replace(TINY.training, steps=200, seed=1)
    other = dataclasses.replace(TINY, training=training)
    assert differences(TINY, other) == {
        "training.steps": (100, 200),
        "training.seed": (0, 1),
    }


def test_an_absent_override_differs_by_its_published_number():
    other = with_model("language_bytes", {"qk_channels": None, "dropout": 0.1})
    assert differences(TINY, other) == {
        "model.num-latents": (32, 256),
        "model.dropout": (0.0, 0.1),
    }
    assert differences(other, TINY) == {
        "model.num-latents": (256, 32),
        "model.dropout": (0.1, 0.0),
    }


def test_an_override_that_says_what_the_preset_says_is_no_difference():
    bare = with_model("language_bytes")
    same = {"num_latents": 256, "dropout": 0.0, "dtype": None}
    assert differences(bare, with_model("language_bytes", same)) == {}


def test_another_preset_is_a_difference():
    other = with_model("language_bytes_plus_plus", TINY.model.overrides)
    assert differences(TINY, other) == {
        "model.preset": ("language_bytes", "language_bytes_plus_plus")
    }


def test_only_configurations_of_one_class_are_compared():
    message = (
        "Only configurations of one class can be compared. "
        "Received: Configuration and Data"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        differences(TINY, TINY.data)
