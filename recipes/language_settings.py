"""What the masked language models are told alike."""

import dataclasses

from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextSettings:
    """Which text, and what of it is scored."""

    source: str = setting(
        "pydoc",
        help=(
            "pydoc (CPython's documentation), a text file, a folder, a glob "
            "in quotes, tfds:NAME, or SOURCE@WEIGHT,SOURCE@WEIGHT"
        ),
    )
    masking_probability: float = setting(
        0.15,
        help=(
            "of each word being masked as a whole in training; evaluation "
            "always takes the published 0.15"
        ),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class StartSettings:
    """Help for a small model in its first steps; the paper's needs none.

    From random values and whole words alone, a model that sees a few million
    bytes learns how often each token occurs, and nothing else.
    """

    local: bool = setting(
        False, help="let every attention begin next door; see local_start.py"
    )
    share: float = setting(
        0.0, help="of the steps in which the other settings of the start hold"
    )
    visible_weight: float = setting(
        0.0, help="of visible tokens in the training loss"
    )
