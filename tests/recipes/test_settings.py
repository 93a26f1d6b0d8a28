"""Configurations, as JSON and back."""

import dataclasses
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import as_dict
from recipes.settings import flatten
from recipes.settings import from_dict
from recipes.settings import published
from tests.recipes.nested_settings import FLAT
from tests.recipes.nested_settings import TINY
from tests.recipes.nested_settings import Configuration
from tests.recipes.nested_settings import Crop
from tests.recipes.nested_settings import Data
from tests.recipes.nested_settings import with_model


def test_flat_keys_are_what_users_write():
    assert flatten(TINY) == FLAT
    assert list(flatten(TINY)) == list(FLAT)


def test_published_numbers_include_the_builders_defaults():
    numbers = published("language_bytes")
    assert numbers["num_latents"] == 256
    assert numbers["position_stddev"] == 0.02


def test_a_dictionary_is_ready_for_json():
    dictionary = as_dict(TINY)
    assert dictionary["model"] == {
        "preset": "language_bytes",
        "overrides": {"num_latents": 32, "qk_channels": None},
    }
    assert dictionary["data"] == {
        "source": "embedded",
        "crop": {"size": [368, 496], "scales": None},
    }
    assert json.loads(json.dumps(dictionary)) == dictionary


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([1, 2], r"\[1, 2\]"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"bytes", "b'bytes'"),
        ({1: 2}, r"\{1: 2\}"),
    ],
)
def test_what_json_would_change_is_refused(value, shown):
    message = (
        "Setting 'model.overrides.dropout' cannot be written as JSON. "
        f"Received: {shown}"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        as_dict(with_model("language_bytes", {"dropout": value}))


def _changed(**values):
    dictionary = as_dict(TINY)
    for path, value in values.items():
        *groups, name = path.split("__")
        group = dictionary
        for key in groups:
            group = group[key]
        group[name] = value
    return dictionary


@pytest.mark.parametrize(
    ("dictionary", "message"),
    [
        (
            _changed(training__batch_siz=4),
            "Unknown setting 'training.batch_siz'. "
            "Did you mean 'training.batch_size'?",
        ),
        (
            _changed(trainin={}),
            "Unknown setting 'trainin'. Did you mean 'training'?",
        ),
        (
            _changed(optimizer={"weight_decay": 0.1, "warmup_steps": 1}),
            "Setting 'optimizer.learning_rate' is missing. It takes a number.",
        ),
        (
            {},
            "Setting 'model' is missing. It takes a group of settings.",
        ),
        (
            _changed(training__steps="many"),
            "Setting 'training.steps' takes a whole number. Received: 'many'",
        ),
        (
            _changed(training__steps=True),
            "Setting 'training.steps' takes a whole number. Received: True",
        ),
        (
            _changed(training__precision="bfloat16"),
            "Setting 'training.precision' takes one of float32, "
            "mixed_bfloat16, mixed_float16. Received: 'bfloat16'",
        ),
        (
            _changed(data__crop__size=[368]),
            "Setting 'data.crop.size' takes 2 whole numbers separated by "
            "commas. Received: (368,)",
        ),
        (
            _changed(data__crop=3),
            "Setting 'data.crop' takes a group of settings. Received: 3",
        ),
        (3, "A configuration takes a group of settings. Received: 3"),
    ],
)
def test_a_dictionary_of_another_shape_is_refused(dictionary, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_dict(Configuration, dictionary)


def test_what_is_newer_than_a_dictionary_is_as_its_default_says():
    old = _changed(model={"preset": "language_bytes"}, data={"source": "a"})
    for name in ("lora_rank", "adversarial_strength", "keep_checkpoints"):
        del old["training"][name]
    read = from_dict(Configuration, json.loads(json.dumps(old)))
    assert read == dataclasses.replace(
        with_model("language_bytes"), data=Data("a", Crop())
    )


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _NUMBERS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)

_CONFIGURATIONS = st.builds(
    Configuration,
    model=st.builds(
        ModelSettings, st.text(), st.dictionaries(st.text(), _VALUES)
    ),
    data=st.builds(
        Data,
        st.text(),
        st.builds(
            Crop,
            st.tuples(st.integers(), st.integers()),
            st.none() | st.lists(_NUMBERS).map(tuple),
        ),
    ),
    optimizer=st.builds(
        OptimizerSettings,
        learning_rate=_NUMBERS,
        weight_decay=_NUMBERS | st.integers(),
        gradient_clip=st.none() | _NUMBERS,
    ),
    training=st.builds(
        TrainingSettings,
        evaluation_examples=st.none() | st.integers(),
        precision=st.sampled_from(["float32", "mixed_float16"]),
        strategy=st.sampled_from(["none", "mirrored", "multiworker", "tpu"]),
    ),
)


@given(_CONFIGURATIONS)
def test_a_configuration_survives_being_a_dictionary(configuration):
    dictionary = as_dict(configuration)
    assert from_dict(Configuration, dictionary) == configuration
    # By repr too: to `==`, 1, 1.0 and True are the same.
    read = from_dict(Configuration, json.loads(json.dumps(dictionary)))
    assert repr(read) == repr(configuration)


_WITHOUT_KERAS = """
import dataclasses
import sys

from recipes import assignments
from recipes import setting_listings
from recipes import settings


@dataclasses.dataclass(frozen=True)
class Configuration:
    model: settings.ModelSettings
    optimizer: settings.OptimizerSettings


words = assignments.parse_assignments(["--optimizer.warmup-steps", "5"])
configuration = Configuration(
    settings.ModelSettings("language_bytes", {"num_latents": 32}),
    settings.OptimizerSettings(learning_rate=0.1, warmup_steps=0),
)
changed = assignments.assign(configuration, words)
assert changed.optimizer.warmup_steps == 5
assert len(setting_listings.describe(changed)) == 8
written = settings.as_dict(changed)
assert settings.from_dict(Configuration, written) == changed
for name in ("keras", "tensorflow", "numpy", "keras_perceiver"):
    assert name not in sys.modules, name
"""


def test_nothing_but_names_and_numbers_of_models_needs_keras():
    subprocess.run([sys.executable, "-c", _WITHOUT_KERAS], check=True)
