"""Tags of sound with video (Perceiver IO, appendix C; Perceiver, section 4.2).

    python -m recipes audioset train --config tiny

`tiny` learns generated sounds with generated video in a few minutes on two CPU
cores. `base` is for one GPU, `paper` is the published run on AudioSet's 1.7
million clips with mel spectrograms: a mean average precision of 44.9. `raw`
is the same on waveforms: 43.3 (table 10).
"""

import dataclasses

import keras

from recipes.audioset import evaluation
from recipes.audioset import pictures
from recipes.audioset.answer import answer
from recipes.audioset.breakdown import break_down
from recipes.audioset.breakdown import number
from recipes.audioset.breakdown import percent
from recipes.audioset.config import CONFIGURATIONS
from recipes.audioset.data import TagData
from recipes.audioset.metrics import MapError
from recipes.audioset.tagger import make_task
from recipes.recipe import Recipe
from recipes.settings import resolved


def compile_arguments(configuration):
    """Each tag is true or not by itself; the metric watches their ranking."""
    num_classes = resolved(configuration.model)["num_classes"]
    return {
        "loss": keras.losses.BinaryCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        "weighted_metrics": [MapError(num_classes)],
    }


def preprocessing(data):
    """What has to be known of the data to use the model."""
    return {
        "class_names": data.class_names,
        "media_format": dataclasses.asdict(data.media_format),
    }


RECIPE = Recipe(
    name="audioset",
    summary="tell what is heard and seen, several tags a clip",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 4 minutes",
        "base": "one GPU, days; not run yet",
        "paper": "a pod of TPUs, days; not run here",
        "raw": "a pod of TPUs, days; not run here",
    },
    open_data=TagData,
    compile_arguments=compile_arguments,
    metric="map_error",
    other_metrics=("loss",),
    columns={
        "mAP": lambda row: percent(row["map_error"]),
        "AUC": lambda row: number(row["auc"]),
        "d'": lambda row: number(row["d_prime"]),
        "loss": lambda row: number(row["loss"]),
    },
    column_of={"map_error": "mAP"},
    make_task=make_task,
    sample=pictures.sample,
    answer=answer,
    request="video.mp4 --picture tags.png",
    preprocessing=preprocessing,
    measure=evaluation.measure,
    head=("logits",),
    break_down=break_down,
)
