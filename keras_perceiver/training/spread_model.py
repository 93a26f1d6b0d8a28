"""Training steps whose batch is spread over devices, or taken in parts."""

import keras
import tensorflow as tf
from keras import ops

from keras_perceiver.training import global_batch
from keras_perceiver.training.global_batch import GlobalBatchLoss
from keras_perceiver.training.strategies import number_of_workers


@keras.saving.register_keras_serializable(package="keras_perceiver")
class SpreadModel(keras.Model):
    """A functional model that trains alike on one device and on many.

    Made on another model's graph, `SpreadModel(model.input, model.output)`,
    under the scope of a strategy. Losses and weights are those of one device
    with the whole batch, whatever the number of replicas. Keras alone fails
    under `MultiWorkerMirroredStrategy`, and where XLA meets several CPUs.
    """

    accumulate = 1
    _losses_by_output = ()
    _compiles_replicas = False

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        *,
        accumulate=1,
        jit_compile="auto",
        **options,
    ):
        """Compiles as `keras.Model.compile` does.

        Args:
            optimizer: as in Keras.
            loss: as in Keras; on several replicas and with `accumulate`, its
                means are over the whole batch.
            accumulate: number of equal parts that each replica takes its
                share of a batch in, one after the other. The step is the
                same, but for the order of sums, and activations take that
                much less memory.
            jit_compile: as in Keras. On several replicas, each replica's part
                of a step is compiled, and the exchange between them is not.
            **options: the other arguments of `keras.Model.compile`.

        Raises:
            ValueError: if the model's layers do not allow it.
        """
        if accumulate < 1:
            raise ValueError(
                "accumulate must be a positive number. Received: "
                f"accumulate={accumulate}"
            )
        self.accumulate = accumulate
        replicas = self.distribute_strategy.num_replicas_in_sync
        self._losses_by_output = ()
        self._compiles_replicas = False
        if (replicas > 1 or accumulate > 1) and loss is not None:
            loss = self._global_losses(loss)
        if replicas > 1:
            self._compiles_replicas = jit_compile is True
            jit_compile = False
        if self._exchanges_in_a_replica(replicas):
            raise ValueError(
                "Synchronized batch normalization exchanges numbers in the "
                "middle of a replica's part of a step, which can neither be "
                "compiled by XLA nor be taken in parts. Set jit_compile=False "
                "and accumulate=1, or synchronized=False in these layers. "
                f"Received: jit_compile={self._compiles_replicas}, "
                f"accumulate={accumulate}"
            )
        super().compile(optimizer, loss, jit_compile=jit_compile, **options)

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {
            **config,
            "accumulate": self.accumulate,
            "jit_compile": config["jit_compile"] or self._compiles_replicas,
        }

    def compile_from_config(self, config):
        # Keras compiles no loaded model whose `compile` is another.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def _exchanges_in_a_replica(self, replicas):
        if replicas == 1:
            return False
        if self.accumulate == 1 and not self._compiles_replicas:
            return False
        return any(
            getattr(layer, "synchronized", False)
            for layer in self._flatten_layers()
        )

    def train_step(self, data):
        if not self._losses_by_output:
            return self._for_workers(super().train_step(data))
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        totals = self._totals(y, weights)

        # Of its own for each replica, since variables differ.
        def gradients(x, y, weights, totals):
            if self.accumulate > 1:
                return self._accumulated_gradients(x, y, weights, totals)
            return self._gradients(x, y, weights, totals)

        if self._compiles_replicas and not self.run_eagerly:
            gradients = tf.function(gradients, jit_compile=True)
        gradients = gradients(x, y, weights, totals)
        self.optimizer.apply_gradients(
            zip(gradients, self.trainable_variables, strict=True)
        )
        return self._for_workers(self.get_metrics_result())

    def test_step(self, data):
        return self._for_workers(super().test_step(data))

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        inputs = (x, y, y_pred, sample_weight)
        alone = global_batch.number_of_replicas() == 1
        symbolic = tf.distribute.in_cross_replica_context()
        if global_batch.current_totals() is not None:
            return self._loss_of_a_part(*inputs, training=training)
        if not self._losses_by_output or alone or symbolic:
            return super().compute_loss(*inputs, training=training)
        with global_batch.known_totals(self._totals(y, sample_weight)):
            return self._loss_of_a_part(*inputs, training=training)

    def _loss_of_a_part(self, *inputs, training):
        """The loss, as it is to be logged; differentiated, the part's own."""
        loss = super().compute_loss(*inputs, training=training)
        penalties = sum(self.losses) / global_batch.number_of_replicas()
        predictions = keras.tree.flatten(inputs[2])[0]
        whole, of_output = global_batch.logged_shares(predictions)
        surplus = (loss - penalties) * (whole / of_output - 1)
        return loss + ops.stop_gradient(surplus)

    def _gradients(self, x, y, weights, totals):
        replicas = global_batch.number_of_replicas()
        with tf.GradientTape() as tape:
            predictions = self(x, training=True)
            with global_batch.known_totals(totals, self.accumulate):
                loss = self.compute_loss(x, y, predictions, weights)
            examples = ops.shape(keras.tree.flatten(x)[0])[0]
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss * replicas, examples)
            if self.losses:
                # Penalties are of the weights, not of examples: one a step.
                surplus = sum(self.losses) * (1 - 1 / self.accumulate)
                loss -= surplus / replicas
            loss = self.optimizer.scale_loss(loss)
        self.compute_metrics(x, y, predictions, sample_weight=weights)
        return tape.gradient(loss, self.trainable_variables)

    def _accumulated_gradients(self, x, y, weights, totals):
        """The same, with the share in parts, one after the other."""
        parts = self.accumulate
        data = keras.tree.map_structure(
            lambda values: _in_parts(values, parts), (x, y, weights)
        )
        variables = self.trainable_variables
        has_gradient = [True] * len(variables)

        def add_part(part, sums):
            values = keras.tree.map_structure(
                lambda leaf: None if leaf is None else leaf[part], data
            )
            gradients = self._gradients(*values, totals)
            for index, gradient in enumerate(gradients):
                has_gradient[index] = gradient is not None
            sums = [
                total
                if gradient is None
                else total + tf.convert_to_tensor(gradient)
                for total, gradient in zip(sums, gradients, strict=True)
            ]
            return part + 1, sums

        _, sums = tf.while_loop(
            lambda part, _: part < parts,
            add_part,
            (0, [tf.zeros(v.shape, v.dtype) for v in variables]),
            parallel_iterations=1,
            maximum_iterations=parts,
        )
        return [
            total if has else None
            for total, has in zip(sums, has_gradient, strict=True)
        ]

    def _totals(self, y, weights):
        return global_batch.totals_of(
            self._losses_by_output,
            self._by_output(y),
            self._by_output(weights),
        )

    def _global_losses(self, loss):
        """Wraps each output's loss, and keeps them in order."""
        given = self._by_output(loss)
        self._losses_by_output = [
            None
            if one is None
            else GlobalBatchLoss(keras.losses.get(one), index)
            for index, one in enumerate(given)
        ]
        if isinstance(self.output, dict) or isinstance(loss, dict):
            names = self._names_of_outputs()
            return {
                name: one
                for name, one in zip(names, self._losses_by_output, strict=True)
                if one is not None
            }
        if isinstance(self.output, (list, tuple)):
            return list(self._losses_by_output)
        return self._losses_by_output[0]

    def _by_output(self, structure):
        """Lists what belongs to each output; one for all is repeated."""
        names = self._names_of_outputs()
        if isinstance(structure, dict):
            return [structure.get(name) for name in names]
        if not isinstance(structure, (list, tuple)):
            return [structure] * len(names)
        if len(structure) != len(names):
            raise ValueError(
                f"The model has {len(names)} outputs ({', '.join(names)}): "
                "give losses, targets and sample weights as a dictionary by "
                f"these names or as a list. Received: {len(structure)} of them"
            )
        return list(structure)

    def _names_of_outputs(self):
        if isinstance(self.output, dict):
            return sorted(self.output)
        return list(self.output_names)

    def _for_workers(self, logs):
        # Across machines, Keras takes the mean over axis 0 of every log.
        if number_of_workers(self.distribute_strategy) > 1:
            return {key: ops.reshape(log, (1,)) for key, log in logs.items()}
        return logs

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Under a strategy, Keras builds on the mean of all replicas' batches.
        # Booleans have none, and machines cannot take one of structures, so
        # this takes the first replica's batch.
        if self._distribute_strategy is None:
            return
        strategy = self.distribute_strategy
        if iterator is not None:
            for _, _, batches in iterator:
                data_batch = keras.tree.map_structure(
                    lambda value: strategy.experimental_local_results(value)[0],
                    next(batches),
                )
                break
        with strategy.scope():
            self._symbolic_build(data_batch=data_batch)


def _in_parts(values, parts):
    """`(B, ...)` to `(parts, B / parts, ...)`."""
    if values is None:
        return None
    size = values.shape[0]
    if size is not None and size % parts:
        raise ValueError(
            f"A replica's share of a batch, {size} examples, cannot be taken "
            f"in {parts} equal parts. Change the batch size or accumulate."
        )
    return ops.reshape(values, (parts, -1, *values.shape[1:]))
