"""The original Perceiver on images and points."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import image_perceiver
from keras_perceiver.models import original_perceiver
from keras_perceiver.models import point_perceiver
from keras_perceiver.models.encode_decode import encode
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.models.training_runs import assert_classes_are_learned
from tests.models.training_runs import assert_compiled_gives_the_same_losses
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values

PERCEIVER = {
    "num_bands": 3,
    "num_classes": 5,
    "num_latents": 4,
    "latent_dim": 12,
    "num_self_attends_per_block": 2,
    "num_self_attention_heads": 3,
    "num_cross_attends": 3,
    "num_blocks": 3,
}

IMAGE = {
    **PERCEIVER,
    "image_shape": (4, 6, 3),
    "max_resolution": (4, 6),
}

POINT = {**PERCEIVER, "num_points": 7, "max_resolution": (8, 6, 4)}

EITHER = pytest.mark.parametrize("builder", [image_perceiver, point_perceiver])

IMAGES = random_array(3, 4, 6, 3)

POINTS = np.tanh(random_array(3, 7, 3))


def fresh(builder=image_perceiver, **settings):
    defaults = IMAGE if builder is image_perceiver else POINT
    return builder(**{**defaults, **settings})


def tiny(builder=image_perceiver, **settings):
    model = fresh(builder, **settings)
    randomize(model)
    return model


def data_of(model):
    return IMAGES if model.name == "image_perceiver" else POINTS


def reference_inputs(data):
    """What the latents read: images with positions, or bare points."""
    data = data.astype("float64")
    if data.ndim == 4:
        positions = float64_reference.fourier_features((4, 6), 3)
        positions = np.broadcast_to(positions, (3, *positions.shape))
        return np.concatenate([data.reshape(3, 24, 3), positions], axis=-1)
    channels = [data]
    for wave in (np.sin, np.cos):
        for i, resolution in enumerate(POINT["max_resolution"]):
            bands = np.linspace(1, resolution / 2, 3)
            channels.append(wave(np.pi * data[..., i : i + 1] * bands))
    return np.concatenate(channels, axis=-1)


def reference(model, data, order):
    """The model in float64, as a sequence of layers by their names."""
    weights, inputs = weight_values(model), reference_inputs(data)
    latents = weights["latents/array"][None]
    for name in order.split():
        if name.startswith("cross"):
            latents = float64_reference.cross_attention(
                part(weights, name), latents, inputs, num_heads=1
            )
        else:
            latents = float64_reference.self_attention(
                part(weights, name), latents, num_heads=3
            )
    return float64_reference.linear(latents.mean(1), part(weights, "logits"))


SHARED_BLOCK = "self_attention_0 self_attention_1 "

READ_0, READ_1, READ_2 = (f"cross_attention_{i} " for i in range(3))

OWN_BLOCKS = [f"self_attention_{i}_0 self_attention_{i}_1 " for i in range(3)]


@EITHER
@pytest.mark.parametrize(
    ("settings", "order"),
    [
        (
            {},
            READ_0 + SHARED_BLOCK + 2 * (READ_1 + SHARED_BLOCK),
        ),
        (
            {"interleaved": False},
            READ_0 + 2 * READ_1 + 3 * SHARED_BLOCK,
        ),
        (
            {"share_cross_attention": False},
            READ_0
            + SHARED_BLOCK
            + READ_1
            + SHARED_BLOCK
            + READ_2
            + SHARED_BLOCK,
        ),
        (
            {"share_self_attention": False},
            READ_0
            + OWN_BLOCKS[0]
            + READ_1
            + OWN_BLOCKS[1]
            + READ_1
            + OWN_BLOCKS[2],
        ),
        (
            {"share_cross_attention": False, "num_self_attends_per_block": 0},
            READ_0 + READ_1 + READ_2,
        ),
        (
            {"num_cross_attends": 1},
            READ_0 + 3 * SHARED_BLOCK,
        ),
        (
            {"num_cross_attends": 2, "num_blocks": 4},
            READ_0 + 2 * SHARED_BLOCK + READ_1 + 2 * SHARED_BLOCK,
        ),
    ],
)
def test_the_whole_equals_the_reference(builder, settings, order):
    model = tiny(builder, **settings)
    data = data_of(model)
    assert_near(model(data), reference(model, data, order))
    # And no layer beside these.
    attends = {
        layer.name
        for layer in model.layers
        if layer.name.startswith(("cross", "self"))
    }
    assert attends == set(order.split())


@EITHER
def test_names_inputs_and_outputs_are_the_documented_ones(builder):
    model = tiny(builder)
    assert model.name == builder.__name__
    assert model.input.name == builder.__name__.split("_")[0] + "s"
    assert model.output.shape == (None, 5)
    assert model.encode.output.shape == (None, 4, 12)
    assert set(model.decode.input) == {"latents"}
    assert model(data_of(model)[:0]).shape == (0, 5)
    paths = [weight.path for weight in model.weights]
    assert len(set(paths)) == len(paths)


@EITHER
def test_views_agree_with_the_whole_and_share_its_weights(builder):
    model = tiny(builder)
    data = data_of(model)
    decoded = model.decode({"latents": model.encode(data)})
    assert_near(decoded, model(data), 1e-6)
    weights = {id(weight) for weight in model.weights}
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode | decode == weights
    assert not encode & decode


def test_inputs_are_what_encode_takes_with_the_same_defaults():
    """`Preset` takes the defaults of what is forwarded from `encode`."""
    ours = original_perceiver._iterate.__kwdefaults__
    assert ours == encode.__kwdefaults__


def test_the_order_of_points_does_not_matter():
    model = tiny(point_perceiver)
    shuffled = model(POINTS[:, [3, 0, 6, 5, 1, 2, 4]])
    assert_near(shuffled, model(POINTS), 2e-6)
    assert relative_error(model(POINTS[::-1]), model(POINTS)) > 1e-3


@pytest.mark.parametrize(
    ("builder", "other"),
    [
        (image_perceiver, {"image_shape": (9, 5, 3)}),
        (point_perceiver, {"num_points": 11}),
    ],
)
def test_other_sizes_take_the_same_weights(builder, other):
    model, other = tiny(builder), tiny(builder, **other)
    shapes = [weight.shape for weight in model.weights]
    assert [weight.shape for weight in other.weights] == shapes
    assert other(random_array(2, *other.input.shape[1:])).shape == (2, 5)


def test_more_points_of_the_same_places_change_nothing():
    """Softmax weighs each place alike, however often all are given."""
    model, twice = tiny(point_perceiver), tiny(point_perceiver, num_points=14)
    twice.set_weights(model.get_weights())
    doubled = np.concatenate([POINTS, POINTS], axis=1)
    assert_near(twice(doubled), model(POINTS), 2e-6)


@EITHER
def test_logits_start_at_zero(builder):
    model = fresh(builder)
    np.testing.assert_array_equal(model(data_of(model)), np.zeros((3, 5)))


@EITHER
def test_mixed_precision_gives_float32_logits(builder):
    exact, mixed = tiny(builder), tiny(builder, dtype="mixed_bfloat16")
    data = data_of(exact)
    assert mixed.encode(data).dtype == "bfloat16"
    assert mixed(data).dtype == "float32"
    assert 1e-4 < relative_error(mixed(data), exact(data)) < 0.1


@EITHER
def test_survives_a_keras_file(builder, tmp_path):
    model = tiny(builder)
    data = data_of(model)
    model.save(tmp_path / "perceiver.keras")
    loaded = keras.saving.load_model(tmp_path / "perceiver.keras")
    np.testing.assert_array_equal(loaded(data), model(data))


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def test_bare_compile_and_fit_learn_a_fixed_batch():
    model = fresh(point_perceiver, num_self_attends_per_block=1)
    points, labels = np.tanh(random_array(10, 7, 3)), np.arange(10) % 5
    assert_classes_are_learned(model, loss(), points, labels, epochs=5)


# As `test_xla.py` shows of a step.
@pytest.mark.large
def test_compiled_training_gives_the_same_losses():
    # Two blocks and SGD, since tracing and compiling take all of the time.
    def compiled(**how):
        model = tiny(
            num_self_attends_per_block=1, num_cross_attends=2, num_blocks=2
        )
        model.compile(keras.optimizers.SGD(0.01), loss(), **how)
        return model

    assert_compiled_gives_the_same_losses(
        compiled, IMAGES, np.arange(3), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"num_blocks": 2},
            ["num_blocks=3 or more", "interleaved=False", "num_blocks=2"],
        ),
        ({"num_cross_attends": 0}, ["at least one", "num_cross_attends=0"]),
        (
            {"num_blocks": 0, "interleaved": False},
            ["at least one", "num_blocks=0"],
        ),
    ],
)
def test_numbers_that_make_no_perceiver_are_named(settings, words):
    with pytest.raises(ValueError, match="Received") as error:
        fresh(**settings)
    for word in words:
        assert word in str(error.value)
