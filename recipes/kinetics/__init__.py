"""Video, sound and label through one model (Perceiver IO, section 4.3).

    python -m recipes kinetics train --config tiny

`tiny` learns generated clips in a few minutes on two CPU cores. `base` is for
one GPU, `paper` is the published run on Kinetics-700 in batches of 1,024:
24.37 dB of video, 26.97 dB of sound and 10.2% of labels right with 784 latents
(88x compression); `--model.preset kinetics_autoencoder_392` and `_196` are
published with 24.27, 25.33 and 8.6%, and 23.21, 14.15 and 11.5%.
`classification` lets the label weigh as much as the sound: 45% and 20.7 dB.
"""

import dataclasses
import math

import keras

from keras_perceiver.tasks.autoencode_clip import AutoencodeClip
from recipes.kinetics import evaluation
from recipes.kinetics import pictures
from recipes.kinetics.answer import answer
from recipes.kinetics.breakdown import break_down
from recipes.kinetics.breakdown import nearness
from recipes.kinetics.breakdown import right
from recipes.kinetics.config import CONFIGURATIONS
from recipes.kinetics.data import ClipData
from recipes.kinetics.local_start import check_sizes
from recipes.kinetics.local_start import start_local
from recipes.recipe import Recipe
from recipes.settings import resolved


def compile_arguments(configuration):
    """The three losses of section 4.3, and the errors that are reported."""
    weights = configuration.loss
    # Of what has no weight, nothing counts: no sound, no label.
    reduction = "mean_with_sample_weight"
    return {
        "loss": {
            "video": keras.losses.MeanAbsoluteError(reduction=reduction),
            "audio": keras.losses.MeanAbsoluteError(reduction=reduction),
            "label": keras.losses.CategoricalCrossentropy(
                from_logits=True, reduction=reduction
            ),
        },
        "loss_weights": dataclasses.asdict(weights),
        "weighted_metrics": {
            "video": [keras.metrics.MeanSquaredError(name="mse")],
            "audio": [keras.metrics.MeanSquaredError(name="mse")],
            "label": [keras.metrics.CategoricalAccuracy(name="accuracy")],
        },
    }


def check_model(configuration):
    """Refuses shapes that `prepare_model` cannot start."""
    start, sizes = configuration.start, resolved(configuration.model)
    if start.video_places:
        check_sizes(
            sizes["num_latents"],
            sizes["latent_dim"],
            math.prod(start.video_places) + start.audio_places,
            # Sines and cosines; video has time and two sides.
            2 * (3 * sizes["video_num_bands"] + sizes["audio_num_bands"]),
        )


def prepare_model(model, data):
    """Sets what a small model starts from."""
    if data.start.video_places:
        start_local(model, data.start.video_places, data.start.audio_places)


def preprocessing(data):
    """What has to be known of the data to use the model."""
    return {
        "class_names": data.class_names,
        "media_format": dataclasses.asdict(data.media_format),
    }


def _loss(loss):
    return "-" if loss is None else f"{loss:.4f}"


RECIPE = Recipe(
    name="kinetics",
    summary="squeeze video, sound and label through one model",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 3 minutes",
        "base": "one GPU, days; not run yet",
        "paper": "a pod of TPUs, days; not run here",
        "classification": "a pod of TPUs, days; not run here",
    },
    open_data=ClipData,
    compile_arguments=compile_arguments,
    metric="loss",
    other_metrics=("video_mse", "audio_mse", "top_1_error"),
    columns={
        "video": lambda row: nearness(row["video_mse"]),
        "audio": lambda row: nearness(row["audio_mse"]),
        "top-1": lambda row: right(row["top_1_error"]),
        "top-5": lambda row: right(row["top_5_error"]),
        "loss": lambda row: _loss(row["loss"]),
    },
    column_of={
        "video_mse": "video",
        "audio_mse": "audio",
        "top_1_error": "top-1",
    },
    make_task=AutoencodeClip,
    sample=pictures.sample,
    answer=answer,
    request="video.mp4",
    prepare_model=prepare_model,
    check_model=check_model,
    preprocessing=preprocessing,
    measure=evaluation.measure,
    break_down=break_down,
)
