"""AdamW that reads and writes a weight and both its moments once."""

import functools

import keras


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FusedAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`, which updates each variable at once.

    The same sums. Without XLA, Keras takes an operation for each step of the
    formula, each reads and writes as many numbers as there are weights, and
    none begins before all gradients are there. Here XLA compiles the whole
    formula, once for all variables of a shape, and a variable is updated as
    soon as its own gradient is there. Within a step that is compiled by XLA
    as a whole, and on other backends, all this gains nothing.

    Args:
        learning_rate: a number or a `keras.optimizers.schedules` schedule.
        weight_decay: what each weight is shrunk by before its update, times
            the learning rate.
        **kwargs: `beta_1`, `beta_2`, `epsilon`, `global_clipnorm`,
            `gradient_accumulation_steps` and the like, for
            `keras.optimizers.AdamW`.

    Raises:
        ValueError: with `amsgrad`, which it does not know.
    """

    def __init__(
        self,
        learning_rate=1e-3,
        weight_decay=0.004,
        name="fused_adamw",
        **kwargs,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            name=name,
            **kwargs,
        )
        if self.amsgrad:
            raise ValueError(
                "FusedAdamW has no amsgrad: take keras.optimizers.AdamW. "
                "Received: amsgrad=True"
            )

    def _apply_weight_decay(self, variables):
        # On TensorFlow each variable's own step does it.
        if keras.backend.backend() != "tensorflow":
            super()._apply_weight_decay(variables)

    def _all_reduce_sum_gradients(self, grads_and_vars):
        import tensorflow as tf

        # To sum over one replica, TensorFlow passes all gradients through
        # one operation, which holds them until the last is there.
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return grads_and_vars
        return super()._all_reduce_sum_gradients(grads_and_vars)

    def update_step(self, gradient, variable, learning_rate):
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        index = self._get_variable_index(variable)
        decayed = self.weight_decay and self._use_weight_decay(variable)
        numbers = (
            self._step_size(learning_rate),
            self.weight_decay * learning_rate if decayed else 0.0,
            1 - self.beta_1,
            1 - self.beta_2,
            self.epsilon,
        )
        _compiled_update()(
            variable.handle,
            self._momentums[index].value.handle,
            self._velocities[index].value.handle,
            _before_its_cast(gradient),
            *(tf.cast(number, variable.dtype) for number in numbers),
        )

    def _step_size(self, learning_rate):
        """The learning rate, corrected for moments that began with zero."""
        step = keras.ops.cast(self.iterations + 1, learning_rate.dtype)
        mean, square = (
            1 - keras.ops.power(beta, step)
            for beta in (self.beta_1, self.beta_2)
        )
        return learning_rate * keras.ops.sqrt(square) / mean


@functools.cache
def _compiled_update():
    """One function for all variables and optimisers: one trace a shape."""
    import tensorflow as tf

    return tf.function(_update, jit_compile=True, autograph=False)


def _update(
    weight_handle,
    mean_handle,
    square_handle,
    gradient,
    step_size,
    decay,
    mean_share,
    square_share,
    epsilon,
):
    # Handles, since a function that takes variables ends with the first ones
    # that it took.
    import tensorflow as tf

    def read(handle):
        return tf.raw_ops.ReadVariableOp(resource=handle, dtype=decay.dtype)

    def write(handle, value):
        tf.raw_ops.AssignVariableOp(resource=handle, value=value)

    weight, mean, square = map(
        read, (weight_handle, mean_handle, square_handle)
    )
    gradient = tf.cast(gradient, decay.dtype)
    mean += (gradient - mean) * mean_share
    square += (tf.square(gradient) - square) * square_share
    update = step_size * mean / (tf.sqrt(square) + epsilon)
    write(mean_handle, mean)
    write(square_handle, square)
    write(weight_handle, weight - weight * decay - update)


def _before_its_cast(gradient):
    """What the backward pass computed, which the update casts by itself.

    Of a layer that computes in bfloat16: a pass over all weights less. Rows
    that an embedding did not read have a gradient of zero.
    """
    import tensorflow as tf

    gradient = tf.convert_to_tensor(gradient)
    if tf.is_symbolic_tensor(gradient) and gradient.op.type == "Cast":
        return gradient.op.inputs[0]
    return gradient
