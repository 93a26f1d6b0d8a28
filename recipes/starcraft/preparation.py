"""Which replays a run reads, and where their records are kept."""

import fcntl
import hashlib
import pathlib

from keras_perceiver.data import record_folder
from keras_perceiver.data.replays import records
from keras_perceiver.data.replays import sources
from keras_perceiver.data.replays.isolated import Limits
from keras_perceiver.data.replays.prepared import PreparedMoments
from recipes.starcraft import skirmishes
from recipes.starcraft.config import GENERATED

_RECORDS = pathlib.Path("runs") / "records"
_LOCK = ".lock"
# Of the rules of skirmishes: others are prepared anew.
_GENERATION = 1
WHERE_TO_GET = (
    "StarCraft II keeps those of your own games in Accounts/.../Replays of its "
    "folder; Blizzard gives packs of others' to those who accept its terms "
    "(github.com/Blizzard/s2client-proto)"
)


class Preparation:
    """Records of games: what they are made of, and whether they are there.

    Args:
        settings: `ReplaySettings`.

    Raises:
        ValueError: if no source is named.
    """

    def __init__(self, settings):
        self.settings = settings
        if not settings.source:
            raise ValueError(
                f"No replays are named. --data takes {GENERATED}, or "
                f"{sources.WANTED}. {WHERE_TO_GET}."
            )
        self.folder = self._folder()

    @property
    def is_generated(self):
        """Whether the games are made here."""
        return self.settings.source == GENERATED

    def prepare(self):
        """Makes what is missing of the records; returns their summary."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if not self.is_generated:
            limits = Limits(
                max_memory_bytes=self.settings.max_memory_bytes,
                max_waiting_seconds=self.settings.max_seconds,
            )
            return records.prepare(self.settings.source, self.folder, limits)
        # Whoever comes second waits, and finds all done.
        with open(self.folder.with_name(_LOCK), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return records.prepare_made(
                skirmishes.games(),
                self.folder,
                "generated skirmishes, not real games",
                {"generation": _GENERATION, "games": skirmishes.NUM_GAMES},
            )

    def moments(self, num_entities, entity_dim):
        """Returns the `PreparedMoments`; generated ones are made if need be.

        Args:
            num_entities: of the model.
            entity_dim: of the model.

        Raises:
            ValueError: if nothing was prepared.
        """
        if not (self.folder / record_folder.SUMMARY).is_file():
            if not self.is_generated:
                raise ValueError(
                    f"{self.folder} has no records of {self.settings.source}. "
                    "Make them first, with the same settings: python -m "
                    f"recipes starcraft prepare --data {self.settings.source}"
                )
            self.prepare()
        return PreparedMoments(self.folder, num_entities, entity_dim)

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        if self.is_generated:
            return _RECORDS / f"skirmishes-{_GENERATION}"
        path = pathlib.Path(self.settings.source).expanduser().absolute()
        digest = hashlib.sha256(bytes(path)).hexdigest()[:8]
        return _RECORDS / f"{path.stem}-{digest}-moments"
