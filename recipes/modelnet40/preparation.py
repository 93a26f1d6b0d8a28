"""Which shapes a run reads, and where their records are kept."""

import pathlib

from keras_perceiver import files
from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds import sources
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.prepared import PreparedClouds
from recipes import record_folders
from recipes.modelnet40 import generated_shapes
from recipes.modelnet40.config import GENERATED

# Of the families of shapes: others are prepared anew.
_GENERATION = 1


class Preparation:
    """Records of shapes: what they are made of, and whether they are there.

    Args:
        settings: `ShapeSettings`.

    Raises:
        ValueError: if no source is named.
    """

    def __init__(self, settings):
        self.settings = settings
        if not settings.source:
            raise ValueError(
                f"No shapes are named. --data takes {GENERATED}, or "
                f"{sources.WANTED}."
            )
        self.folder = self._folder()

    @property
    def is_generated(self):
        """Whether the shapes are made here."""
        return self.settings.source == GENERATED

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
        if not record_folders.is_prepared(self.folder):
            if not self.is_generated:
                raise record_folders.not_prepared(
                    self.folder, self.settings.source, "modelnet40"
                )
            self.prepare()
        return PreparedClouds(self.folder)

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        name = f"shapes-{_GENERATION}"
        if not self.is_generated:
            name = record_folders.name_of(self.settings.source)
        return record_folders.RECORDS / (
            f"{name}-{self.settings.points_kept}-points"
        )
