"""LAMB as published, with weight decay inside the trust ratio."""

import re

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class LAMB(keras.optimizers.Lamb):
    """LAMB (You et al., arXiv 1904.00962), the optimiser of Perceiver IO.

    `keras.optimizers.Lamb` applies weight decay outside of the trust ratio,
    as AdamW does. Here it enters the update before the norms are taken, as in
    the paper and in the reference, and what it leaves out is part of the
    configuration, so that a saved optimiser goes on as it was.

    Args:
        learning_rate: a number or a `keras.optimizers.schedules` schedule.
        weight_decay: factor of the decay; 0.01 for language, 0.1 for images.
        exclude_from_weight_decay: regular expressions; a variable whose
            `path` one of them matches is not decayed. Biases and layer norms
            by default; latents and positions are decayed.
        epsilon: added to the root of the second moment, 1e-6 as published
            (Keras's own default is 1e-7).
        **kwargs: `beta_1`, `beta_2`, `global_clipnorm`,
            `gradient_accumulation_steps` and the like, for
            `keras.optimizers.Lamb`.
    """

    def __init__(
        self,
        learning_rate=1e-3,
        weight_decay=0.01,
        exclude_from_weight_decay=("bias$", "gamma$", "beta$"),
        epsilon=1e-6,
        name="lamb",
        **kwargs,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        self.excluded_paths = tuple(exclude_from_weight_decay)

    def build(self, variables):
        # Keras's own exclusion goes by a variable's name, which is "bias" or
        # "kernel" wherever it stands; the path tells a layer norm's apart.
        self.exclude_from_weight_decay(
            var_list=[
                variable
                for variable in variables
                if not self._use_weight_decay(variable)
                or any(
                    re.search(pattern, variable.path)
                    for pattern in self.excluded_paths
                )
            ]
        )
        super().build(variables)

    def _apply_weight_decay(self, variables):
        """Nothing here: the decay is a part of `update_step`."""

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        gradient = ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        self.assign_add(momentum, (gradient - momentum) * (1 - self.beta_1))
        self.assign_add(
            velocity, (ops.square(gradient) - velocity) * (1 - self.beta_2)
        )
        mean = momentum / (1 - ops.power(self.beta_1, step))
        variance = velocity / (1 - ops.power(self.beta_2, step))
        update = mean / (ops.sqrt(variance) + self.epsilon)
        if self.weight_decay and self._use_weight_decay(variable):
            update = update + self.weight_decay * variable
        rate = ops.cast(learning_rate, variable.dtype)
        ratio = self._trust_ratio(variable, update)
        self.assign_sub(variable, rate * ratio * update)

    def _trust_ratio(self, variable, update):
        """Norm of the weights over norm of the update; 1 if either is 0."""
        weight_norm = ops.sqrt(ops.sum(ops.square(variable)))
        update_norm = ops.sqrt(ops.sum(ops.square(update)))
        defined = ops.logical_and(weight_norm > 0, update_norm > 0)
        safe_norm = ops.where(defined, update_norm, 1.0)
        return ops.where(defined, weight_norm / safe_norm, 1.0)

    def get_config(self):
        return {
            **super().get_config(),
            "exclude_from_weight_decay": self.excluded_paths,
        }
