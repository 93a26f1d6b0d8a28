"""Optical flow (Perceiver IO, section 4.2 and appendix H).

    python -m recipes optical_flow train --config tiny

`tiny` learns from scenes that are made of photographs while it trains, in
about five minutes on two CPU cores. `base` is for one GPU, `paper` is the
published run: AutoFlow, 480 epochs of 400,000 pairs in batches of 512. It is
published with end-point errors of 1.81 on Sintel clean, 2.42 on Sintel final
and 4.98 on KITTI (table 3). `--model.preset` takes the other inputs of table
16.
"""

import keras

from keras_perceiver.tasks.estimate_flow import EstimateFlow
from recipes.optical_flow import metrics
from recipes.optical_flow import predict
from recipes.optical_flow import samples
from recipes.optical_flow.config import CONFIGURATIONS
from recipes.optical_flow.data import FlowData
from recipes.recipe import Recipe


def compile_arguments(configuration):
    """The end-point error, as loss and as metric, and what it is made of."""
    return {
        "loss": metrics.EndPointLoss(reduction="mean_with_sample_weight"),
        "weighted_metrics": metrics.weighted_metrics(),
    }


def prepare_model(model, data):
    """Gives the last layer values to begin with, in place of zeros.

    LAMB moves a weight by a share of its size, so that what begins at zero
    says nothing for hundreds of steps.
    """
    for layer in model.layers:
        if layer.name == "flow":
            initializer = keras.initializers.VarianceScaling(
                seed=data.training.seed
            )
            layer.kernel.assign(initializer(layer.kernel.shape))


def _error(row, group=None):
    """The mean end-point error, of all pixels or of a group of them."""
    if group is None:
        return f"{row['epe']:.3f}"
    share = row[f"{group}_share"]
    return f"{row[f'{group}_part'] / share:.3f}" if share > 0 else "-"


RECIPE = Recipe(
    name="optical_flow",
    summary="say how everything moves between two frames",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 5 minutes",
        "base": "one GPU and 16 cores, half a day; not run yet",
        "paper": "a pod of TPUs, days; not run here",
    },
    open_data=FlowData,
    compile_arguments=compile_arguments,
    metric="epe",
    columns={
        "EPE": _error,
        "s0-10": lambda row: _error(row, "s0_10"),
        "s10-40": lambda row: _error(row, "s10_40"),
        "s40+": lambda row: _error(row, "s40"),
        "covered": lambda row: _error(row, "covered"),
        "Fl-all": lambda row: f"{row['outliers']:.2%}",
    },
    column_of={"epe": "EPE"},
    make_task=EstimateFlow,
    sample=samples.sheet,
    answer=predict.answer,
    request="frame_1.png frame_2.png flow.png",
    prepare_model=prepare_model,
)
