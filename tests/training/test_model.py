"""A run that goes on as if it had never been stopped."""

import math

import keras
import numpy as np
import pytest

from keras_perceiver.models import from_preset
from keras_perceiver.models import language
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel

TINY = {
    "vocabulary_size": 13,
    "max_length": 6,
    "embedding_dim": 8,
    "num_latents": 3,
    "latent_dim": 8,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 2,
    "num_decoder_heads": 1,
    "qk_channels": 8,
    "v_channels": 8,
    "decoder_qk_channels": 8,
    "decoder_v_channels": 8,
}
generator = np.random.default_rng(0)
# One batch a step.
TOKEN_IDS = generator.integers(0, 13, (6, 4, 6)).astype("int32")
PADDING_MASK = np.ones((4, 6), "bool")
TARGETS = generator.integers(0, 13, (6, 4, 6))


def training_model(optimizer=None):
    """A language model with dropout, and fresh weights every time."""
    model = language(**TINY, dropout=0.3)
    model = TrainingModel(model.input, model.output)
    model.compile(
        optimizer or LAMB(keras.optimizers.schedules.CosineDecay(0.02, 6)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # Tracing a graph would take nearly all of the time.
        run_eagerly=True,
    )
    return model


def small_model(optimizer, units=3):
    inputs = keras.Input((2,))
    outputs = keras.layers.Dense(units)(keras.layers.Dense(4)(inputs))
    model = TrainingModel(inputs, outputs)
    model.compile(optimizer, "mse", run_eagerly=True)
    return model


def train(model, steps):
    return [
        float(
            model.train_on_batch(
                {"token_ids": TOKEN_IDS[i], "padding_mask": PADDING_MASK},
                TARGETS[i],
            )
        )
        for i in steps
    ]


def state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def assert_same_state(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_shares_the_weights_of_the_preset():
    preset = from_preset("language_bytes", **{**TINY, "vocabulary_size": 262})
    model = TrainingModel(preset.input, preset.output)
    assert [id(weight) for weight in model.weights] == [
        id(weight) for weight in preset.weights
    ]
    latents = model.get_layer("latents")
    assert latents is preset.get_layer("latents")
    inputs = {"token_ids": TOKEN_IDS[0], "padding_mask": PADDING_MASK}
    np.testing.assert_array_equal(model(inputs), preset(inputs))


def test_stays_functional(tmp_path):
    model = training_model()
    train(model, range(1))
    assert set(model.input) == {"token_ids", "padding_mask"}
    part = keras.Model(model.input, model.get_layer("latents_out").output)
    inputs = {"token_ids": TOKEN_IDS[0], "padding_mask": PADDING_MASK}
    assert part(inputs).shape == (4, 3, 8)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is TrainingModel
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_a_resumed_run_is_an_uninterrupted_one(tmp_path):
    path = tmp_path / "state.safetensors"
    straight = training_model()
    losses = train(straight, range(3))
    straight.save_training_state(path, {"step": 3})
    losses += train(straight, range(3, 6))
    # Other weights, other random states and other names, as in a process of
    # its own that built something else before.
    keras.utils.set_random_seed(7)
    resumed = training_model()
    assert resumed.load_training_state(path) == {"step": 3}
    assert train(resumed, range(3, 6)) == losses[3:]
    assert_same_state(state(resumed), state(straight))


def test_dropout_takes_part_in_the_state():
    """Otherwise the test above would not see forgotten seeds."""
    model = training_model()
    kept = {id(weight) for weight in model.weights}
    seeds = [value for value in model.variables if id(value) not in kept]
    assert seeds
    before = [seed.numpy() for seed in seeds]
    train(model, range(1))
    for seed, value in zip(seeds, before, strict=True):
        assert (seed.numpy() != value).any()


def test_a_state_may_be_saved_before_the_first_step(tmp_path):
    path = tmp_path / "state.safetensors"
    straight = training_model()
    straight.save_training_state(path, {"step": 0})
    resumed = training_model()
    resumed.load_training_state(path)
    assert train(resumed, range(2)) == train(straight, range(2))
    assert_same_state(state(resumed), state(straight))


def test_progress_comes_back_as_it_was(tmp_path):
    path = tmp_path / "state.safetensors"
    progress = {"step": 12, "best": 2.5, "text": "é", "none": None}
    for best in (2.5, math.inf):
        model = small_model("sgd")
        model.save_training_state(path, {**progress, "best": best})
        assert model.load_training_state(path) == {**progress, "best": best}


def test_a_failed_save_leaves_the_state_before_it(tmp_path, monkeypatch):
    path = tmp_path / "state.safetensors"
    model = small_model("sgd")
    model.save_training_state(path, {"step": 1})

    def write_half(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", write_half)
    with pytest.raises(OSError, match="disk full"):
        model.save_training_state(path, {"step": 2})
    assert model.load_training_state(path) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("optimizer", "units"),
    [
        # The last layer alone is another.
        (keras.optimizers.Adam, 5),
        # There are fewer slots.
        (keras.optimizers.SGD, 3),
        # All shapes are those of the file.
        (LAMB, 3),
    ],
)
def test_another_state_is_refused(optimizer, units, tmp_path):
    path = tmp_path / "state.safetensors"
    saved = small_model(keras.optimizers.Adam(0.01))
    saved.train_on_batch(np.ones((4, 2)), np.ones((4, 3)))
    saved.save_training_state(path, {"step": 1})
    model = small_model(optimizer(0.01), units)
    model.train_on_batch(np.ones((4, 2)), np.ones((4, units)))
    before = state(model)
    with pytest.raises(ValueError, match="another model or optimiser"):
        model.load_training_state(path)
    assert_same_state(state(model), before)


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    model = small_model("sgd")
    model.save_training_state(path, {"step": 1})
    path.write_bytes(path.read_bytes()[:-10])
    before = state(model)
    with pytest.raises(ValueError, match=r"state\.safetensors"):
        model.load_training_state(path)
    assert_same_state(state(model), before)
