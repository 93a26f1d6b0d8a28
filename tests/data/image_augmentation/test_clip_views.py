"""Views of clips, against the same for each frame by hand."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data.image_augmentation import clip_views
from keras_perceiver.data.image_augmentation.crops import TrainingViews
from tests.image_samples import smooth

PLAIN = TrainingViews(smallest_area=1.0, flip=False)
FRAMES = np.stack([np.array(smooth(24, 24))] * 3)
FRAMES[1] = FRAMES[1] // 2


def view(number, views, strength=0.0, frames=FRAMES):
    number = tf.constant(number, tf.int64)
    shown = tf.function(
        lambda frames, number: clip_views.training_view(
            frames, 5, number, views, strength
        )
    )
    found = shown(tf.constant(frames), number)
    assert found.shape == frames.shape
    return found.numpy()


def recoloured(frames, brightness, contrast, saturation):
    """The three in a row, each rounded down as an image is."""
    frames = np.floor(np.clip(brightness * frames.astype("float64"), 0, 255))
    mean = np.round(grey(frames).mean())
    frames = np.floor(np.clip(mean + contrast * (frames - mean), 0, 255))
    base = grey(frames)[..., None]
    return np.floor(np.clip(base + saturation * (frames - base), 0, 255))


def grey(frames):
    return np.round(frames @ [0.299, 0.587, 0.114])


def test_colours_are_changed_alike_in_all_frames():
    for number in range(4):
        seed = [9, number]
        factors = tf.random.stateless_uniform((3,), seed, 0.6, 1.4).numpy()
        found = clip_views.recolour(tf.constant(FRAMES), seed, 0.4).numpy()
        expected = recoloured(FRAMES, *factors.astype("float64"))
        # Within what rounding down moves.
        assert np.abs(found - expected).max() <= 2
        assert np.abs(found - expected).mean() < 0.2
        assert np.abs(found - FRAMES.astype(int)).mean() > 2


def test_nothing_drawn_is_the_clip_itself():
    np.testing.assert_array_equal(view(1, PLAIN), FRAMES)


def test_every_other_clip_is_mirrored_whole():
    views = TrainingViews(smallest_area=1.0, flip=True)
    mirrored = []
    for number in range(20):
        found = view(number, views)
        mirrored.append(bool(np.any(found != FRAMES)))
        expected = FRAMES[:, :, ::-1] if mirrored[-1] else FRAMES
        np.testing.assert_array_equal(found, expected)
    assert 4 <= sum(mirrored) <= 16


def test_frames_that_are_alike_stay_alike_and_others_come_out():
    still = np.stack([FRAMES[0]] * 3)
    views = TrainingViews(smallest_area=0.1)
    seen = []
    for number in range(4):
        found = view(number, views, 0.5, still)
        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])
        seen.append(found[0].astype(int))
    assert (
        min(
            np.abs(one - other).mean()
            for number, one in enumerate(seen)
            for other in seen[:number]
        )
        > 2
    )
    np.testing.assert_array_equal(view(2, views, 0.5), view(2, views, 0.5))
