import numpy as np
import tensorflow as tf

from keras_perceiver.data.flow_pairs.reversal import reverse_flow
from keras_perceiver.data.flow_pairs.reversal import reverse_pair


def by_hand(flow, valid):
    """Pixel by pixel in float64."""
    landed = {}
    for row, column in np.argwhere(valid):
        across, down = flow[row, column].astype("float64")
        place = row + round(down), column + round(across)
        landed.setdefault(place, []).append((across, down))
    out, known = np.zeros(flow.shape), np.zeros(valid.shape, bool)
    for (row, column), flows in landed.items():
        if 0 <= row < valid.shape[0] and 0 <= column < valid.shape[1]:
            out[row, column] = -np.mean(flows, axis=0)
            known[row, column] = True
    return out, known


def test_all_flows_that_land_on_a_pixel_are_averaged():
    rng = np.random.default_rng(0)
    flow = rng.normal(0, 2, (9, 12, 2)).astype("float32")
    valid = rng.random((9, 12)) < 0.8
    ours, known = reverse_flow(tf.constant(flow), tf.constant(valid))
    expected, is_known = by_hand(flow, valid)
    np.testing.assert_array_equal(known, is_known)
    assert 0.3 < is_known.mean() < 0.9
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_a_translation_is_reversed_exactly():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 6, 8, 3), "uint8")
    pair = {
        "frames": tf.constant(frames),
        "flow": tf.constant([2.0, -1.0]) * tf.ones((6, 8, 1)),
        "valid": tf.ones((6, 8), tf.bool),
        "visible": tf.ones((6, 8), tf.bool),
    }
    back = reverse_pair(pair)
    np.testing.assert_array_equal(back["frames"], frames[::-1])
    np.testing.assert_array_equal(
        back["flow"][:5, 2:], np.full((5, 6, 2), (-2, 1))
    )
    expected = np.zeros((6, 8), bool)
    expected[:5, 2:] = True
    np.testing.assert_array_equal(back["valid"], expected)
    np.testing.assert_array_equal(back["visible"], expected)
