"""Generated scenes: what they show agrees with what they say of it."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow_pairs import scenes as scenes_lib
from keras_perceiver.data.flow_pairs.photographs import NUM_LEVELS
from keras_perceiver.data.flow_pairs.photographs import Photographs
from tests.data.flow_pairs.lookup import differences

SIZE = (40, 48)
# Grey levels from one pixel of a ramp to the next.
SLOPE = 4
PLAIN = scenes_lib.Scenes(
    polygons=2,
    motion=4.0,
    warp=1.0,
    deformation=0.1,
    blur_share=0.0,
    light=0.0,
    reduction=1.0,
)


def ramps():
    """Photographs whose colours say where on which of them one is."""
    pixels, places, start = [], [], 0
    for number in range(3):
        rows, columns = np.mgrid[:60, :60] * SLOPE
        colour = np.stack([rows, columns, 0 * rows + 120 * number], axis=-1)
        pixels.append(colour.reshape(-1, 3))
        places.append([(start, 60, 60)] * NUM_LEVELS)
        start += 60 * 60
    return Photographs(
        ("a", "b", "c"),
        np.concatenate(pixels).astype("uint8"),
        np.array(places, "int32"),
    )


def generate(numbers, scenes=PLAIN, seed=0):
    scenes.check(SIZE)
    pairs = scenes_lib.generate(
        ramps(), tf.constant(numbers, tf.int64), seed, SIZE, scenes
    )
    return {name: values.numpy() for name, values in pairs.items()}


@pytest.fixture(scope="module")
def pairs():
    return generate(range(6))


def errors(pairs, scale=1.0):
    """Of all pixels, how far they differ from what their flow leads to."""
    return np.concatenate(
        [
            differences(frames, scale * flow)[0].ravel()
            for frames, flow in zip(pairs["frames"], pairs["flow"], strict=True)
        ]
    )


def test_what_is_visible_stands_where_its_flow_ends(pairs):
    visible = pairs["visible"].ravel()
    assert 0.5 < visible.mean() < 0.98
    found = errors(pairs)[visible]
    # But for the edges of polygons and folds of a mirrored photograph, within
    # a fraction of a pixel.
    assert np.quantile(found, 0.9) < SLOPE / 2
    # A tenth less flow, and no flow at all, are told apart from it.
    assert np.median(errors(pairs, 0.9)[visible]) > 2 * np.median(found)
    assert np.median(errors(pairs, 0.0)[visible]) > SLOPE


def test_what_is_covered_does_not(pairs):
    visible = pairs["visible"].ravel()
    inside = np.concatenate(
        [
            differences(frames, flow)[1].ravel()
            for frames, flow in zip(pairs["frames"], pairs["flow"], strict=True)
        ]
    )
    # What leaves the frame is not visible.
    assert not visible[~inside].any()
    covered = inside & ~visible
    assert covered.sum() > 50
    assert np.median(errors(pairs)[covered]) > 2 * SLOPE


def test_polygons_move_by_themselves(pairs):
    alone = generate(range(6), dataclasses.replace(PLAIN, polygons=0))
    steps = [
        np.abs(np.diff(flow, axis=1)).max()
        for part in (pairs, alone)
        for flow in part["flow"]
    ]
    # Between neighbours: an edge of flow, and a smooth field.
    assert min(steps[:6]) > 0.5
    assert max(steps[6:]) < 0.5


def test_a_scene_depends_on_its_number_alone(pairs):
    for name, values in generate([4, 2]).items():
        np.testing.assert_array_equal(values, pairs[name][[4, 2]])
    assert np.abs(generate([4], seed=1)["flow"] - pairs["flow"][4]).max() > 0.1


def test_so_does_one_beside_others_that_are_blurred():
    some = dataclasses.replace(PLAIN, polygons=1, blur_share=0.5, light=0.3)
    together = generate(range(4), some)["frames"]
    alone = [generate([number], some)["frames"][0] for number in range(4)]
    np.testing.assert_array_equal(np.stack(alone), together)


def test_motion_blurs_and_leaves_flow_as_it_is():
    fast = dataclasses.replace(PLAIN, motion=16.0)
    sharp = generate(range(6), fast)
    blurred = generate(
        range(6), dataclasses.replace(fast, blur_share=1.0, blur=1.0)
    )
    np.testing.assert_array_equal(blurred["flow"], sharp["flow"])

    def edges(pairs):
        return np.abs(np.diff(pairs["frames"].astype(int), n=2, axis=3)).mean()

    assert edges(blurred) < 0.85 * edges(sharp)


def test_light_changes_from_frame_to_frame(pairs):
    lit = generate(range(6), dataclasses.replace(PLAIN, light=0.5))
    np.testing.assert_array_equal(lit["flow"], pairs["flow"])
    change = lit["frames"].astype(int) - pairs["frames"]
    mean = change.mean(axis=(2, 3, 4))
    assert np.abs(mean).min() < 30 < np.abs(mean).max()
    assert np.abs(mean[:, 0] - mean[:, 1]).max() > 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"polygons": -1}, "polygons from 0 to 32"),
        ({"reduction": 0.5}, "reduction from 1 to 8"),
        ({"blur_share": 2.0}, "blur_share from 0 to 1"),
        ({"warp": 40.0}, "folds a frame of 48 x 40.*1.91 at most"),
    ],
)
def test_scenes_that_cannot_be_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(PLAIN, **change).check(SIZE)
