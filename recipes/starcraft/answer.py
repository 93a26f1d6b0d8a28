"""What `predict` says of a replay."""

import collections
import pathlib
import re

from keras_perceiver import errors
from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.moments import Moments
from keras_perceiver.visualization import battle_maps
from recipes.picture_option import split_picture
from recipes.picture_option import write_picture
from recipes.starcraft.evaluation import guessed_sets
from recipes.starcraft.maps import battle_map

# Where no time is asked for: a third of all selections is behind it.
_SHARE = 1 / 3
_MOST_NAMED = 5


def answer(task, words):
    """Guesses what was selected in a replay, and returns it as lines.

    Args:
        task: an `EncodeEntities`, its model as a run keeps it.
        words: the path of a replay, and times of it such as `5:00`; the next
            selection by any player is looked at. With `--picture PATH.png`
            among them, that gets maps of what the human selected and what
            the model would have.
    """
    words, picture = split_picture(words)
    if not words:
        raise ValueError(
            "predict takes a replay, and times such as 5:00. Received: nothing"
        )
    path = pathlib.Path(words[0])
    times = [_frame(word) for word in words[1:]]
    if not path.is_file():
        raise ValueError(f"{path} is no file. Wanted: a replay, then times.")
    try:
        game = isolated.read_game(path)
    except ReplayError as problem:
        raise ReplayError(f"{path}: the replay {problem}") from None
    moments = _moments_at(list(Moments(game)), times, path)
    races = {player.number: player.race for player in game.players}
    lines, maps = [f"{path}, {errors.printable(game.map_name)}"], []
    for moment in moments:
        entities = moment.entities(task.entity_dim)
        chances = task(entities).selection_probabilities
        who = (
            f"player {moment.player}, {errors.printable(races[moment.player])}"
        )
        title = f"{_time(moment.frame)}  {who}"
        lines += [title, *_described(moment, chances)]
        maps.append(battle_map(title, entities, moment.selected, chances))
    if picture:
        lines.append(write_picture(picture, battle_maps.draw(maps)))
    return "\n".join(lines)


def _moments_at(moments, times, path):
    """The next moment at each time, each moment once."""
    if not moments:
        raise ValueError(f"{path}: nobody selects units of his own in it.")
    if not times:
        return [moments[int(_SHARE * len(moments))]]
    found = {}
    for time in times:
        later = [moment for moment in moments if moment.frame >= time]
        if not later:
            raise ValueError(
                f"{path}: the last selection is at {_time(moments[-1].frame)}. "
                f"Received: {_time(time)}"
            )
        found.setdefault(id(later[0]), later[0])
    return list(found.values())


def _described(moment, chances):
    names = list(map(errors.printable, moment.kinds))
    guessed = guessed_sets(chances)
    yield f"  the human: {_counted(names, moment.selected)}"
    yield f"  the model: {_counted(names, guessed)}"
    for place in chances.argsort()[::-1][:_MOST_NAMED]:
        mark = "selected" if moment.selected[place] else ""
        yield f"    {chances[place]:>6.1%}  {names[place]}  {mark}".rstrip()


def _counted(names, chosen):
    counts = collections.Counter(
        name for name, is_chosen in zip(names, chosen, strict=True) if is_chosen
    )
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _frame(word):
    found = re.fullmatch(r"(\d{1,4}):(\d\d)", word)
    if not found:
        raise ValueError(
            f"A time is minutes and seconds of the game, such as 5:00. "
            f"Received: {word!r}"
        )
    minutes, seconds = map(int, found.groups())
    return (60 * minutes + seconds) * schema.FRAMES_PER_SECOND


def _time(frame):
    seconds = frame // schema.FRAMES_PER_SECOND
    return f"{seconds // 60}:{seconds % 60:02d}"
