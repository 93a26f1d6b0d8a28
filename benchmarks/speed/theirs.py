"""transformers' side, in PyTorch: eager, and by `torch.compile`."""

import contextlib

import torch

from benchmarks.speed.side import Side
from benchmarks.speed.works import THEIR_CHUNKS
from tests.parity import families
from tests.parity import torch_models

EAGER, COMPILED = "transformers", "transformers, torch.compile"
# The GELU of the published weights, as ours. Their own default is the exact
# form.
ACTIVATION = "gelu_pytorch_tanh"


def device():
    """Where PyTorch computes: a GPU, if it sees one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def forward(work, dtype, batch, with_compile):
    """Sides of a forward pass.

    Args:
        work: a `Work`.
        dtype: `"float32"` or `"bfloat16"`.
        batch: number of examples.
        with_compile: whether `torch.compile` is a side too.
    """
    family = getattr(families, work.family)
    # Positions of clips stay float32 in their model, which cannot be read by
    # weights of another dtype without this.
    mixed = dtype == "bfloat16" and work.is_clip
    model = _model(work).to(device())
    inputs, drawn, times = _inputs(work, batch, family)
    if dtype == "bfloat16" and not mixed:
        model = model.to(torch.bfloat16)
        inputs = _mapped(_rounded, inputs)

    def side(name, call):
        def run():
            with torch.inference_mode(), _autocast(mixed):
                output = call(**inputs)
            _wait()
            outputs = family.their_outputs(output, drawn)
            return {name: tuple(x.shape) for name, x in outputs.items()}

        note = f"1 of {times} chunks, times {times}" if times > 1 else ""
        return Side(name, run, times, note)

    return _sides(side, model, with_compile)


def train(work, dtype, batch, with_compile):
    """Sides of a training step: forward, loss, backward, optimiser.

    Args:
        work: a `Work`.
        dtype: `"float32"`, or `"bfloat16"` for autocast with weights in
            float32.
        batch: number of examples.
        with_compile: whether `torch.compile` is a side too.
    """
    family = getattr(families, work.family)
    model = _model(work).to(device()).train()
    inputs, *_ = _inputs(work, batch, family)
    optimizer = torch.optim.AdamW(
        model.parameters(), 1e-4, weight_decay=0.01, fused=True
    )
    generator = torch.Generator().manual_seed(1)
    targets = None

    def side(name, call):
        def run():
            nonlocal targets
            optimizer.zero_grad()
            with _autocast(dtype == "bfloat16"):
                logits = call(**inputs).logits
            rows = logits.float().flatten(0, -2)
            if targets is None:
                targets = torch.randint(
                    work.targets, rows.shape[:1], generator=generator
                ).to(device())
            loss = torch.nn.functional.cross_entropy(rows, targets)
            loss.backward()
            optimizer.step()
            return loss.item()

        return Side(name, run)

    return _sides(side, model, with_compile)


def _model(work):
    family = getattr(families, work.family)

    def with_activation(settings):
        model_class, config, make_parts = family.theirs(settings)
        config.hidden_act = ACTIVATION
        return model_class, config, make_parts

    as_it_is = not work.overrides
    return torch_models.build(with_activation, work.settings, as_it_is)


def _inputs(work, batch, family):
    """What their model takes, what that is in ours, and how often it is run."""
    drawn = work.draw(batch)
    given = family.to_theirs(drawn)
    times = 1
    if work.is_clip:
        times = THEIR_CHUNKS
        chunk = given["subsampled_output_points"] = _first_chunk(work)
        drawn["audio_indices"] = chunk["audio"].expand(batch, -1)
    return _mapped(lambda tensor: tensor.to(device()), given), drawn, times


def _first_chunk(work):
    settings = work.settings
    frames, height, width, _ = settings["video_shape"]
    patches = settings["num_audio_samples"] // settings["samples_per_patch"]
    return {
        "image": torch.arange(frames * height * width // THEIR_CHUNKS),
        "audio": torch.arange(patches // THEIR_CHUNKS),
        "label": None,
    }


def _sides(make, model, with_compile):
    sides = [make(EAGER, model)]
    if with_compile:
        torch._dynamo.reset()
        sides.append(make(COMPILED, torch.compile(model)))
    return sides


def _autocast(wanted):
    if not wanted:
        return contextlib.nullcontext()
    return torch.autocast(device().type, dtype=torch.bfloat16)


def _rounded(tensor):
    return tensor.bfloat16() if tensor.is_floating_point() else tensor


def _mapped(function, inputs):
    if isinstance(inputs, dict):
        return {name: _mapped(function, x) for name, x in inputs.items()}
    return None if inputs is None else function(inputs)


def _wait():
    if device().type == "cuda":
        torch.cuda.synchronize()
