"""Which shapes a run reads, and where their records are kept."""

from keras_perceiver import files
from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds import sources
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.prepared import PreparedClouds
from recipes.modelnet40 import generated_shapes
from recipes.record_preparation import RecordPreparation

# Of the families of shapes: others are prepared anew.
_GENERATION = 1


class Preparation(RecordPreparation):
    """Records of shapes: what they are made of, and whether they are there.

    Args:
        settings: `ShapeSettings`.

    Raises:
        ValueError: if no source is named.
    """

    recipe_name = "modelnet40"
    things = "shapes"
    wanted = sources.WANTED

    def prepare(self):
        """Makes what is missing of the records; returns their summary."""
        settings = self.settings
        if not self.is_generated:
            # Before a folder is made for nothing.
            found = sources.find_shapes(settings.source)
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            return records.prepare(
                found,
                self.folder,
                settings.source,
                settings.points_kept,
                Limits(settings.max_bytes, settings.max_rows),
            )
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        # Whoever comes second waits, and finds all done.
        with files.locked(self.folder):
            return records.prepare_made(
                generated_shapes.shapes(settings.points_kept),
                self.folder,
                "generated shapes, not real objects",
                settings.points_kept,
                {"generation": _GENERATION, **generated_shapes.COUNTS},
            )

    def clouds(self):
        """Returns the `PreparedClouds`; generated ones are made if need be.

        Raises:
            ValueError: if nothing was prepared.
        """
        self.make_ready()
        return PreparedClouds(self.folder)

    def generated_name(self):
        """Returns a name for what is made here; another one is made anew."""
        return f"shapes-{_GENERATION}"

    def form(self):
        """Returns how many points are kept."""
        return f"-{self.settings.points_kept}-points"
