"""The model that the runner trains: a preset that can be resumed exactly."""

import json

import keras
import numpy as np
import safetensors

from keras_perceiver import files


@keras.saving.register_keras_serializable(package="keras_perceiver")
class TrainingModel(keras.Model):
    """A functional model whose whole training state can be kept.

    Made on a preset's own graph, `TrainingModel(model.input, model.output)`,
    so it shares the preset's layers and stays functional. It adds what bare
    `fit` does not need: Keras's own files leave out the states of random
    generators, so that a run cannot go on from them bit for bit.
    """

    def save_training_state(self, path, progress):
        """Writes all that the next step depends on, atomically.

        Args:
            path: a safetensors file.
            progress: JSON-ready dictionary kept beside the tensors, such as
                the step.
        """
        tensors = {
            f"{index:05d}": np.asarray(variable.value)
            for index, variable in enumerate(self._state_variables())
        }
        optimizer = type(self.optimizer).__name__
        # One key, since several come in any order, and equal states are to be
        # equal files.
        metadata = {"optimizer": optimizer, "progress": progress}
        files.write_tensors(path, tensors, {"state": json.dumps(metadata)})

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
            names = sorted(state.keys())
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

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Under a strategy, Keras builds on the mean of all replicas' batches.
        # Booleans have none, so this takes the first replica's batch.
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

    def _state_variables(self):
        # By order: the paths of seed states and of optimiser slots carry
        # counters that differ between processes.
        with self.distribute_strategy.scope():
            self.optimizer.build(self.trainable_variables)
        return [*self.variables, *self.optimizer.variables]
