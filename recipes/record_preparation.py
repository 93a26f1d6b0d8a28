"""Records that a recipe reads: what they are made of, and where they are."""

import pathlib

from recipes import record_folders
from recipes.settings import GENERATED


class RecordPreparation:
    """Makes the records of a recipe; recipes fill in where from.

    Args:
        settings: with `source` and `records`.

    Attributes:
        recipe_name: as the command line takes it.
        things: what records are made of, in one word.
        wanted: what `--data` takes, in words.

    Raises:
        ValueError: if no source is named.
    """

    recipe_name = ""
    things = ""
    wanted = ""

    def __init__(self, settings):
        self.settings = settings
        if not settings.source:
            raise ValueError(
                f"No {self.things} are named. --data takes {GENERATED}, or "
                f"{self.wanted}."
            )
        self.folder = self._folder()

    def prepare(self):
        """Makes what is missing of the records; returns their summary."""
        raise NotImplementedError

    def generated_name(self):
        """Returns a name for what is made here; another one is made anew."""
        raise NotImplementedError

    def form(self):
        """Returns what the name of records says of their form."""
        raise NotImplementedError

    @property
    def is_generated(self):
        """Whether they are made of what this recipe makes itself."""
        return self.settings.source == GENERATED

    def make_ready(self):
        """Makes generated records if need be.

        Raises:
            ValueError: if nothing was prepared, and cannot be made here.
        """
        if record_folders.is_prepared(self.folder):
            return
        if not self.is_generated:
            raise record_folders.not_prepared(
                self.folder, self.settings.source, self.recipe_name
            )
        self.prepare()

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        if self.is_generated:
            name = self.generated_name()
        else:
            name = record_folders.name_of(self.settings.source)
        return record_folders.RECORDS / f"{name}{self.form()}"
