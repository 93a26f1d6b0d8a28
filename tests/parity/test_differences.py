"""Where Hugging Face's port is not the reference, and by how much.

What `docs/parity.md` says of the port is proved here.
"""

import keras
import numpy as np
import pytest
import torch
from transformers.models.perceiver import modeling_perceiver

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert import read_huggingface_config
from keras_perceiver.layers import ConvStem
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.parity import answers
from tests.parity import cases
from tests.parity import families

# What a family needs beside the exact form of GELU, which all of them do.
FORMS = {
    families.Language: {},
    families.FourierImages: {},
    families.LearnedImages: {"decoder_query_residual": True},
    families.ConvImages: {"stem_same_padding": False},
    families.OpticalFlow: {"flow_scale": 0.01},
    families.Autoencoder: {},
}


def loaded(case, folder, **form):
    """Our model in some form, and the overrides that it is said to lack."""
    model = from_preset(case.family.preset, **case.overrides, **form)
    return model, load_checkpoint(model, folder)


@pytest.mark.parametrize("case", cases.TINY, ids=cases.name_of)
def test_every_override_is_needed(case, tmp_path, report, capsys):
    inputs, model = case.inputs(), case.theirs()
    expected = answers.their_answer(case, model, inputs)
    model.save_pretrained(tmp_path)
    _, form = loaded(case, tmp_path)
    assert form == {"gelu_approximate": False, **FORMS[case.family]}
    printed = capsys.readouterr().out
    for name, value in form.items():
        assert f"{name}={value!r}" in printed
        others = {key: form[key] for key in form if key != name}
        model, lacking = loaded(case, tmp_path, **others)
        assert lacking == {name: value}
        answer = answers.our_answer(case, model, inputs)
        error = max(answers.errors(case, answer, expected, inputs).values())
        report.apart(case.name, f"without {name}={value!r}", error)
        assert error > 5 * answers.TOLERANCE


def test_padded_positions_read_the_latents_there(tmp_path, report):
    """So do ours where they are decoded one by one, without a mask."""
    case = cases.TINY[0]
    inputs, theirs = case.inputs(), case.theirs()
    expected = answers.their_answer(case, theirs, inputs)["logits"]
    theirs.save_pretrained(tmp_path)
    model = case.ours(tmp_path)
    padded = ~inputs["padding_mask"]
    error = relative_error(np.array(model(inputs))[padded], expected[padded])
    report.apart(case.name, "at padded positions", error)
    assert error > 0.1
    batch, length = padded.shape
    indices = np.tile(np.arange(length, dtype="int32"), (batch, 1))
    unmasked = model.decode(
        {
            "latents": model.encode(inputs),
            "token_indices": keras.ops.convert_to_tensor(indices),
        }
    )
    assert_near(unmasked, expected, answers.TOLERANCE)


def test_the_stem_of_the_port_leaves_fewer_tokens():
    theirs = modeling_perceiver.Conv2DDownsample()
    side = theirs(torch.zeros(1, 3, 224, 224)).shape[-1]
    assert side == 55
    for same_padding, ours in ((True, 56), (False, side)):
        stem = ConvStem(64, same_padding=same_padding)
        shape = stem.compute_output_shape((None, 224, 224, 3))
        assert shape == (None, ours, ours, 64)


@pytest.mark.parametrize(
    "case", [*cases.SMALL, *cases.PUBLISHED], ids=cases.name_of
)
def test_a_configuration_says_the_sizes(case, tmp_path):
    model_class, config, _ = case.family.theirs(case.settings)
    config.architectures = [model_class.__name__]
    config.save_pretrained(tmp_path)
    preset, overrides = read_huggingface_config(tmp_path)
    assert preset == case.family.preset
    if not case.overrides:
        assert overrides == {}
    settings = {**presets()[preset].arguments, **overrides}
    if case.family in (families.FourierImages, families.ConvImages):
        # Their weights fit images of all sizes.
        settings["image_shape"] = case.settings["image_shape"]
    assert filled(settings) == filled(case.settings)


def filled(settings):
    """With the widths written out that are the latents' by default."""
    widths = {
        name: settings[name] or settings["latent_dim"]
        for name in ("decoder_qk_channels", "decoder_v_channels")
    }
    return {**settings, **widths}
