"""Generated sounds with video, as a folder of AudioSet's own form.

Each clip mixes one to three of eight sounds, some more frequent than others,
with noise. The video shows most of what sounds as a disc of the tag's colour,
and now and then a disc of what does not, so that the sound says more, and the
video something of its own. The official tables lie beside the files.
"""

import colorsys
import pathlib

import numpy as np

from keras_perceiver import files
from keras_perceiver.data.media import audioset_csv
from keras_perceiver.data.media.sources import TRAIN
from keras_perceiver.data.media.sources import VALIDATE
from recipes import generated_media
from recipes.audioset.sounds import SAMPLE_RATE
from recipes.audioset.sounds import SOUNDS
from recipes.audioset.sounds import normalized

# Of the rules of clips: others are made anew.
GENERATION = 1
COUNTS = {TRAIN: 448, VALIDATE: 128}
TAGS = list(SOUNDS)
_TABLES = {
    TRAIN: "balanced_train_segments.csv",
    VALIDATE: "eval_segments.csv",
}
_SEED = 20_210_730
# The first tag is drawn four times as often as the last.
_FREQUENCY = 4.0 ** -np.linspace(0, 1, len(TAGS))
_MOST_TAGS = 3
_SHOWN = 0.75
_SHOWN_WITHOUT_SOUND = 0.1
_DECIBELS = 15
_NOISE_DECIBELS = (-25, -10)
_LOUDEST = 0.9
_SIZE = 64
_FRAMES_PER_SECOND = 25
_NUM_FRAMES = 40
_SECONDS = _NUM_FRAMES / _FRAMES_PER_SECOND


def write_clips(folder, processes=None):
    """Writes all clips and their tables.

    Args:
        folder: a `pathlib.Path` that does not exist yet.
        processes: number of them; None for one on each processor.
    """
    folder.mkdir(parents=True)
    files.write_csv(
        folder / audioset_csv.CLASS_LABELS,
        ["index", "mid", "display_name"],
        [(number, _mid(tag), tag) for number, tag in enumerate(TAGS)],
    )
    first = 0
    for split, count in COUNTS.items():
        numbers = range(first, first + count)
        first += count
        files.write_text(folder / _TABLES[split], _table(numbers))
    jobs = [(folder, number) for number in range(first)]
    generated_media.write_all(_write, jobs, processes)


def draw(number):
    """Makes a clip by its number, always the same.

    Args:
        number: from 0.

    Returns:
        Frames, uint8 `(T, 64, 64, 3)`, samples, float32 `(n,)`, and the tags,
        a list of names.
    """
    generator = np.random.default_rng([_SEED, number])
    tags = _tags(generator)
    return _frames(generator, tags), _mixture(generator, tags), tags


def _tags(generator):
    count = generator.integers(1, _MOST_TAGS + 1)
    chosen = generator.choice(
        len(TAGS), count, replace=False, p=_FREQUENCY / _FREQUENCY.sum()
    )
    return [TAGS[tag] for tag in sorted(chosen)]


def _mixture(generator, tags):
    times = np.arange(round(_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = generator.normal(size=len(times))
    wave = _gain(generator.uniform(*_NOISE_DECIBELS)) * normalized(noise)
    for tag in tags:
        sound = normalized(SOUNDS[tag](generator, times))
        wave += _gain(generator.uniform(-_DECIBELS, 0)) * sound
    loudest = _LOUDEST * _gain(generator.uniform(-_DECIBELS, 0))
    return (loudest * wave / np.abs(wave).max()).astype("float32")


def _gain(decibels):
    return 10 ** (decibels / 20)


def _frames(generator, tags):
    chances = [_SHOWN if tag in tags else _SHOWN_WITHOUT_SOUND for tag in TAGS]
    shown = np.flatnonzero(generator.uniform(size=len(TAGS)) < chances)
    places = (np.arange(_SIZE) + 0.5) / _SIZE
    y, x = np.meshgrid(places, places, indexing="ij")
    background = generator.uniform(0.1, 0.4, 3)
    frames = np.tile(background, (_NUM_FRAMES, _SIZE, _SIZE, 1))
    times = np.arange(_NUM_FRAMES) / _FRAMES_PER_SECOND
    for tag in generator.permutation(shown):
        colour = colorsys.hsv_to_rgb(tag / len(TAGS), 0.9, 1.0)
        centre = generator.uniform(0.2, 0.8, (2, 1, 1, 1))
        beat = np.sin(2 * np.pi * generator.uniform(1, 3) * times)
        radius = generator.uniform(0.12, 0.2) * (1 + 0.2 * beat)
        distance = np.hypot(y - centre[0], x - centre[1])
        is_inside = distance < radius[:, None, None]
        frames = np.where(is_inside[..., None], colour, frames)
    return np.round(255 * frames).astype(np.uint8)


def _table(numbers):
    lines = [
        "# Generated clips, not real ones.",
        "# YTID, start_seconds, end_seconds, positive_labels",
    ]
    for number in numbers:
        tags = _tags(np.random.default_rng([_SEED, number]))
        labels = ",".join(map(_mid, tags))
        lines.append(f'{_id(number)}, 0.000, {_SECONDS:.3f}, "{labels}"')
    return "\n".join(lines) + "\n"


def _id(number):
    return f"made{number:07}"


def _mid(tag):
    return f"/made/{tag}"


def _write(job):
    folder, number = job
    frames, audio, _ = draw(number)
    generated_media.write_video(
        pathlib.Path(folder) / f"{_id(number)}.mp4",
        frames,
        audio,
        frames_per_second=_FRAMES_PER_SECOND,
        sample_rate=SAMPLE_RATE,
    )
