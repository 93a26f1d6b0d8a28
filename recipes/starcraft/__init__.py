"""StarCraft II's entity encoder (Perceiver IO, section 4.4 and appendix B).

python -m recipes starcraft train --config tiny
"""

import operator

import keras

from keras_perceiver.tasks.encode_entities import EncodeEntities
from recipes.recipe import Recipe
from recipes.starcraft import evaluation
from recipes.starcraft import maps
from recipes.starcraft.answer import answer
from recipes.starcraft.config import CONFIGURATIONS
from recipes.starcraft.data import SelectionData
from recipes.starcraft.transformer_study import compare_with_transformer


def compile_arguments(configuration):
    """Cross-entropy to equal shares of the selected units."""
    return {
        "loss": keras.losses.CategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        "weighted_metrics": [
            keras.metrics.MeanMetricWrapper(_first_error, "first_error")
        ],
    }


def _first_error(targets, logits):
    best = keras.ops.argmax(logits, axis=-1)[:, None]
    share = keras.ops.take_along_axis(targets, best, axis=-1)[:, 0]
    return 1.0 - keras.ops.cast(share > 0, "float32")


RECIPE = Recipe(
    name="starcraft",
    summary="tell which units people select",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 4 minutes",
        "base": "one GPU and replays of your own; not run yet",
        "paper": "a pod of TPUs, and an agent around it; not run here",
    },
    open_data=SelectionData,
    compile_arguments=compile_arguments,
    metric="loss",
    other_metrics=("first_error", "set_error"),
    columns={
        "first unit": lambda row: f"{1 - row['first_error']:.2%}",
        "set F1": lambda row: f"{1 - row['set_error']:.2%}",
        "nats": lambda row: f"{row['loss']:.3f}",
    },
    column_of={
        "loss": "nats",
        "first_error": "first unit",
        "set_error": "set F1",
    },
    make_task=EncodeEntities,
    sample=maps.sample,
    answer=answer,
    request="game.SC2Replay 5:00 --picture map.png",
    measure=evaluation.measure,
    trained_output=operator.itemgetter("selection_logits"),
    studies={"transformer": compare_with_transformer},
)
