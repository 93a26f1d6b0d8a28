"""Classification of point clouds (Perceiver, section 4.3).

    python -m recipes modelnet40 train --config tiny

`tiny` learns generated shapes in minutes on two CPU cores. `base` is for one
GPU, `paper` is the published run on ModelNet40's 9,843 training meshes: about
2,000 points each, LAMB at a constant rate of 1e-3 in batches of 512, 85.7% of
the 2,468 test meshes right (table 4).
"""

from keras_perceiver.models.original_perceiver import check_reads
from keras_perceiver.tasks.classify_points import ClassifyPoints
from recipes import class_metrics
from recipes.class_breakdown import break_down
from recipes.modelnet40 import samples
from recipes.modelnet40.config import CONFIGURATIONS
from recipes.modelnet40.data import CloudData
from recipes.recipe import Recipe
from recipes.settings import resolved


def compile_arguments(configuration):
    """Cross-entropy, and the errors that the field reports."""
    return class_metrics.compile_arguments(
        resolved(configuration.model)["num_classes"]
    )


def check_model(configuration):
    """Raises `ValueError` for fewer blocks than cross-attends before them."""
    numbers = resolved(configuration.model)
    check_reads(
        numbers["num_cross_attends"],
        numbers["num_blocks"],
        numbers["interleaved"],
    )


RECIPE = Recipe(
    name="modelnet40",
    summary="tell what clouds of points are",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 2 minutes",
        "base": "one GPU, hours; not run yet",
        "paper": "a pod of TPUs; not run here",
    },
    open_data=CloudData,
    compile_arguments=compile_arguments,
    metric=class_metrics.METRIC,
    columns=class_metrics.COLUMNS,
    column_of=class_metrics.COLUMN_OF,
    make_task=ClassifyPoints,
    sample=samples.contact_sheet,
    answer=samples.answer,
    request="chair.off --picture seen.png",
    check_model=check_model,
    preprocessing=lambda data: {"class_names": data.class_names},
    head=("logits",),
    break_down=break_down,
)
