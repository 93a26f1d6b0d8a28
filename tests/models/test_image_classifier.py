"""Image classifiers: three inputs, two heads."""

import keras
import numpy as np
import pytest

from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import linear
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.models.tiny_image_classifiers import CONVOLUTIONAL
from tests.models.tiny_image_classifiers import EVERY
from tests.models.tiny_image_classifiers import FOURIER
from tests.models.tiny_image_classifiers import SETTINGS
from tests.models.tiny_image_classifiers import fresh
from tests.models.tiny_image_classifiers import images_of
from tests.models.tiny_image_classifiers import tiny
from tests.random_values import weight_values


def rows_with_positions(grid, positions):
    rows = grid.reshape(len(grid), -1, grid.shape[-1])
    positions = np.broadcast_to(positions, (*rows.shape[:2], len(positions.T)))
    return np.concatenate([rows, positions], axis=-1)


def reference_inputs(model, weights, images, training, stem):
    """What the latents read: rows and their positions."""
    if model.name.startswith("learned"):
        positions = weights["input_positions/array"]
        return rows_with_positions(
            linear(images, part(weights, "pixel_projection")),
            linear(positions, part(weights, "position_projection")),
        )
    if model.name.startswith("conv"):
        images = float64_reference.conv_stem(
            part(weights, "conv_stem"), images, training=training, **stem
        )
    positions = float64_reference.fourier_features(
        images.shape[1:3], 3, FOURIER["max_resolution"]
    )
    return rows_with_positions(images, positions)


def reference(model, images, training=False, residual=None, **stem):
    """The whole model in float64; numbers of layers and heads are ours."""
    weights = weight_values(model)
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        reference_inputs(
            model, weights, images.astype("float64"), training, stem
        ),
        num_heads=1,
    )
    for layer in ("self_attention_0", "self_attention_1") * 2:
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=3
        )
    if "mean" in model.name:
        outputs = latents.mean(1)
    else:
        published = not model.name.startswith("learned")
        outputs = float64_reference.cross_attention(
            part(weights, "decoder_cross_attention"),
            np.repeat(weights["output_query/array"][None], len(images), 0),
            latents,
            num_heads=1,
            query_residual=published if residual is None else residual,
        )[:, 0]
    return linear(outputs, part(weights, "logits"))


@EVERY
def test_the_whole_equals_the_reference(name):
    model = tiny(name)
    images = images_of(model)
    assert_near(model(images), reference(model, images))


@EVERY
def test_names_inputs_and_outputs_are_the_documented_ones(name):
    model = tiny(name)
    assert model.name == name
    assert model.input.name == "images"
    assert model.output.shape == (None, 5)
    assert model.encode.output.shape == (None, 4, 12)
    assert model.decode.output.shape == (None, 5)
    assert set(model.decode.input) == {"latents"}
    assert model(images_of(model, 0)).shape == (0, 5)
    layers = {layer.name for layer in model.layers}
    assert layers > {"input_positions", "latents_out", "logits"}
    by_query = {"output_query", "decoder_cross_attention"}
    assert layers & by_query == (set() if "mean" in name else by_query)
    paths = [weight.path for weight in model.weights]
    assert len(set(paths)) == len(paths)


@EVERY
def test_views_agree_with_the_whole_and_share_its_weights(name):
    model = tiny(name)
    images = images_of(model)
    decoded = model.decode({"latents": model.encode(images)})
    assert_near(decoded, model(images), 1e-6)
    weights = {id(weight) for weight in model.weights}
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode | decode == weights
    assert not encode & decode


@EVERY
def test_a_row_alone_equals_the_row_in_a_batch(name):
    model = tiny(name)
    images = images_of(model)
    logits = model(images)
    for row in range(3):
        alone = model(images[row : row + 1])
        assert_near(alone[0], logits[row], 2e-6)


@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if not name.startswith("learned")]
)
def test_fourier_positions_take_other_sizes_with_the_same_weights(name):
    model, other = tiny(name), tiny(name, image_shape=(21, 9, 3))
    assert model.count_params() == other.count_params()
    other.set_weights(model.get_weights())
    images = images_of(other)
    assert images.shape == (3, 21, 9, 3)
    assert_near(other(images), reference(other, images))


def test_learned_positions_fit_one_size():
    model = fresh("learned_image_classifier", image_shape=(4, 4, 3))
    assert model.get_layer("input_positions").array.shape == (16, 5)


def test_the_resolution_defaults_to_the_grid_that_is_read():
    for name, grid in (
        ("fourier_image_classifier", (8, 12)),
        ("conv_image_classifier", (4, 5)),
    ):
        default = tiny(name, max_resolution=None)
        explicit = tiny(name, max_resolution=grid)
        images = images_of(default)
        np.testing.assert_array_equal(default(images), explicit(images))
        assert relative_error(default(images), tiny(name)(images)) > 1e-3


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize(
    "name", [name for name in SETTINGS if "mean" not in name]
)
def test_the_residual_of_the_decoder_can_be_chosen(name, residual):
    model = tiny(name, decoder_query_residual=residual)
    images = images_of(model)
    expected = reference(model, images, residual=residual)
    assert_near(model(images), expected)


def test_stems_in_the_form_of_the_port_to_torch():
    model = tiny("conv_image_classifier", stem_same_padding=False)
    images = images_of(model)
    assert_near(model(images), reference(model, images, same=False))


def test_stems_of_two_layers():
    settings = {"num_stem_layers": 2, "image_shape": (20, 33, 3)}
    model = tiny("conv_image_classifier", **settings)
    images = images_of(model)
    assert_near(model(images), reference(model, images, num_layers=2))


@CONVOLUTIONAL
def test_batch_norm_tells_training_from_inference(name):
    model = tiny(name)
    images = images_of(model)
    expected = reference(model, images, training=True)
    before = reference(model, images)
    assert relative_error(before, expected) > 0.01
    assert_near(model(images, training=True), expected)
    # The averages have moved, and only they.
    moved = {
        weight.path
        for weight, value in zip(
            model.weights, tiny(name).get_weights(), strict=True
        )
        if np.abs(keras.ops.convert_to_numpy(weight) - value).max() > 0
    }
    assert moved == {
        "conv_stem/norm_0/moving_mean",
        "conv_stem/norm_0/moving_variance",
    }
    assert {weight.path for weight in model.non_trainable_weights} == moved
    assert_near(model(images), reference(model, images))


@EVERY
def test_heads_start_as_the_reference_does(name):
    model = fresh(name, num_classes=400, latent_dim=48, v_channels=48)
    kernel = keras.ops.convert_to_numpy(model.get_layer("logits").kernel)
    if "mean" in name:
        np.testing.assert_array_equal(kernel, 0 * kernel)
    else:
        expected = 0.8796 * len(kernel) ** -0.5
        assert kernel.std() == pytest.approx(expected, rel=0.05)


@EVERY
def test_mixed_precision_gives_float32_logits(name):
    exact, mixed = tiny(name), tiny(name, dtype="mixed_bfloat16")
    images = images_of(exact)
    latents = mixed.encode(images)
    assert latents.dtype == "bfloat16"
    logits = mixed(images)
    for answer in (logits, mixed.decode({"latents": latents})):
        assert answer.dtype == "float32"
    assert 1e-4 < relative_error(logits, exact(images)) < 0.1
    policies = {layer.dtype_policy.name for layer in mixed.layers}
    assert policies == {"mixed_bfloat16", "float32"}


@EVERY
def test_survives_a_keras_file(name, tmp_path):
    model = tiny(name)
    images = images_of(model)
    model.save(tmp_path / "classifier.keras")
    loaded = keras.saving.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(loaded(images), model(images))
