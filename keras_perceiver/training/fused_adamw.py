"""AdamW with one operation for a weight and both its moments."""

import keras


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FusedAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`, which updates each variable at once.

    The same sums. Without XLA, Keras takes an operation for each step of the
    formula, and each reads and writes as many numbers as there are weights.
    TensorFlow has the formula as one operation, which this takes. Keras may
    also decay a weight while the forward pass holds it, and TensorFlow then
    copies it; here a weight decays once its gradient is there. Within a step
    that is compiled by XLA as a whole, and on other backends, all this gains
    nothing.

    Args:
        learning_rate: a number or a `keras.optimizers.schedules` schedule.
        weight_decay: what each weight is shrunk by before its update, times
            the learning rate.
        **kwargs: `beta_1`, `beta_2`, `epsilon`, `global_clipnorm`,
            `gradient_accumulation_steps` and the like, for
            `keras.optimizers.AdamW`.

    Raises:
        ValueError: with `amsgrad`, which the operation does not know.
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

    def update_step(self, gradient, variable, learning_rate):
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        # Rows that an embedding did not read have a gradient of zero.
        gradient = tf.cast(tf.convert_to_tensor(gradient), variable.dtype)
        self._decay(gradient, variable, learning_rate)
        self._apply_adam(gradient, variable, learning_rate)

    def _decay(self, gradient, variable, learning_rate):
        import tensorflow as tf

        if self.weight_decay is None or not self._use_weight_decay(variable):
            return
        # Before there is a gradient the forward pass still holds the weight,
        # and TensorFlow copies what is changed while it is held.
        share = tf.cast(self.weight_decay * learning_rate, variable.dtype)
        with tf.control_dependencies([gradient]):
            variable.assign_sub(share * variable.read_value())

    def _apply_adam(self, gradient, variable, learning_rate):
        import tensorflow as tf

        index = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = (
            tf.cast(self.beta_1, dtype),
            tf.cast(self.beta_2, dtype),
        )
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=gradient,
        )
