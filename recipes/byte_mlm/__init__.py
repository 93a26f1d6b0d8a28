"""Masked language modelling on UTF-8 bytes (Perceiver IO, section 4.1).

    python -m recipes byte_mlm train --config tiny

`tiny` learns CPython's own documentation in about four minutes on two CPU
cores. `base` is for one GPU, `paper` is the published run: 500,000 steps of
2,048 examples of 2,048 bytes, C4 and Wikipedia, LAMB (section F.3, table 12).
The paper gives no masked-byte loss; what it reports is GLUE, 81.0 on average
after fine-tuning (table 1).
"""

import math

import keras
import numpy as np

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.tasks.fill_mask import FillMask
from recipes.byte_mlm import samples
from recipes.byte_mlm.config import CONFIGURATIONS
from recipes.byte_mlm.data import ByteMaskingData
from recipes.byte_mlm.local_start import check_widths
from recipes.byte_mlm.local_start import start_local
from recipes.recipe import Recipe
from recipes.settings import resolved

# A special token is never the answer: e^-12 at first, as if it were unseen.
_SPECIAL_TOKEN_LOGIT = -12.0


def compile_arguments(configuration):
    """The loss over scored bytes, and both metrics over masked bytes."""
    return {
        "loss": keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        "weighted_metrics": [
            keras.metrics.SparseCategoricalCrossentropy(
                from_logits=True, name="nats"
            ),
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        ],
    }


def check_model(configuration):
    """Refuses shapes that `prepare_model` cannot start."""
    if configuration.start.local:
        sizes = resolved(configuration.model)
        check_widths(sizes["latent_dim"], sizes["embedding_dim"])


def prepare_model(model, data):
    """Sets what a model starts from."""
    _start_from_frequencies(model, data)
    if data.start.local:
        start_local(model)


def _start_from_frequencies(model, data):
    """Lets the first prediction be how often each byte occurs.

    Otherwise the tied embedding has to learn the frequencies, which it does
    by growing into one direction, and the inputs lose what tells them apart.
    """
    bias = np.full(NUM_SPECIAL_TOKENS + 256, _SPECIAL_TOKEN_LOGIT)
    bias[NUM_SPECIAL_TOKENS:] = np.log(data.byte_frequencies())
    model.get_layer("logits").bias.assign(bias)


def _number_or_dash(value):
    return "-" if value is None else f"{value:.3f}"


RECIPE = Recipe(
    name="byte_mlm",
    summary="fill masked words of text, byte by byte",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 4 minutes",
        "base": "one GPU, a day or two; not run yet",
        "paper": "a pod of TPUs, days; not run here",
    },
    open_data=ByteMaskingData,
    compile_arguments=compile_arguments,
    prepare_model=prepare_model,
    check_model=check_model,
    metric="nats",
    columns={
        "nats": lambda row: _number_or_dash(row["nats"]),
        "bits/byte": lambda row: _number_or_dash(
            row["nats"] and row["nats"] / math.log(2)
        ),
        "accuracy": lambda row: f"{row['accuracy']:.1%}",
    },
    make_task=FillMask,
    sample=samples.filled_examples,
    answer=samples.answer,
    request="'the [MASK:4] of it'",
)
