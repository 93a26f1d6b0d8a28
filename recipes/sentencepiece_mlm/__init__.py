"""Masked language modelling on SentencePiece pieces (Perceiver IO, 4.1).

    python -m recipes sentencepiece_mlm train --config tiny

`tiny` learns CPython's own documentation in about four minutes on two CPU
cores, in a vocabulary that is trained on it. `base` is for one GPU, `paper` is
the published run: 500,000 steps of 2,048 examples of 512 pieces out of 32,000,
C4 and Wikipedia, LAMB (section F.3, table 12). The paper gives no masked-piece
loss and no vocabulary; what it reports is GLUE, 81.2 on average after
fine-tuning (table 1). Needs the extra `text`.
"""

from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from keras_perceiver.data.sentencepiece_tokenizer import tokenizer_in
from keras_perceiver.tasks.fill_pieces import FillPieces
from recipes import vocabulary
from recipes.language_training import check_model
from recipes.language_training import compile_arguments
from recipes.language_training import measure_masked
from recipes.language_training import number_or_dash
from recipes.language_training import prepare_model
from recipes.recipe import Recipe
from recipes.sentencepiece_mlm import samples
from recipes.sentencepiece_mlm.bytes_study import compare_with_bytes
from recipes.sentencepiece_mlm.config import CONFIGURATIONS
from recipes.sentencepiece_mlm.data import PieceMaskingData
from recipes.token_robustness import ROBUSTNESS


def check_start(data, preprocessing):
    """Raises `ValueError` if weights know the pieces by other numbers."""
    vocabulary.check_same(data.tokenizer, preprocessing)


def measure(model, data):
    """Returns held-out metrics, in the vocabulary that the model has."""
    if getattr(model, "preprocessing", None):
        data.use(tokenizer_in(model.preprocessing))
    numbers = measure_masked(model, data)
    return {**numbers, "bits_per_byte": data.bits_per_byte(numbers["nats"])}


RECIPE = Recipe(
    name="sentencepiece_mlm",
    summary="fill masked words of text, piece by piece",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 4 minutes",
        "base": "one GPU, a day or two; not run yet",
        "paper": "a pod of TPUs, days; not run here",
    },
    open_data=PieceMaskingData,
    compile_arguments=compile_arguments,
    prepare_model=prepare_model,
    check_model=check_model,
    preprocessing=lambda data: as_preprocessing(data.tokenizer),
    check_start=check_start,
    measure=measure,
    metric="nats",
    columns={
        "nats": lambda row: number_or_dash(row["nats"]),
        "bits/byte": lambda row: number_or_dash(row["bits_per_byte"]),
        "accuracy": lambda row: f"{row['accuracy']:.1%}",
    },
    make_task=FillPieces,
    sample=samples.filled_examples,
    answer=samples.answer,
    request="'the [MASK] of it'",
    studies={"bytes": compare_with_bytes},
    robustness=ROBUSTNESS,
)
