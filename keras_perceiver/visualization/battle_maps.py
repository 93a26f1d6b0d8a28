"""Maps with units: those that somebody selected, and those that a model would.

Own units are blue, allies' green, all others' red; buildings are squares and
units discs. What is selected is yellow with a white rim. A grey frame is what
the player looked at. North is up.
"""

import dataclasses
import io

import numpy as np
import PIL.Image
import PIL.ImageDraw

SIZE = 384
OWN = (80, 130, 255)
ALLY = (70, 190, 90)
ENEMY = (225, 70, 60)
SELECTED = (255, 215, 0)
_GROUND = (24, 28, 32)
_RIM = (255, 255, 255)
_FRAME = (128, 128, 128)
_PAPER = (255, 255, 255)
_INK = (0, 0, 0)
_TITLE_HEIGHT = 20
_GAP = 8
# Pixels that no unit's middle comes nearer to the edge than.
_MARGIN = 16
# Half the width of a building and of a unit, in pixels.
_RADII = {True: 6, False: 4}
# Of the map, cells; smaller ones are not stretched to fill the picture.
_LEAST_EXTENT = 64.0


@dataclasses.dataclass(frozen=True, eq=False)
class BattleMap:
    """What a player knew at a time, `n` units.

    Attributes:
        title: a line of text.
        places: `(n, 2)`, in cells from the left and from below.
        is_own: bool `(n,)`.
        is_ally: bool `(n,)`.
        is_building: bool `(n,)`.
        selected: bool `(n,)`: what the human selected.
        guessed: bool `(n,)`: what the model would.
        camera: x and y of the middle of what was looked at.
        view: half the width and half the height of it, in cells.
    """

    title: str
    places: np.ndarray
    is_own: np.ndarray
    is_ally: np.ndarray
    is_building: np.ndarray
    selected: np.ndarray
    guessed: np.ndarray
    camera: tuple
    view: tuple

    def pixels(self, places=None):
        """Returns where places are within a panel, int `(n, 2)`: x and y.

        Args:
            places: as the attribute; None for the units' own.
        """
        low = self.places.min(axis=0)
        extent = max(_LEAST_EXTENT, float((self.places - low).max()))
        middle = (low + self.places.max(axis=0)) / 2
        places = self.places if places is None else np.asarray(places)
        scaled = (places - middle) * (SIZE - 2 * _MARGIN) / extent
        return np.round(SIZE / 2 + scaled * [1, -1]).astype(int)


def draw(maps):
    """Draws maps below one another, the human's selection left of the model's.

    Args:
        maps: list of `BattleMap`s.

    Returns:
        The bytes of a PNG.
    """
    height = SIZE + _TITLE_HEIGHT + _GAP
    picture = PIL.Image.new(
        "RGB", (2 * SIZE + _GAP, height * len(maps)), _PAPER
    )
    pen = PIL.ImageDraw.Draw(picture)
    for number, one in enumerate(maps):
        top = number * height
        pen.text((4, top + 4), f"{one.title}: the human's", fill=_INK)
        pen.text((SIZE + _GAP + 4, top + 4), "the model's", fill=_INK)
        for left, chosen in ((0, one.selected), (SIZE + _GAP, one.guessed)):
            picture.paste(_panel(one, chosen), (left, top + _TITLE_HEIGHT))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _panel(one, chosen):
    panel = PIL.Image.new("RGB", (SIZE, SIZE), _GROUND)
    pen = PIL.ImageDraw.Draw(panel)
    view = np.array([one.view, (-one.view[0], -one.view[1])])
    (right, top), (left, bottom) = one.pixels(view + one.camera).tolist()
    pen.rectangle((left, top, right, bottom), outline=_FRAME)
    # What is selected last, so that nothing hides it.
    for unit in np.argsort(chosen, kind="stable"):
        _unit(pen, one, unit, chosen[unit])
    return panel


def _unit(pen, one, unit, is_chosen):
    x, y = one.pixels()[unit].tolist()
    radius = _RADII[bool(one.is_building[unit])]
    colour = OWN if one.is_own[unit] else ENEMY
    if one.is_ally[unit]:
        colour = ALLY
    shape = pen.rectangle if one.is_building[unit] else pen.ellipse
    shape(
        (x - radius, y - radius, x + radius, y + radius),
        fill=SELECTED if is_chosen else colour,
        outline=_RIM if is_chosen else None,
    )
