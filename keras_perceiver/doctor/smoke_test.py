"""A tiny model, through all that a user does with one."""

import contextlib
import io
import pathlib
import tempfile

import keras
import numpy as np

from keras_perceiver.doctor.finding import Finding
from keras_perceiver.models import from_preset
from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.export import export
from keras_perceiver.tasks.fill_mask import FillMask
from keras_perceiver.training.lamb import LAMB
from keras_perceiver.training.model import TrainingModel

_TINY = {
    "max_length": 32,
    "embedding_dim": 16,
    "num_latents": 4,
    "latent_dim": 16,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 2,
    "num_decoder_heads": 2,
    "qk_channels": 16,
    "v_channels": 16,
    "decoder_qk_channels": 16,
    "decoder_v_channels": 16,
}
_BATCH = 2
_CURE = (
    "See what is missing above; if nothing is, report this with the output "
    "of keras-perceiver doctor --json."
)


def smoke_test():
    """Yields whether a model answers, learns, and can be served.

    What comes after a step that fails is not tried.
    """
    keras.utils.set_random_seed(0)
    model = from_preset("language_bytes", **_TINY)
    for name, step in (
        ("forward pass", forward_pass),
        ("train step", train_step),
        ("export and check", export_and_check),
    ):
        finding = attempt(name, step, model)
        yield finding
        if finding.is_problem:
            return


def attempt(name, step, model):
    """Returns what came of a step, even if it raised.

    Args:
        name: of the step.
        step: from a model to words on how it went.
        model: the model.
    """
    noise = io.StringIO()
    try:
        with contextlib.redirect_stdout(noise), quiet_start():
            return Finding(name, step(model))
    # Whatever is broken is what was asked for.
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0]
        words = f"{type(error).__name__}: {first_line}"
        return Finding(name, words, _CURE, is_problem=True)


def forward_pass(model):
    """Asks the model, and looks at the form of its answer."""
    logits = model.predict_on_batch(_inputs())
    if not np.isfinite(logits).all():
        raise ValueError("The logits are not finite.")
    return f"logits of shape {logits.shape}, all finite"


def train_step(model):
    """Takes a step with LAMB, and looks whether the weights have moved."""
    before = model.get_weights()
    training = TrainingModel(model.input, model.output)
    training.compile(
        optimizer=LAMB(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    inputs = _inputs()
    loss = float(training.train_on_batch(inputs, inputs["token_ids"]))
    moved = any(
        (old != new).any()
        for old, new in zip(before, model.get_weights(), strict=True)
    )
    if not np.isfinite(loss) or not moved:
        raise ValueError(f"The loss is {loss}, and weights moved: {moved}")
    return f"loss {loss:.3f}, weights moved"


def export_and_check(model):
    """Exports to the temporary folder, and checks that as a server would."""
    with tempfile.TemporaryDirectory() as folder:
        version = export(FillMask(model), pathlib.Path(folder) / "smoke_test")
        checked = run_alone(
            "keras_perceiver.serving.check", version, capture=True
        )
    if checked.returncode:
        raise ValueError(checked.stderr or f"ended with {checked.returncode}")
    passed = sum(line.startswith("ok ") for line in checked.stdout.splitlines())
    return f"{passed} checks passed in TensorFlow's C library"


def _inputs():
    shape = (_BATCH, _TINY["max_length"])
    ids = np.random.default_rng(0).integers(6, 262, shape).astype("int32")
    return {"token_ids": ids, "padding_mask": np.ones(shape, bool)}
