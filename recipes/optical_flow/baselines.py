"""What a flow model must beat, and what it is compared with.

A model that says that nothing moves has learned nothing. The two references
are methods that were never trained, from OpenCV; they look at the same frames
in grey.
"""

import importlib.util

import numpy as np
from keras import ops

from keras_perceiver import errors
from recipes.optical_flow import metrics

HOW_TO_GET_REFERENCES = (
    "without OpenCV's DIS and Farneback to compare with: "
    "pip install 'keras-perceiver[flow]'"
)
# OpenCV refuses frames of which no side is that long.
_SMALLEST_OF_DIS = 12
_DESCRIPTIONS = {
    "zero_flow": "nothing moves",
    "farneback": "OpenCV's calcOpticalFlowFarneback, polynomials of 5 pixels",
    "dis": "OpenCV's DISOpticalFlow, its medium preset",
}


def has_references():
    """Returns whether the references can be measured."""
    return importlib.util.find_spec("cv2") is not None


def measure(pairs):
    """Measures baseline and references.

    Args:
        pairs: a data set of pairs, as `FlowPairs` has them.

    Returns:
        For each by its name its metrics, `kind` and `description`.
    """
    methods = {"zero_flow": _zero_flow}
    if has_references():
        methods |= _references()
    totals = {name: {} for name in methods}
    num_pixels = 0
    for pair in pairs.as_numpy_iterator():
        valid = pair["valid"]
        num_pixels += int(valid.sum())
        targets = np.concatenate(
            [pair["flow"], pair["visible"][..., None]], axis=-1
        ).astype("float32")
        for name, method in methods.items():
            flow = method(pair["frames"])
            for metric, function in metrics.measures().items():
                values = ops.convert_to_numpy(function(targets, flow))
                total = float(values[valid].sum(dtype="float64"))
                totals[name][metric] = totals[name].get(metric, 0) + total
    return {
        name: {
            **{
                metric: total / max(num_pixels, 1)
                for metric, total in totals[name].items()
            },
            "kind": "baseline" if name == "zero_flow" else "reference",
            "description": _DESCRIPTIONS[name],
        }
        for name in methods
    }


def _zero_flow(frames):
    return np.zeros((*frames.shape[1:3], 2), "float32")


def _references():
    """Functions from frames, uint8 `(2, H, W, 3)`, to flow."""
    opencv = errors.import_extra("cv2", "flow")
    # Threads would be in the way of those that make the pairs.
    opencv.setNumThreads(1)
    dis = opencv.DISOpticalFlow_create(opencv.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def in_grey(frames):
        return [
            opencv.cvtColor(frame, opencv.COLOR_RGB2GRAY) for frame in frames
        ]

    def dis_flow(frames):
        height, width = frames.shape[1:3]
        missing = max(0, _SMALLEST_OF_DIS - max(height, width))
        margin = [(0, 0), (0, missing), (0, missing), (0, 0)]
        padded = np.pad(frames, margin, mode="edge")
        return dis.calc(*in_grey(padded), None)[:height, :width]

    return {
        "farneback": lambda frames: opencv.calcOpticalFlowFarneback(
            *in_grey(frames),
            None,
            pyr_scale=0.5,
            levels=3,
            winsize=15,
            iterations=3,
            poly_n=5,
            poly_sigma=1.2,
            flags=0,
        ),
        "dis": dis_flow,
    }
