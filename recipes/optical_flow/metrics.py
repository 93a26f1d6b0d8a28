"""Loss and metrics of optical flow, as the field reports them.

Targets are `(B, H, W, 3)`: flow to the right and down, in pixels, and 1 where
what is there stays visible, else 0. The model's flow is in pixels too.
"""

import keras
from keras import ops

# The reference divides targets by it, and its decoder by 100; the models here
# multiply by the quotient, so that their flow is in pixels.
FLOW_SCALE = 20
# Motion in pixels that Sintel's tables tell apart.
SPEEDS = {"s0_10": (0, 10), "s10_40": (10, 40), "s40": (40, float("inf"))}
# A vector is an outlier for KITTI if it is wrong by more than this many
# pixels, and by more than this share of the true motion.
_OUTLIER_PIXELS, _OUTLIER_SHARE = 3, 0.05
# In the loss, so that its gradient has a limit where nothing is wrong.
_SMALLEST = 1e-3


class EndPointLoss(keras.losses.Loss):
    """How far flow ends from where it should, in 20 pixels.

    The paper states no loss. This is what it is evaluated by, over 20 since
    the reference divides its targets by that.
    """

    def call(self, targets, flow):
        """Returns `(B, H, W)`."""
        difference = (targets[..., :2] - flow) / FLOW_SCALE
        square = ops.sum(ops.square(difference), axis=-1)
        return ops.sqrt(square + _SMALLEST**2)


def end_point_error(targets, flow):
    """Distance from the true end of each vector in pixels, `(B, H, W)`."""
    return _length(targets[..., :2] - flow)


def is_outlier(targets, flow):
    """1 where KITTI counts a vector as wrong, else 0, `(B, H, W)`."""
    error = end_point_error(targets, flow)
    motion = _length(targets[..., :2])
    wrong = ops.logical_and(
        error > _OUTLIER_PIXELS, error > _OUTLIER_SHARE * motion
    )
    return ops.cast(wrong, "float32")


def has_speed(targets, name):
    """1 where the true motion is that fast, else 0, `(B, H, W)`."""
    motion = _length(targets[..., :2])
    slowest, fastest = SPEEDS[name]
    return ops.cast(
        ops.logical_and(motion >= slowest, motion < fastest), "float32"
    )


def measures():
    """Returns functions of targets and flow to `(B, H, W)`, by name.

    Their means over all known pixels are the metrics. Of a group of pixels,
    such as those that are covered in the second frame, there are two: its
    share of all pixels, and its part of the error. The error within the group
    is the one over the other, where there is any.
    """
    found = {"epe": end_point_error, "outliers": is_outlier}
    groups = {
        name: lambda targets, name=name: has_speed(targets, name)
        for name in SPEEDS
    }
    groups["covered"] = lambda targets: 1 - targets[..., 2]
    for name, group in groups.items():
        found[f"{name}_share"] = lambda targets, flow, group=group: group(
            targets
        )
        found[f"{name}_part"] = lambda targets, flow, group=group: (
            group(targets) * end_point_error(targets, flow)
        )
    return found


def weighted_metrics():
    """Returns the Keras metrics of all `measures`."""
    return [
        keras.metrics.MeanMetricWrapper(measure, name)
        for name, measure in measures().items()
    ]


def _length(vectors):
    return ops.sqrt(ops.sum(ops.square(vectors), axis=-1))
