"""What `--from` reads, what is taken over, and what is said of the rest."""

import pathlib
import re
import types

import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert import save_pretrained
from recipes.start_weights import load_start
from recipes.start_weights import open_start
from tests.convert.checkpoints import TINY
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_deepmind_pickle
from tests.convert.checkpoints import write_huggingface_folder
from tests.random_values import randomize

RECIPE = types.SimpleNamespace(
    head=("*_query", "*_hidden", "*_logits"),
    unused=("output_queries", "logits", "*_query", "*_hidden", "*_logits"),
)
STRICT = types.SimpleNamespace(head=(), unused=())
TASKS = (("first", 3), ("second", 1))
# What Hugging Face's port has in its code and not in its configuration.
DECODER = {"decoder_qk_channels": 256, "num_decoder_heads": 8}
GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "mlm_tiny.pickle"


def classifier(**overrides):
    settings = {**TINY["language_bytes"], **DECODER, "task_outputs": TASKS}
    model = from_preset("language_bytes_glue", **{**settings, **overrides})
    randomize(model)
    return model


@pytest.fixture(scope="module")
def trained():
    model = tiny("language_bytes", **DECODER)
    for seed, weight in enumerate(model.weights):
        noise = np.random.default_rng(seed).normal(size=weight.shape)
        weight.assign(noise.astype("float32"))
    return model


def own_folder(path, model):
    save_pretrained(model, path / "folder")
    return path / "folder"


def pickle(path, model):
    return write_deepmind_pickle(path / "weights.pickle", model)


def huggingface_folder(path, model):
    return write_huggingface_folder(
        path / "folder",
        huggingface_tensors(model),
        num_latents=5,
        d_latents=12,
        d_model=8,
        num_blocks=1,
        num_self_attends_per_block=2,
        num_self_attention_heads=2,
        num_cross_attention_heads=2,
        qk_channels=4,
        v_channels=12,
        vocab_size=20,
        max_position_embeddings=6,
        self_attention_widening_factor=2,
        cross_attention_widening_factor=3,
    )


@pytest.mark.parametrize("written", [own_folder, pickle, huggingface_folder])
def test_a_classifier_starts_from_a_language_model(
    trained, written, tmp_path, capsys
):
    path = written(tmp_path, trained)
    model = classifier()
    before = values_of(model)
    load_start(RECIPE, model, open_start(path, model), path)
    pretrained = values_of(trained)
    shared = before.keys() & pretrained.keys()
    assert {name.split("/")[0] for name in before.keys() - shared} == {
        f"{name}_{part}"
        for name, _ in TASKS
        for part in ("query", "hidden", "logits")
    }
    assert_same_values(
        model, {**before, **{name: pretrained[name] for name in shared}}
    )
    said = capsys.readouterr().out
    assert "begins anew: first_query (1, 8)\n" in said
    assert "begins anew: first_logits (8, 3), (3,)\n" in said
    assert f"not taken over from {path}: output_queries\n" in said
    assert f"not taken over from {path}: logits\n" in said
    assert "other settings" not in said


def test_a_classifier_reads_as_deepminds_model_does():
    """The tiny checkpoint in Haiku's own format."""
    sizes = {
        "max_length": 40,
        "vocabulary_size": 262,
        "embedding_dim": 16,
        "num_latents": 12,
        "latent_dim": 24,
        "num_self_attends_per_block": 3,
        "num_self_attention_heads": 4,
        "num_cross_attention_heads": 4,
        "num_decoder_heads": 4,
        "qk_channels": 8,
        "v_channels": 24,
        "decoder_qk_channels": 8,
        "decoder_v_channels": 16,
    }
    reference = from_preset("language_bytes", **sizes)
    load_checkpoint(reference, GOLDEN)
    model = from_preset("language_bytes_glue", **sizes, task_outputs=TASKS)
    load_start(RECIPE, model, open_start(GOLDEN, model), GOLDEN)
    inputs = {
        "token_ids": np.arange(80).reshape(2, 40),
        "padding_mask": np.arange(40) < [[40], [7]],
    }
    np.testing.assert_array_equal(
        model.encode(inputs), reference.encode(inputs)
    )


def test_a_classifier_of_the_same_shape_gives_all(tmp_path, capsys):
    source = classifier()
    for weight in source.weights:
        weight.assign(weight + 1)
    path = own_folder(tmp_path, source)
    model = classifier()
    load_start(STRICT, model, open_start(path, model), path)
    assert_same_values(model, values_of(source))
    assert capsys.readouterr().out == ""


def test_one_task_starts_from_several(tmp_path, capsys):
    source = classifier()
    for weight in source.weights:
        weight.assign(weight + 1)
    path = own_folder(tmp_path, source)
    model = classifier(task_outputs=(("second", 1),))
    load_start(RECIPE, model, open_start(path, model), path)
    said = capsys.readouterr().out
    assert "begins anew" not in said
    assert f"not taken over from {path}: first_hidden\n" in said
    assert "second_" not in said
    values = values_of(source)
    for name, array in values_of(model).items():
        np.testing.assert_array_equal(array, values[name], name)


def test_low_rank_factors_are_taken_over_as_kernels(tmp_path):
    source = tiny("language_bytes")
    for layer in source._flatten_layers():
        if layer.name == "query":
            layer.enable_lora(2, lora_alpha=6)
    for seed, weight in enumerate(source.weights):
        noise = np.random.default_rng(seed).normal(size=weight.shape)
        weight.assign(0.3 * noise.astype("float32"))
    path = own_folder(tmp_path, source)
    model = tiny("language_bytes")
    load_start(STRICT, model, open_start(path, model), path)
    inputs = {
        "token_ids": np.arange(12).reshape(2, 6),
        "padding_mask": np.ones((2, 6), bool),
    }
    np.testing.assert_allclose(model(inputs), source(inputs), 1e-4, 1e-5)


def test_without_leave_nothing_is_missing_or_unused(trained, tmp_path):
    path = own_folder(tmp_path, trained)
    model = classifier()
    before = values_of(model)
    with pytest.raises(ValueError, match="does not fit text_cl") as error:
        load_start(STRICT, model, open_start(path, model), path)
    said = str(error.value)
    assert "missing in the file: first_query/array" in said
    assert "unknown to the model: logits/bias" in said
    assert "other settings" not in said
    assert_same_values(model, before)


def test_other_sizes_are_told_as_flags(trained, tmp_path):
    path = own_folder(tmp_path, trained)
    model = classifier(max_length=9, num_latents=4, dropout=0.5)
    said = "To build the same: --model.max-length 6 --model.num-latents 5"
    with pytest.raises(ValueError, match=f"(?s)does not fit.*{said}$"):
        load_start(RECIPE, model, open_start(path, model), path)


def test_other_heads_are_told_although_they_fit(trained, tmp_path, capsys):
    path = own_folder(tmp_path, trained)
    model = classifier(num_self_attention_heads=4)
    load_start(RECIPE, model, open_start(path, model), path)
    said = capsys.readouterr().out
    assert "with other settings: --model.num-self-attention-heads 2\n" in said


@pytest.mark.parametrize("address", ["hf://deepmind/x", "https://x.org/y"])
def test_an_address_is_to_be_fetched_first(address):
    with pytest.raises(ValueError, match="keras-perceiver convert ADDRESS"):
        open_start(pathlib.Path(address))


def test_nothing_there_is_told(tmp_path):
    said = re.escape(f"{tmp_path} holds no model")
    with pytest.raises(FileNotFoundError, match=said):
        open_start(tmp_path)
    path = tmp_path / "language_perceiver_io_bytes.pickle"
    said = re.escape(f"{path} does not exist. DeepMind publishes it at https")
    with pytest.raises(FileNotFoundError, match=said):
        open_start(path)
