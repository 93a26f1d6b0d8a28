"""MixUp and CutMix: each training example is made of two images."""

import tensorflow as tf

# So that these draws have nothing to do with those of the views.
_PURPOSE = 0x4D49


def mix_pairs(images, labels, numbers, seed, mixup_alpha=0.2):
    """Mixes images in pairs, and their labels by the same shares.

    Row `n` is made of rows `2n` and `2n + 1`. Examples of even number are
    weighted means, the share drawn from Beta(alpha, alpha) (MixUp). In those
    of odd number a box of the first image holds the second one's pixels
    (CutMix). The box has the image's form, a uniformly drawn share of its
    area, and its middle anywhere; what reaches beyond the border is cut off,
    and labels go by the area that is left.

    Args:
        images: float32 `(2B, H, W, 3)`.
        labels: float32 `(2B, K)`, one-hot or smoothed.
        numbers: int64 `(B,)`, of the examples that are made.
        seed: integer.
        mixup_alpha: above 0; the smaller, the less images are mixed.

    Returns:
        The mixed images `(B, H, W, 3)` and labels `(B, K)`.
    """
    if not mixup_alpha > 0:
        raise ValueError(
            "MixUp draws from Beta(alpha, alpha), alpha above 0. Received: "
            f"mixup_alpha={mixup_alpha}"
        )
    seed = tf.cast(seed, tf.int64)

    @tf.autograph.experimental.do_not_convert
    def mix(row):
        place, number = row
        first, second = images[2 * place], images[2 * place + 1]
        key = _key(seed, number)
        return tf.cond(
            tf.equal(number % 2, 0),
            lambda: _mix_up(first, second, beta(key, mixup_alpha)),
            lambda: _cut_mix(first, second, key),
        )

    mixed, shares = tf.map_fn(
        mix,
        (tf.range(tf.size(numbers)), numbers),
        fn_output_signature=(
            tf.TensorSpec(images.shape[1:], tf.float32),
            tf.TensorSpec((), tf.float32),
        ),
    )
    shares = shares[:, None]
    return mixed, labels[::2] * (1 - shares) + labels[1::2] * shares


def beta(seed, alpha):
    """Draws one number from Beta(alpha, alpha).

    Args:
        seed: integer `(2,)`.
        alpha: above 0.

    Returns:
        float32 `()`.
    """
    gamma_seed, uniform_seed = tf.unstack(
        tf.random.experimental.stateless_split(seed, 2)
    )
    # Of a small alpha, gamma variates are too small for any float. Their
    # logarithms are not, and Gamma(alpha) is Gamma(alpha + 1) * U^(1 / alpha).
    gammas = tf.random.stateless_gamma((2,), gamma_seed, alpha + 1.0)
    uniforms = 1 - tf.random.stateless_uniform((2,), uniform_seed)
    first, second = tf.unstack(
        tf.math.log(gammas) + tf.math.log(uniforms) / alpha
    )
    return tf.sigmoid(first - second)


def _key(seed, number):
    return tf.random.experimental.stateless_fold_in(
        tf.stack([seed, number]), tf.constant(_PURPOSE, tf.int64)
    )


def _mix_up(first, second, share):
    return first + share * (second - first), share


def _cut_mix(first, second, seed):
    """The mixed image, and the second one's share of it."""
    size = tf.shape(first)[:2]
    draws = tf.random.stateless_uniform((3,), seed)
    pixels = tf.cast(size, tf.float32)
    # The root of the first, for it is the area that is uniform.
    half = tf.cast(tf.sqrt(draws[0]) * pixels, tf.int32) // 2
    middle = tf.cast(draws[1:] * pixels, tf.int32)
    begin = tf.clip_by_value(middle - half, 0, size)
    end = tf.clip_by_value(middle + half, 0, size)
    # Several times as fast as multiplying by a mask.
    mixed = tf.raw_ops.TensorStridedSliceUpdate(
        input=first,
        begin=begin,
        end=end,
        strides=[1, 1],
        value=second[begin[0] : end[0], begin[1] : end[1]],
    )
    covered = tf.cast(tf.reduce_prod(end - begin), tf.float32)
    return mixed, covered / tf.reduce_prod(pixels)
