"""What is said of settings that cannot be set."""

import re

import pytest

from recipes.assignments import assign
from tests.recipes.flat_settings import TINY
from tests.recipes.flat_settings import Data


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        (
            "model.num-latens",
            "128",
            "Unknown setting --model.num-latens. "
            "Did you mean --model.num-latents?",
        ),
        (
            "training.batch_sise",
            "8",
            "Unknown setting --training.batch-sise. "
            "Did you mean --training.batch-size?",
        ),
        (
            "steps",
            "8",
            "Unknown setting --steps. Did you mean --training.steps?",
        ),
        (
            "num-latents",
            "8",
            "Unknown setting --num-latents. Did you mean --model.num-latents?",
        ),
        (
            "model.overrides.num-latents",
            "8",
            "Unknown setting --model.overrides.num-latents. "
            "Did you mean --model.num-latents?",
        ),
        (
            "training.steps.more",
            "8",
            "Unknown setting --training.steps.more. "
            "Did you mean --training.steps?",
        ),
        (
            "training",
            "8",
            "--training is a group of settings. "
            "Name one of them, such as --training.steps",
        ),
        (
            "model",
            "language_bytes",
            "--model is a group of settings. "
            "Name one of them, such as --model.preset",
        ),
        (
            "model.preset",
            "language_byte",
            "Unknown preset 'language_byte'. Did you mean 'language_bytes'?",
        ),
        (
            "training.steps",
            "many",
            "--training.steps takes a whole number. Received: 'many'",
        ),
        (
            "training.steps",
            None,
            "--training.steps takes a whole number. Received: nothing",
        ),
        ("data", None, "--data.source takes text. Received: nothing"),
        (
            "training.evaluation-examples",
            "all",
            "--training.evaluation-examples takes a whole number or none. "
            "Received: 'all'",
        ),
        (
            "training.jit_compile",
            "maybe",
            "--training.jit-compile takes true or false. Received: 'maybe'",
        ),
        (
            "training.precision",
            "bf16",
            "--training.precision takes one of float32, mixed_bfloat16, "
            "mixed_float16. Received: 'bf16'",
        ),
        (
            "data.crop",
            "368",
            "--data.crop takes 2 whole numbers separated by commas or none. "
            "Received: '368'",
        ),
        (
            "model.qk-channels",
            "wide",
            "--model.qk-channels takes a whole number or none. "
            "Received: 'wide'",
        ),
        (
            "model.dtype",
            None,
            "--model.dtype takes a whole number or a number or whole numbers "
            "separated by commas or text or none. Received: nothing",
        ),
    ],
)
def test_mistakes_are_explained(key, text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign(TINY, [(key, text)])


def test_far_from_every_setting_all_are_named():
    data = Data()
    message = "Unknown setting --zzz. Valid: --crop, --note, --source."
    with pytest.raises(ValueError, match=f"^{message}$"):
        assign(data, [("zzz", "1")])


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (
            [("training.batch-size", "8"), ("training.batch_size", "9")],
            "--training.batch-size is set twice. Received: '8' and '9'",
        ),
        (
            [("data", "a.txt"), ("data.source", "a.txt")],
            "--data.source is set twice. Received: 'a.txt' and 'a.txt'",
        ),
        (
            [("training.jit-compile", None), ("training.jit-compile", "no")],
            "--training.jit-compile is set twice. Received: nothing and 'no'",
        ),
    ],
)
def test_a_setting_set_twice_is_refused(assignments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign(TINY, assignments)
