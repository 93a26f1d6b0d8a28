"""Settings that recipes of videos and sounds have in common."""

import dataclasses

from keras_perceiver.data.media import decoders
from recipes.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class MediaSettings:
    """Which files, and how records are made of them.

    Size and length of clips are those of the model.
    """

    source: str = setting(
        "",
        help=(
            "generated (clips made by this recipe), a folder of videos or of "
            "class folders of videos, or Kinetics's CSV"
        ),
    )
    files: str | None = setting(
        None, help="folder of the videos of a CSV; none: beside it"
    )
    records: str | None = setting(
        None,
        help="folder that `prepare` writes; none: one in runs/records",
    )
    frames_per_second: int = setting(
        25, help="of all clips, whatever the files have"
    )
    heldout_share: float | None = setting(
        None,
        help=(
            "of each video's time, at its end, that is held out; none: other "
            "videos are"
        ),
    )
    decoder: str = setting(
        decoders.PYAV,
        help="what `prepare` decodes with; tensorflow-io needs TensorFlow 2.16",
        choices=decoders.NAMES,
    )
    frames_per_record: int = setting(
        250,
        help=(
            "of prepared videos; fewer are read faster, and give more clips "
            "an epoch"
        ),
    )
    max_pixels: int = setting(
        2**25, help="of a stored frame; what has more is skipped"
    )
    max_seconds: float = setting(
        1200.0, help="of a video; what is longer is skipped"
    )
    max_memory_bytes: int = setting(
        2**31, help="of the process that reads a video; more is skipped"
    )
