"""From entities, as the model gets them, to maps for people to see."""

import numpy as np

from keras_perceiver.data.replays import schema
from keras_perceiver.visualization import battle_maps
from recipes.starcraft.evaluation import guessed_sets

NUM_MAPS = 4


def battle_map(title, entities, selected, probabilities):
    """Returns a `BattleMap` of a moment.

    Args:
        title: a line of text.
        entities: `(n, C)`, those that there are.
        selected: bool `(n,)`: what the human selected.
        probabilities: `(n,)`: what the model says.
    """

    def column(name):
        return entities[:, schema.NUMBERS[name]]

    places = schema.cells(np.stack([column("x"), column("y")], axis=1))
    offsets = [column("x_from_camera"), column("y_from_camera")]
    camera = places[0] - schema.cells(np.stack(offsets, axis=1)[0])
    return battle_maps.BattleMap(
        title,
        places,
        column("is_own") > 0,
        column("is_ally") > 0,
        column("is_building") > 0,
        selected,
        guessed_sets(probabilities),
        tuple(camera),
        schema.VIEW,
    )


def sample(task, data):
    """Returns a PNG: held-out moments, evenly spaced, on maps.

    Args:
        task: an `EncodeEntities`.
        data: the `SelectionData`.
    """
    moments = data.evaluation_dataset().unbatch()
    step = max(1, data.num_heldout() // NUM_MAPS)
    maps = []
    chosen = moments.shard(step, step // 2).take(NUM_MAPS)
    for inputs, shares in chosen.as_numpy_iterator():
        there = inputs["entity_mask"]
        entities = inputs["entities"][there]
        answer = task(entities)
        maps.append(
            battle_map(
                f"held-out moment {len(maps) * step + step // 2}",
                entities,
                shares[there] > 0,
                answer.selection_probabilities,
            )
        )
    return battle_maps.draw(maps)
