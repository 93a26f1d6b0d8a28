"""The command `keras-perceiver convert`."""

import json

import numpy as np
import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver.convert import load_pretrained
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_deepmind_pickle
from tests.convert.checkpoints import write_huggingface_folder

HEADS = {
    "num_blocks": 1,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 2,
    "num_decoder_heads": 2,
}


@pytest.fixture(scope="module")
def model():
    return tiny("language_bytes")


@pytest.fixture
def source(tmp_path, model):
    return write_deepmind_pickle(tmp_path / "weights.pickle", model)


def convert(*arguments):
    return command_line.main(["convert", *map(str, arguments)])


def overrides(**values):
    return [
        word
        for name, value in values.items()
        for word in ("--override", f"{name}={value}")
    ]


def test_a_pickle_becomes_a_folder(model, source, tmp_path, capsys):
    folder = tmp_path / "made" / "for it"
    assert convert(source, folder, *overrides(**HEADS)) == 0
    loaded = load_pretrained(folder)
    assert_same_values(loaded, values_of(model))
    inputs = {
        "token_ids": np.arange(12).reshape(2, 6),
        "padding_mask": np.ones((2, 6), bool),
    }
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
    said = capsys.readouterr().out
    assert f"{folder} holds language_bytes with" in said
    assert "leave no trace" not in said


def test_what_shapes_do_not_tell_is_said(source, tmp_path, capsys):
    assert convert(
        source, tmp_path / "new", *overrides(num_self_attention_heads=4)
    ) in (0, 1)
    said = capsys.readouterr().out
    assert "num_blocks=1, num_cross_attention_heads=8, num_decoder" in said
    assert "num_self_attention_heads" not in said


def test_a_folder_becomes_a_folder(model, tmp_path, capsys):
    folder = write_huggingface_folder(
        tmp_path / "theirs",
        huggingface_tensors(model),
        num_latents=5,
        d_latents=12,
        d_model=8,
        num_self_attends_per_block=2,
        num_self_attention_heads=2,
        num_cross_attention_heads=2,
        vocab_size=20,
        max_position_embeddings=6,
        qk_channels=4,
        v_channels=12,
        self_attention_widening_factor=2,
        cross_attention_widening_factor=3,
    )
    more = {"decoder_qk_channels": 4, "num_decoder_heads": 2}
    ours = tmp_path / "ours"
    assert convert(folder, ours, *overrides(**more)) == 0
    assert_same_values(load_pretrained(ours), values_of(model))
    assert "overrides: gelu_approximate=False" in capsys.readouterr().out
    form = {"gelu_approximate": "false"}
    assert convert(folder, ours, *overrides(**more, **form)) == 0
    assert "gelu" not in capsys.readouterr().out
    assert not load_pretrained(ours).preset_overrides["gelu_approximate"]


def test_images_of_another_size(tmp_path, capsys):
    model = tiny("imagenet_learned")
    source = write_deepmind_pickle(tmp_path / "weights.pickle", model)
    size = overrides(
        num_self_attention_heads=2, image_shape="(6, 7, 3)", num_blocks=2
    )
    folder = tmp_path / "new"
    assert convert(source, folder, *size) == 1
    assert "interpolate_positions=True" in capsys.readouterr().err
    assert not folder.exists()
    assert convert(source, folder, *size, "--interpolate-positions") == 0
    assert load_pretrained(folder).input_shape == (None, 6, 7, 3)


def test_another_preset_of_the_family(source, tmp_path):
    folder = tmp_path / "new"
    preset = ["--preset", "language_sentencepiece"]
    assert convert(source, folder, *preset, *overrides(**HEADS)) == 0
    description = json.loads((folder / "model.json").read_text())
    assert description["preset"] == "language_sentencepiece"
    assert description["overrides"]["vocabulary_size"] == 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "langage_bytes"], "Did you mean 'language_bytes'"),
        (["--preset", "imagenet_fourier"], "override of preset"),
        (["--override", "num_latents"], "An override is written NAME=VALUE"),
        (["--override", "num_latent=3"], "Did you mean 'num_latents'"),
        (["--override", "num_latents=4"], "does not fit language"),
        (["--sha256", "0" * 64], "is not the file that was wanted"),
        (["--sha256", "a", "--sha256", "b"], "Several files need their names"),
        (["--max-bytes", "10"], "Received: max_bytes=10"),
    ],
)
def test_what_does_not_fit_is_one_message(
    source, tmp_path, capsys, words, said
):
    words = [*overrides(**HEADS), *words]
    assert convert(source, tmp_path / "new", *words) == 1
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert said in message
    assert not (tmp_path / "new").exists()


def test_a_file_is_not_overwritten(source, tmp_path, capsys):
    assert convert(source, source) == 1
    assert "is a file. Wanted: a folder" in capsys.readouterr().err


def test_downloads_need_their_hash(tmp_path, capsys):
    address = "hf://deepmind/language-perceiver"
    assert convert(address, tmp_path / "new") == 1
    assert "SHA-256 of each file" in capsys.readouterr().err
