"""Torch models with weights that all matter, and positions rounded as ours."""

import contextlib
import re
from unittest import mock

import torch
from transformers.models.perceiver import modeling_perceiver as perceiver

# Of attention to inputs and latents. Less would make it a mean over 50,000
# pixels, in which none of them and no position could be told.
SHARPNESS = 2.5


def build(family, settings, as_it_is):
    """A torch model with random weights, ready for inference.

    Args:
        family: a function of `huggingface_models`.
        settings: every argument of our builder of the same model.
        as_it_is: whether to leave the class's own numbers alone, which have
            to be those of `settings` then.
    """
    model_class, config, make_parts = family(settings)
    model = model_class(config)
    if not as_it_is:
        model.perceiver = perceiver.PerceiverModel(config, **make_parts())
    scramble(model)
    return model.eval()


@torch.no_grad()
def scramble(model):
    """Gives every tensor, averages too, a value at which it matters.

    Left as they are made, biases are zero, norms do nothing, and positions
    are lost beside the data, so that a mix-up of any two goes unnoticed.
    """
    generator = torch.Generator().manual_seed(1)
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        layer, _, kind = name.rpartition(".")
        module = model.get_submodule(layer)
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            fan_in = tensor[0].numel() if kind == "weight" else 10
            noise *= fan_in**-0.5
            if re.search(r"cross_attention.*\.(query|key)$", layer):
                noise *= SHARPNESS
        elif kind == "running_var":
            noise = torch.exp(0.5 * noise)
        elif isinstance(module, torch.nn.LayerNorm | torch.nn.BatchNorm2d):
            noise = 0.3 * noise + (kind == "weight")
        # The others are tables: embeddings, positions, latents, paddings.
        tensor.copy_(noise)


@contextlib.contextmanager
def rounded_once():
    """Positions and frequencies that are rounded to float32 only once.

    Torch's `linspace` and `-1 + 2 i / n` are off by another 1e-7, which the
    highest frequencies of audio make 1e-2 of a feature. Ours are rounded so.
    """
    linspace = torch.linspace
    positions = perceiver._check_or_build_spatial_positions

    def rounded_linspace(start, end, steps, dtype=None, device=None):
        return linspace(start, end, steps, dtype=torch.float64).float()

    def rounded_positions(pos, index_dims, batch_size, device=None):
        if pos is None:
            return positions(pos, index_dims, batch_size, device)
        sizes = torch.tensor(index_dims, dtype=torch.float64)
        indices = torch.round((pos.double() + 1) / 2 * sizes)
        return ((2 * indices - sizes) / sizes).float()

    with (
        mock.patch.object(torch, "linspace", rounded_linspace),
        mock.patch.object(
            perceiver, "_check_or_build_spatial_positions", rounded_positions
        ),
    ):
        yield
