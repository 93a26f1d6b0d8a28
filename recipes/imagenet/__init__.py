"""Image classification (Perceiver IO, section 4.5 and appendix A).

    python -m recipes imagenet train --config tiny

`tiny` learns scikit-learn's handwritten digits in about a minute on two CPU
cores. `base` is for one GPU, `paper` is the published run on ImageNet: 110
epochs in batches of 1,024 on 64 TPUs, 79.0% of validation images right with
Fourier features (table 7). The other inputs and heads are other presets:
`--model.preset imagenet_conv` is published with 82.1%, `imagenet_learned` with
72.7%. `original` is the first Perceiver (78.0%); `pretraining` and
`fine_tuning` are appendix A.2 (84.5% and, with convolution, 86.4%, from a data
set that nobody else has).
"""

from keras_perceiver.tasks.classify_image import ClassifyImage
from recipes import class_metrics
from recipes.class_breakdown import break_down
from recipes.imagenet import samples
from recipes.imagenet.config import CONFIGURATIONS
from recipes.imagenet.data import ImageData
from recipes.imagenet.permuted_pixels import compare_on_permuted_pixels
from recipes.imagenet.robustness import ROBUSTNESS
from recipes.recipe import Recipe
from recipes.settings import resolved


def compile_arguments(configuration):
    """Smoothed cross-entropy, and the errors that the field reports."""
    return class_metrics.compile_arguments(
        resolved(configuration.model)["num_classes"],
        configuration.data.label_smoothing,
    )


RECIPE = Recipe(
    name="imagenet",
    summary="tell what images show",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 2 minutes",
        "base": "one GPU, a day or two; not run yet",
        "paper": "a pod of TPUs, days; not run here",
        "original": "a pod of TPUs, days; not run here",
        "pretraining": "a pod of TPUs, and 300 million images; not run here",
        "fine_tuning": "a pod of TPUs, days; not run here",
    },
    open_data=ImageData,
    compile_arguments=compile_arguments,
    metric=class_metrics.METRIC,
    columns=class_metrics.COLUMNS,
    column_of=class_metrics.COLUMN_OF,
    make_task=ClassifyImage,
    sample=samples.contact_sheet,
    answer=samples.answer,
    request="photo.jpg --picture seen.png",
    preprocessing=lambda data: {"class_names": data.class_names},
    head=("logits",),
    break_down=break_down,
    studies={"permuted_pixels": compare_on_permuted_pixels},
    robustness=ROBUSTNESS,
)
