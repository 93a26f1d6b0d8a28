"""What the model answers on held-out pairs, for people to see."""

import numpy as np

from keras_perceiver.visualization import flow_pictures

NUM_EXAMPLES = 6
# Of larger frames, fewer: they are estimated in many tiles.
_MOST_PIXELS = 2**19


def sheet(task, data):
    """Returns a PNG: held-out frames, their true and their estimated flow.

    Args:
        task: an `EstimateFlow`.
        data: the `FlowData`.
    """
    pairs = data.first_heldout_pairs(NUM_EXAMPLES)
    data.raise_problems()
    most = max(1, _MOST_PIXELS // pairs[0]["valid"].size)
    pairs = pairs[:most]
    frames = [pair["frames"] for pair in pairs]
    true = [
        np.where(pair["valid"][..., None], pair["flow"], np.float32(np.nan))
        for pair in pairs
    ]
    answers = task([pair[0] for pair in frames], [pair[1] for pair in frames])
    return flow_pictures.draw_sheet(
        frames, true, [answer.flow for answer in answers]
    )
