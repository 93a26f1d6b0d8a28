"""Which replays a run reads, and where their records are kept."""

import pathlib

from keras_perceiver import files
from keras_perceiver.data.replays import records
from keras_perceiver.data.replays import sources
from keras_perceiver.data.replays.isolated import Limits
from keras_perceiver.data.replays.prepared import PreparedMoments
from recipes import record_folders
from recipes.starcraft import skirmishes
from recipes.starcraft.config import GENERATED

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
        with files.locked(self.folder):
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
        if not record_folders.is_prepared(self.folder):
            if not self.is_generated:
                raise record_folders.not_prepared(
                    self.folder, self.settings.source, "starcraft"
                )
            self.prepare()
        return PreparedMoments(self.folder, num_entities, entity_dim)

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        if self.is_generated:
            return record_folders.RECORDS / f"skirmishes-{_GENERATION}"
        name = record_folders.name_of(self.settings.source)
        return record_folders.RECORDS / f"{name}-moments"
