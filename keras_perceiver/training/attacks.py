"""Changes of inputs that raise the loss, within a bound.

They tell how far a model can be led astray, and a model that trains on its
own worst cases is led less far. They are functions of tensors, with static
shapes and nothing random, and run inside of a compiled train step.
"""

import tensorflow as tf

from keras_perceiver.models.perturbation import with_perturbation

# Madry et al. take steps of 2.5 times the bound over their number, so that
# the far side of the bound can be reached from anywhere.
_REACH = 2.5


class PixelAttack:
    """Projected gradient steps in the signs of the gradient.

    Madry et al., "Towards Deep Learning Models Resistant to Adversarial
    Attacks", 2018; without their random start. With one step it is Goodfellow
    et al.'s fast gradient sign method, but for the clipping.

    Args:
        model: from images `(B, H, W, C)` to what `loss` takes.
        loss: a Keras loss.
        bound: the largest change of a pixel, a number or one for each channel,
            in the units of the model's inputs.
        lowest: of a pixel, as `bound`.
        highest: of a pixel, as `bound`.
        steps: how many gradients are followed.
    """

    def __init__(self, model, loss, *, bound, lowest, highest, steps):
        self._model = model
        self._loss = loss
        self._bound = bound
        self._range = (lowest, highest)
        self._steps = steps

    def __call__(self, images, targets, weights=None):
        """Returns the images `(B, H, W, C)`, changed."""
        length = _REACH * self._bound / self._steps

        def step(number, changed):
            with tf.GradientTape() as tape:
                tape.watch(changed)
                predictions = self._model(changed, training=False)
                loss = self._loss(targets, predictions, weights)
            changed += length * tf.sign(tape.gradient(loss, changed))
            changed = tf.clip_by_value(
                changed, images - self._bound, images + self._bound
            )
            return number + 1, tf.clip_by_value(changed, *self._range)

        return tf.while_loop(
            lambda number, _: number < self._steps,
            step,
            (0, tf.convert_to_tensor(images)),
            maximum_iterations=self._steps,
        )[1]


class TokenAttack:
    """Replaces the tokens whose replacement raises the loss most.

    Ebrahimi et al., "HotFlip: White-Box Adversarial Examples for Text
    Classification", 2018: how much a replacement raises the loss is estimated
    by the gradient at the token's embedding. The estimate is worse the more
    tokens are replaced together, so they are replaced in several rounds.

    Args:
        model: from `token_ids` and `padding_mask` to what `loss` takes, with
            a layer `token_embedding`.
        loss: a Keras loss.
        share: of the replaceable tokens of an example, how many are replaced;
            rounded up.
        replaceable: bool `(vocabulary size,)`, which tokens are replaced, and
            by which.
        steps: how many rounds there are.
    """

    def __init__(self, model, loss, *, share, replaceable, steps):
        self._embedding = model.get_layer("token_embedding")
        self._model = with_perturbation(model, self._embedding.name)
        self._loss = loss
        self._share = share
        self._replaceable = tf.constant(replaceable)
        self._steps = steps

    def __call__(self, inputs, targets, weights=None):
        """Returns the inputs, with other `token_ids`."""
        inputs = {
            name: tf.convert_to_tensor(values)
            for name, values in inputs.items()
        }
        original = inputs["token_ids"]
        may_change = tf.gather(self._replaceable, original)
        count = tf.reduce_sum(tf.cast(may_change, tf.float32), axis=1)

        def step(number, token_ids):
            done = tf.cast(number + 1, tf.float32) / self._steps
            wanted = tf.cast(tf.math.ceil(self._share * done * count), tf.int32)
            gain, best = self._best_replacements(
                {**inputs, "token_ids": token_ids}, targets, weights
            )
            is_changed = token_ids != original
            # What is replaced already comes first, and stays.
            gain = tf.where(may_change, gain, -float("inf"))
            gain = tf.where(is_changed, float("inf"), gain)
            is_chosen = _among_largest(gain, wanted) & may_change
            is_new = is_chosen & tf.logical_not(is_changed)
            return number + 1, tf.where(is_new, best, token_ids)

        token_ids = tf.while_loop(
            lambda number, _: number < self._steps,
            step,
            (0, original),
            maximum_iterations=self._steps,
        )[1]
        return {**inputs, "token_ids": token_ids}

    def _best_replacements(self, inputs, targets, weights):
        """How much the best one raises the loss, and which: `(B, M)` each."""
        token_ids = inputs["token_ids"]
        table = tf.cast(self._embedding.embeddings, tf.float32)
        embedded = tf.gather(table, token_ids)
        zeros = tf.zeros_like(embedded, self._embedding.compute_dtype)
        with tf.GradientTape() as tape:
            tape.watch(zeros)
            predictions = self._model([inputs, zeros], training=False)
            loss = self._loss(targets, predictions, weights)
        gradient = tf.cast(tape.gradient(loss, zeros), tf.float32)
        slopes = tf.einsum("bmc,vc->bmv", gradient, table)
        slopes = tf.where(self._replaceable, slopes, -float("inf"))
        here = tf.reduce_sum(gradient * embedded, axis=-1)
        best = tf.argmax(slopes, axis=-1, output_type=token_ids.dtype)
        return tf.reduce_max(slopes, axis=-1) - here, best


def _among_largest(values, counts):
    """Which of each row's values are its so many largest."""
    order = tf.argsort(values, axis=1, direction="DESCENDING", stable=True)
    return tf.argsort(order, axis=1) < counts[:, None]
