"""The model that the runner trains: a preset that can be resumed exactly."""

import json

import keras
import numpy as np
import safetensors
from keras import ops

from keras_perceiver import files
from keras_perceiver.training import agreement
from keras_perceiver.training.spread_model import SpreadModel

# Before the names of the metrics' tensors; all others have numbers only.
_METRIC = "metric_"


@keras.saving.register_keras_serializable(package="keras_perceiver")
class TrainingModel(SpreadModel):
    """A functional model whose whole training state can be kept.

    Made on a preset's own graph, `TrainingModel(model.input, model.output)`,
    so it shares the preset's layers and stays functional. It adds what bare
    `fit` does not need: Keras's own files leave out the states of random
    generators, so that a run cannot go on from them bit for bit.
    """

    _attack = None

    def compile(self, *args, attack=None, **options):
        """Compiles as `SpreadModel.compile` does.

        Args:
            *args: as there.
            attack: from inputs, targets and weights to the inputs that each
                step trains on in their place, such as a `PixelAttack` of this
                model. It sees the whole share of a replica at once, whatever
                `accumulate` is. Keras's own files do not hold it.
            **options: as there.
        """
        self._attack = attack
        super().compile(*args, **options)

    def train_step(self, data):
        if self._attack is None:
            return super().train_step(data)
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        return super().train_step((self._attack(x, y, weights), y, weights))

    def save_training_state(self, path, progress):
        """Writes all that the next step depends on, atomically.

        Args:
            path: a safetensors file.
            progress: JSON-ready dictionary kept beside the tensors, such as
                the step.
        """
        files.write_tensors(path, *self.training_state(progress))

    def training_state(self, progress, metrics=None):
        """Returns a copy of what `save_training_state` writes.

        Args:
            progress: as `save_training_state` takes it.
            metrics: what `metric_state` returned, where the state is not one
                behind an evaluation.

        Returns:
            Arrays and strings by name, for `files.write_tensors`.
        """
        tensors = {
            f"{index:05d}": np.asarray(variable.value)
            for index, variable in enumerate(self._state_variables())
        }
        for index, value in enumerate(metrics or []):
            tensors[f"{_METRIC}{index:05d}"] = value
        optimizer = type(self.optimizer).__name__
        # One key, since several come in any order, and equal states are to be
        # equal files.
        metadata = {"optimizer": optimizer, "progress": progress}
        return tensors, {"state": json.dumps(metadata)}

    def metric_state(self):
        """Returns a copy of what the metrics have gathered so far."""
        # Replicas and workers have a part each: this is an exchange.
        return [
            np.asarray(ops.convert_to_tensor(variable))
            for variable in self.metrics_variables
        ]

    def set_metric_state(self, values):
        """Gives the metrics, once built, what they had gathered before."""
        pairs = zip(self.metrics_variables, values, strict=True)
        for variable, value in pairs:
            variable.assign(value)

    def build_metrics(self, batch):
        """Makes the variables of loss and metrics.

        Args:
            batch: a batch, or an `element_spec` of batches.
        """
        with self.distribute_strategy.scope():
            self._symbolic_build(data_batch=batch)

    def load_training_state(self, path):
        """Sets every variable from `save_training_state`'s file.

        Args:
            path: the file. The model must be built and compiled as it was.

        Returns:
            The `progress` that was saved with it.

        Raises:
            ValueError: if the file is of another model or optimiser; nothing
                is changed then.
        """
        variables = self._state_variables()
        try:
            state_file = safetensors.safe_open(path, framework="numpy")
        except safetensors.SafetensorError as error:
            raise ValueError(
                f"{path} is no training state ({error}). It may be cut off: "
                "begin anew with --overwrite."
            ) from None
        with state_file as state:
            names = [
                name
                for name in sorted(state.keys())
                if not name.startswith(_METRIC)
            ]
            shapes = [
                tuple(state.get_slice(name).get_shape()) for name in names
            ]
            wanted = [tuple(variable.shape) for variable in variables]
            metadata = json.loads(state.metadata()["state"])
            optimizer = type(self.optimizer).__name__
            if shapes != wanted or metadata["optimizer"] != optimizer:
                raise ValueError(
                    f"{path} is the state of another model or optimiser: it "
                    f"holds {len(shapes)} tensors for {metadata['optimizer']}, "
                    f"and this one has {len(wanted)} for {optimizer}, or of "
                    "other shapes. Resume with the "
                    "configuration that the run began with."
                )
            for name, variable in zip(names, variables, strict=True):
                variable.assign(state.get_tensor(name))
            return metadata["progress"]

    def read_metric_state(self, path):
        """Returns the `metrics` that a training state was saved with.

        Args:
            path: the file.

        Returns:
            Arrays for `set_metric_state`, or None if the state is one behind
            an evaluation.
        """
        with safetensors.safe_open(path, framework="numpy") as state:
            return [
                state.get_tensor(name)
                for name in sorted(state.keys())
                if name.startswith(_METRIC)
            ] or None

    def take_from_chief(self, begin=None):
        """Takes over the chief's state where several workers train.

        To be called by all of them, before `fit`.

        Args:
            begin: on the chief, where the run begins, as `load_training_state`
                and `read_metric_state` gave it.

        Returns:
            The chief's `begin`.
        """
        if agreement.number_of_workers(self.distribute_strategy) == 1:
            return begin
        return agreement.take_from_chief(
            self.distribute_strategy, self._state_variables(), begin
        )

    def _state_variables(self):
        # By order: the paths of seed states and of optimiser slots carry
        # counters that differ between processes.
        with self.distribute_strategy.scope():
            self.optimizer.build(self.trainable_variables)
        return [*self.variables, *self.optimizer.variables]
