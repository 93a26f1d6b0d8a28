"""SpecAugment: stripes of a spectrogram are covered."""

import tensorflow as tf


def spec_augment(
    spectrogram, seed, *, num_masks=2, longest_time=0.25, widest_band=0.25
):
    """Covers stretches of time and bands of frequency by the mean.

    Each mask is as long as is drawn between nothing and the most, anywhere
    within the spectrogram (Perceiver, section 4.2; the numbers are ours).

    Args:
        spectrogram: float32 `(frames, bins)`.
        seed: integer `(2,)`, such as (seed, example number).
        num_masks: how many of either kind.
        longest_time: of a mask, as a share of the frames.
        widest_band: of a mask, as a share of the bins.

    Returns:
        float32 `(frames, bins)`.
    """
    draws = tf.random.stateless_uniform((2, 2, num_masks), seed)
    is_covered = tf.logical_or(
        _stripes(spectrogram.shape[0], longest_time, draws[0])[:, None],
        _stripes(spectrogram.shape[1], widest_band, draws[1])[None],
    )
    return tf.where(is_covered, tf.reduce_mean(spectrogram), spectrogram)


def _stripes(count, largest_share, draws):
    """Which of `count` places lie in one of the masks.

    Args:
        count: an integer.
        largest_share: of a mask.
        draws: numbers from 0 to 1, `(2, num_masks)`: of lengths, of begins.
    """
    most = int(largest_share * count)
    lengths = tf.floor(draws[0] * (most + 1))
    begins = tf.floor(draws[1] * (count - lengths + 1))
    places = tf.range(count, dtype=tf.float32)[:, None]
    is_in = tf.logical_and(places >= begins, places < begins + lengths)
    return tf.reduce_any(is_in, axis=1)
