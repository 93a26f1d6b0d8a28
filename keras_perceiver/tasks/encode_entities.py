"""Turn a set of entities into vectors."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from keras_perceiver.tasks.problems import blanked
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.problems import not_finite
from keras_perceiver.tasks.problems import overflowed
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import inputs_of


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedEntities:
    """What a model makes of a set of `n` entities.

    Attributes:
        entity_embeddings: float32 `(n, embedding_dim)`.
        summary: float32 `(embedding_dim,)`, of the set as a whole.
        selection_probabilities: float32 `(n,)`: how likely each is chosen
            when one is.
    """

    entity_embeddings: np.ndarray
    summary: np.ndarray
    selection_probabilities: np.ndarray


class EncodeEntities(Task):
    """Encodes sets of entities, such as the units of a StarCraft II game.

    Args:
        model: from `entities` `(B, M, C)` and `entity_mask` `(B, M)` to
            `entity_embeddings`, `summary` and `selection_logits`, such as
            `from_preset("starcraft_entities")`.

    Raises:
        ValueError: if the model is no entity encoder.
    """

    def __init__(self, model):
        check_inputs("EncodeEntities", model, "entities", "entity_mask")
        self.num_entities, self.entity_dim = inputs_of(model)["entities"].shape[
            1:
        ]
        super().__init__(
            model,
            tf.TensorSpec(
                (None, self.num_entities, self.entity_dim),
                tf.float32,
                "entities",
            ),
            tf.TensorSpec((None, self.num_entities), tf.bool, "entity_mask"),
        )

    def __call__(self, entities):
        """Encodes one set of entities or a list of sets.

        Args:
            entities: an array `(n, C)`, at most as many rows as the model
                has slots; or a list of these; or an array `(B, n, C)`.

        Returns:
            An `EncodedEntities`, or a list of them.

        Raises:
            ValueError: if a set is not of that form.
        """
        if not isinstance(entities, list | tuple) and np.ndim(entities) <= 2:
            return self([entities])[0]
        sets = [np.asarray(rows, np.float32) for rows in entities]
        answers = self.answers("Set", sets, self._read)
        return [
            EncodedEntities(
                answer["entity_embeddings"][: len(rows)],
                answer["summary"],
                answer["selection_probabilities"][: len(rows)],
            )
            for rows, answer in zip(sets, answers, strict=True)
        ]

    def _read(self, rows):
        if (
            rows.ndim != 2
            or rows.shape[1] != self.entity_dim
            or len(rows) > self.num_entities
        ):
            raise ValueError(
                f"wanted: at most {self.num_entities} entities of "
                f"{self.entity_dim} numbers each. Received: shape {rows.shape}"
            )
        empty = self.num_entities - len(rows)
        return {
            "entities": np.pad(rows, [(0, empty), (0, 0)]),
            "entity_mask": np.arange(self.num_entities) < len(rows),
        }

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        entities = np.random.default_rng(0).normal(
            size=(4, self.num_entities, self.entity_dim)
        )
        counts = np.array([self.num_entities, 1, self.num_entities // 2, 1])
        # Where there is no entity, anything may stand.
        entities[1, 1:] = math.nan
        entities[3, 0, 0] = math.inf
        return {
            "entities": tf.constant(entities, tf.float32),
            "entity_mask": tf.sequence_mask(counts, self.num_entities),
        }

    def serve(self, entities, entity_mask):
        """The task inside a graph: this is what an export answers with.

        Args:
            entities: float32 `(B, M, C)`. Where there is no entity, they are
                not read.
            entity_mask: bool `(B, M)`, True where there is an entity.

        Returns:
            A dictionary of `entity_embeddings` `(B, M, embedding_dim)`,
            `summary` `(B, embedding_dim)` and `selection_probabilities`
            `(B, M)`, zero where there is none; and `problem_bytes` `(B,)`,
            empty where all is well. A set with numbers that are not finite
            has 0 for answers, and never spoils its batchmates'.
        """
        entities = tf.where(entity_mask[..., None], entities, 0.0)
        problems = not_finite("the entities", entities)
        entities = blanked(entities, problems)
        outputs = call(
            self.model, {"entities": entities, "entity_mask": entity_mask}
        )
        chances = tf.nn.softmax(outputs["selection_logits"])
        answers = {
            "entity_embeddings": outputs["entity_embeddings"],
            "summary": outputs["summary"],
            "selection_probabilities": tf.where(entity_mask, chances, 0.0),
        }
        problems = first_of(problems, overflowed(*answers.values()))
        return with_problems(answers, problems)
