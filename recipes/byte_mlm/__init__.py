"""Masked language modelling on UTF-8 bytes (Perceiver IO, section 4.1).

    python -m recipes byte_mlm train --config tiny

`tiny` learns CPython's own documentation in about four minutes on two CPU
cores. `base` is for one GPU, `paper` is the published run: 500,000 steps of
2,048 examples of 2,048 bytes, C4 and Wikipedia, LAMB (section F.3, table 12).
The paper gives no masked-byte loss; what it reports is GLUE, 81.0 on average
after fine-tuning (table 1).
"""

import math

from keras_perceiver.tasks.fill_mask import FillMask
from recipes.byte_mlm import samples
from recipes.byte_mlm.config import CONFIGURATIONS
from recipes.byte_mlm.data import ByteMaskingData
from recipes.language_training import check_model
from recipes.language_training import compile_arguments
from recipes.language_training import number_or_dash
from recipes.language_training import prepare_model
from recipes.recipe import Recipe
from recipes.token_robustness import ROBUSTNESS

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
        "nats": lambda row: number_or_dash(row["nats"]),
        "bits/byte": lambda row: number_or_dash(
            row["nats"] and row["nats"] / math.log(2)
        ),
        "accuracy": lambda row: f"{row['accuracy']:.1%}",
    },
    make_task=FillMask,
    sample=samples.filled_examples,
    answer=samples.answer,
    request="'the [MASK:4] of it' --picture read.png",
    robustness=ROBUSTNESS,
)
