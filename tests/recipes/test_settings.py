import dataclasses
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.setting_listings import describe
from recipes.setting_listings import differences
from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import as_dict
from recipes.settings import flatten
from recipes.settings import from_dict
from recipes.settings import published
from recipes.settings import setting


@dataclasses.dataclass(frozen=True)
class Crop:
    size: tuple[int, int] = setting((368, 496), help="height and width")
    scales: tuple[float, ...] | None = setting(None, help="of the picture")


@dataclasses.dataclass(frozen=True)
class Data:
    source: str = setting("embedded", help="a file, or embedded")
    crop: Crop = Crop()


@dataclasses.dataclass(frozen=True)
class Configuration:
    model: ModelSettings
    data: Data
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings(
        "language_bytes", {"num_latents": 32, "qk_channels": None}
    ),
    data=Data(),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=10),
    training=TrainingSettings(steps=100, batch_size=4, evaluate_every=50),
)

FLAT = {
    "model.preset": "language_bytes",
    "model.num-latents": 32,
    "model.qk-channels": None,
    "data.source": "embedded",
    "data.crop.size": (368, 496),
    "data.crop.scales": None,
    "optimizer.learning-rate": 1e-3,
    "optimizer.weight-decay": 0.01,
    "optimizer.warmup-steps": 10,
    "optimizer.flat-steps": 0,
    "optimizer.drop-steps": None,
    "optimizer.gradient-clip": None,
    "training.steps": 100,
    "training.batch-size": 4,
    "training.evaluate-every": 50,
    "training.evaluation-examples": None,
    "training.checkpoint-every": None,
    "training.keep-checkpoints": 2,
    "training.seed": 0,
    "training.precision": "float32",
    "training.strategy": "none",
    "training.accumulate": 1,
    "training.jit-compile": False,
    "training.deterministic": False,
    "training.lora-rank": None,
    "training.adversarial-strength": None,
}


def test_flat_keys_are_what_users_write():
    assert flatten(TINY) == FLAT
    assert list(flatten(TINY)) == list(FLAT)


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


def test_published_numbers_include_the_builders_defaults():
    numbers = published("language_bytes")
    assert numbers["num_latents"] == 256
    assert numbers["position_stddev"] == 0.02


def _with_model(*arguments):
    return dataclasses.replace(TINY, model=ModelSettings(*arguments))


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
    other = _with_model("language_bytes", {"qk_channels": None, "dropout": 0.1})
    assert differences(TINY, other) == {
        "model.num-latents": (32, 256),
        "model.dropout": (0.0, 0.1),
    }
    assert differences(other, TINY) == {
        "model.num-latents": (256, 32),
        "model.dropout": (0.1, 0.0),
    }


def test_an_override_that_says_what_the_preset_says_is_no_difference():
    bare = _with_model("language_bytes")
    same = {"num_latents": 256, "dropout": 0.0, "dtype": None}
    assert differences(bare, _with_model("language_bytes", same)) == {}


def test_another_preset_is_a_difference():
    other = _with_model("language_bytes_plus_plus", TINY.model.overrides)
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
        as_dict(_with_model("language_bytes", {"dropout": value}))


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
        _with_model("language_bytes"), data=Data("a", Crop())
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
