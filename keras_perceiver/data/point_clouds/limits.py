"""What is borne of files from strangers, and why a file gives nothing."""

import dataclasses


class ShapeError(ValueError):
    """Why a file gives no points, in words that follow its name."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Of one file.

    Attributes:
        max_bytes: its size.
        max_rows: vertices, faces or points in it.
    """

    max_bytes: int = 2**28
    max_rows: int = 10_000_000

    def check_rows(self, count, what):
        """Raises `ShapeError` if there are too many, or fewer than none.

        Args:
            count: how many there are, or are announced.
            what: what they are called, such as `"faces"`.
        """
        if not 0 <= count <= self.max_rows:
            raise ShapeError(
                f"has {count:,} {what}. Wanted: at most {self.max_rows:,}."
            )
