"""What stands where flow ends, by numpy alone."""

import numpy as np


def differences(frames, flow):
    """Levels between each pixel of the first frame and where its flow ends.

    Args:
        frames: `(2, H, W, 3)`.
        flow: `(H, W, 2)`.

    Returns:
        float64 `(H, W)`, the largest of a pixel's colours, and bool `(H, W)`:
        whether it ends inside the frame.
    """
    first, second = np.asarray(frames, "float64")
    height, width = first.shape[:2]
    y, x = np.mgrid[:height, :width]
    x, y = x + flow[..., 0], y + flow[..., 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    left = np.clip(np.floor(x).astype(int), 0, width - 2)
    top = np.clip(np.floor(y).astype(int), 0, height - 2)
    across, down = (x - left)[..., None], (y - top)[..., None]
    rows = [
        (1 - across) * second[top + k, left]
        + across * second[top + k, left + 1]
        for k in range(2)
    ]
    there = (1 - down) * rows[0] + down * rows[1]
    return np.abs(there - first).max(axis=-1), inside
