"""Few weights are trained beside frozen ones."""

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.models import from_preset
from keras_perceiver.serving import export
from keras_perceiver.serving.signatures import signatures_of
from keras_perceiver.tasks import FillMask
from keras_perceiver.training import lora
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel
from tests.float64_reference import assert_near
from tests.random_values import named_weights
from tests.random_values import randomize
from tests.tiny_models import tiny_language

RANK = 2
HEAD = ("*_query", "*_hidden", "*_logits")
SIZES = {
    "vocabulary_size": 13,
    "max_length": 6,
    "embedding_dim": 8,
    "num_latents": 3,
    "latent_dim": 12,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 2,
    "num_decoder_heads": 1,
    "qk_channels": 4,
    "v_channels": 6,
    "decoder_qk_channels": 4,
    "decoder_v_channels": 10,
    "dropout": 0.3,
    "task_outputs": (("label", 3),),
}
# Inputs and outputs of query, key, value, output and both layers of the MLP.
WIDTHS = {
    "encoder": [(12, 4), (8, 4), (8, 6), (6, 12), (12, 12), (12, 12)],
    "processor": [(12, 4), (12, 4), (12, 6), (6, 12), (12, 12), (12, 12)],
    "decoder": [(8, 4), (12, 4), (12, 10), (10, 8), (8, 8), (8, 8)],
}
HEAD_PARAMETERS = 1 * 8 + (8 + 1) * 8 + (8 + 1) * 3
generator = np.random.default_rng(0)
INPUTS = {
    "token_ids": generator.integers(0, 13, (4, 6)).astype("int32"),
    "padding_mask": np.arange(6) < [[6], [2], [6], [4]],
}
TARGETS = {"label": np.array([0, 2, 1, 1])}


def classifier(**settings):
    model = from_preset("language_bytes_glue", **{**SIZES, **settings})
    randomize(model)
    return model


def adapted(seed=0, **settings):
    model = classifier(**settings)
    lora.adapt(model, RANK, seed=seed, whole=HEAD)
    return model


def with_random_factors(model):
    for number, (path, weight) in enumerate(named_weights(model).items()):
        if "lora" in path:
            noise = np.random.default_rng(number).normal(size=weight.shape)
            weight.assign(0.3 * noise)
    return model


def values(model):
    return {
        path: np.copy(keras.ops.convert_to_numpy(weight))
        for path, weight in named_weights(model).items()
    }


def training_model(model):
    training = TrainingModel(model.input, model.output)
    training.compile(
        LAMB(0.02),
        {"label": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
        # Tracing a graph would take nearly all of the time.
        run_eagerly=True,
    )
    return training


def train(model, steps):
    for _ in range(steps):
        model.train_on_batch(INPUTS, TARGETS)


def test_the_model_answers_as_before():
    expected, found = classifier()(INPUTS), adapted()(INPUTS)
    np.testing.assert_array_equal(found["label"], expected["label"])


def test_as_many_weights_are_trained_as_it_says():
    model = adapted()
    factors = sum(
        RANK * (inputs + outputs)
        for widths in WIDTHS.values()
        for inputs, outputs in widths
    )
    trained = sum(np.prod(one.shape) for one in model.trainable_variables)
    assert trained == factors + HEAD_PARAMETERS
    assert model.count_params() == classifier().count_params() + factors


def assert_little_has_changed(before, after):
    """That factors and head have learnt, and nothing else."""
    for path, array in after.items():
        trained = "lora_kernel" in path or path.startswith(("task_", "label_"))
        assert np.any(array != before[path]) == trained, path


def test_rematerialized_layers_learn_too():
    model = adapted(rematerialize=True)
    before = values(model)
    # The other factor is zero in the first step.
    train(training_model(model), 2)
    assert_little_has_changed(before, values(model))


def test_the_product_is_added_to_the_kernels():
    model = with_random_factors(adapted())
    arrays = values(model)
    plain = classifier()
    for path, weight in named_weights(plain).items():
        array = arrays[path].astype("float64")
        start = path.removesuffix("kernel") + "lora_kernel_"
        if f"{start}a" in arrays:
            one, other = arrays[f"{start}a"], arrays[f"{start}b"]
            array += one.astype("float64") @ other.astype("float64")
        weight.assign(array)
    expected = plain(INPUTS)["label"]
    assert_near(model(INPUTS)["label"], expected, 1e-5)
    assert np.ptp(model(INPUTS)["label"] - classifier()(INPUTS)["label"]) > 0.01


def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path):
    straight = adapted()
    before = values(straight)
    run = training_model(straight)
    train(run, 1)
    run.save_training_state(tmp_path / "state", {"step": 1})
    train(run, 1)
    expected = values(straight)
    assert_little_has_changed(before, expected)
    # Other factors and other states of dropout.
    keras.utils.set_random_seed(2)
    other = adapted(seed=5)
    resumed = training_model(other)
    assert resumed.load_training_state(tmp_path / "state") == {"step": 1}
    train(resumed, 1)
    for path, array in values(other).items():
        np.testing.assert_array_equal(array, expected[path], path)


def test_a_folder_keeps_the_factors(tmp_path):
    model = with_random_factors(adapted())
    save_pretrained(model, tmp_path)
    loaded = load_pretrained(tmp_path)
    np.testing.assert_array_equal(
        loaded(INPUTS)["label"], model(INPUTS)["label"]
    )
    expected = values(model)
    for path, array in values(loaded).items():
        np.testing.assert_array_equal(array, expected[path], path)


def test_an_export_answers_the_same(tmp_path):
    model = tiny_language()
    lora.adapt(model, RANK, seed=0)
    with_random_factors(model)
    # The signature with the weights alone, since it takes a second.
    signature = signatures_of(FillMask(model))["tensors"]
    export._write_graph(export._traced({"tensors": signature}), tmp_path)
    inputs = {
        "token_ids": np.random.default_rng(0).integers(6, 262, (2, 32)),
        "padding_mask": np.arange(32) < [[32], [9]],
    }
    inputs["token_ids"] = inputs["token_ids"].astype("int32")
    exported = tf.saved_model.load(tmp_path).signatures["tensors"]
    answer = exported(**{k: tf.constant(v) for k, v in inputs.items()})
    (logits,) = answer.values()
    assert_near(logits, model(inputs), 1e-5)


def test_first_factors_depend_on_the_seed_and_the_layer():
    keras.utils.set_random_seed(1)
    first = values(adapted(seed=3))
    keras.utils.set_random_seed(2)
    same, other = values(adapted(seed=3)), values(adapted(seed=4))
    factors = [path for path in first if path.endswith("lora_kernel_a")]
    assert len(factors) == 18
    for path in factors:
        np.testing.assert_array_equal(first[path], same[path])
        assert np.all(first[path] != other[path])
    shapes = {}
    for path in factors:
        shapes.setdefault(first[path].shape, []).append(first[path])
    for arrays in shapes.values():
        assert len({array.tobytes() for array in arrays}) == len(arrays)
