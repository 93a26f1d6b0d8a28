"""The columns of an entity: what a player knows of a unit before selecting.

Each number is scaled to about 1, so that any model can take it as it is.
Seconds are those of game time, 16 frames each, as `log(1 + seconds) / 8`;
lengths on the map are in cells, over 32; counts are `log(1 + count) / 8`.
Behind these columns comes a code of the unit's type (see `type_code`).
"""

import hashlib

import numpy as np

FRAMES_PER_SECOND = 16
GROUPS = 10
# How many of the last selections a unit is told to have been in.
PAST = 4
MAX_ENTITIES = 512
# Of the code of a type: how much there is, and how much tells types apart.
CODE_BITS = 256
LEAST_BITS = 24

# Of the unit itself.
_OF_THE_UNIT = {
    "is_own": "1 if it is the player's",
    "is_ally": "1 if it is of the player's team",
    "is_enemy": "1 if it is of another team",
    "is_building": "1 for a building",
    "is_finished": "0 while it is being built or warped in",
    "age": "seconds since it appeared or, of others, was touched",
    "count_of_type": "how many of its owner and type are known",
}
# Lengths: where it is, was sent and was seen when it was last selected.
_PLACES = {
    "x_from_camera": "where it was last told to be, from what is looked at",
    "y_from_camera": "",
    "camera_distance": "log(1 + cells) / 4",
    "in_view": "1 within 14 by 10 cells of what is looked at",
    "goal_x_from_camera": "where it was last sent, else where it is",
    "goal_y_from_camera": "",
    "goal_camera_distance": "log(1 + cells) / 4",
    "goal_in_view": "as `in_view`",
    "seen_x_from_camera": "what was looked at when it was last selected",
    "seen_y_from_camera": "",
    "seen_camera_distance": "log(1 + cells) / 4",
    "x_from_home": "from the player's first town hall",
    "y_from_home": "",
    "x": "from the left of the map",
    "y": "from below",
}
# What the player did with it before.
_PAST = {
    "was_sent": "1 if it was ever sent anywhere",
    "since_order": "seconds since it got an order; 1.5 for never",
    "since_selected": "seconds since it was selected; 1.5 for never",
    "times_selected": "a count",
    "is_type_of_last": "1 if one of its type is selected now",
    **{
        f"in_selection_{number}": f"1 if it was selected {number} before"
        for number in range(1, PAST + 1)
    },
    **{
        f"in_group_{number}": "1 if it is in that control group"
        for number in range(GROUPS)
    },
}
# The same for all entities of a moment.
_OF_THE_MOMENT = {
    "game_time": "seconds, over 1,024",
    "num_own": "a count",
    "num_selected": "a count, of what is selected now",
    "since_selection": "seconds since the player's last selection",
    "since_camera": "seconds since the camera moved",
    "since_last_order": "seconds since the player's last order",
    "has_recalled": "1 if the last selection was a control group's",
    "minerals": "a count",
    "gas": "a count",
    "supply_used": "over 200",
    "supply_left": "over 32",
}
COLUMNS = {**_OF_THE_UNIT, **_PLACES, **_PAST, **_OF_THE_MOMENT}
NUMBERS = {name: number for number, name in enumerate(COLUMNS)}
NEVER = 1.5

_CELLS = 32.0
VIEW = (14.0, 10.0)


def seconds(frames):
    """Returns scaled seconds of numbers of frames."""
    return np.log1p(np.maximum(frames, 0) / FRAMES_PER_SECOND) / 8


def count(number):
    """Returns scaled counts."""
    return np.log1p(number) / 8


def lengths(cells):
    """Returns scaled lengths on the map."""
    return np.asarray(cells) / _CELLS


def cells(scaled):
    """Returns cells of the map; undoes `lengths`."""
    return np.asarray(scaled, np.float32) * _CELLS


def distance(offsets):
    """Returns scaled distances of offsets in cells, `(..., 2)`."""
    return np.log1p(np.hypot(offsets[..., 0], offsets[..., 1])) / 4


def in_view(offsets):
    """Returns 1 for offsets from the camera, in cells, that it shows."""
    return np.all(np.abs(offsets) <= VIEW, axis=-1)


def type_code(name):
    """Returns a fixed code for a type of unit, of which models take a part.

    A function of the name alone: types that no replay had so far have theirs,
    and whatever projects entities linearly learns an embedding of it.

    Args:
        name: of the type.

    Returns:
        uint8 `(CODE_BITS / 8,)`; its bits, the highest first, are signs.
    """
    digest = hashlib.shake_256(name.encode()).digest(CODE_BITS // 8)
    return np.frombuffer(digest, np.uint8)


def signs(codes, width):
    """Returns the first bits of `type_code`s as 1 and -1.

    Args:
        codes: uint8 `(n, CODE_BITS / 8)`.
        width: how many.

    Returns:
        float32 `(n, width)`.
    """
    bits = np.unpackbits(codes, axis=-1)[:, :width]
    return 2.0 * bits.astype("float32") - 1.0


def code_width(entity_dim):
    """Returns how much of a code entities of a width have room for.

    Raises:
        ValueError: if that is too little, or more than there is.
    """
    width = entity_dim - len(COLUMNS)
    if not LEAST_BITS <= width <= CODE_BITS:
        raise ValueError(
            f"Entities have {len(COLUMNS)} columns and {LEAST_BITS} to "
            f"{CODE_BITS} for the type. Received: {entity_dim} in all. Set "
            f"--model.entity-dim to {len(COLUMNS) + LEAST_BITS} or more."
        )
    return width
