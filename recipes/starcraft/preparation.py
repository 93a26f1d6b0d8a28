"""Which replays a run reads, and where their records are kept."""

from keras_perceiver import files
from keras_perceiver.data.replays import records
from keras_perceiver.data.replays import sources
from keras_perceiver.data.replays.isolated import Limits
from keras_perceiver.data.replays.prepared import PreparedMoments
from recipes.record_preparation import RecordPreparation
from recipes.starcraft import skirmishes

# Of the rules of skirmishes: others are prepared anew.
_GENERATION = 1
WHERE_TO_GET = (
    "StarCraft II keeps those of your own games in Accounts/.../Replays of its "
    "folder; Blizzard gives packs of others' to those who accept its terms "
    "(github.com/Blizzard/s2client-proto)"
)


class Preparation(RecordPreparation):
    """Records of games: what they are made of, and whether they are there.

    Args:
        settings: `ReplaySettings`.

    Raises:
        ValueError: if no source is named.
    """

    recipe_name = "starcraft"
    things = "replays"
    wanted = f"{sources.WANTED}. {WHERE_TO_GET}"

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
        self.make_ready()
        return PreparedMoments(self.folder, num_entities, entity_dim)

    def generated_name(self):
        """Returns a name for what is made here; another one is made anew."""
        return f"skirmishes-{_GENERATION}"

    def form(self):
        """Returns what records of replays are of."""
        return "" if self.is_generated else "-moments"
