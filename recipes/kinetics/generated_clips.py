"""Generated videos with sound: what shows, moves and sounds goes by the class.

A soft ball crosses a coloured background while a tone swells and fades. Of a
class are the way the ball takes, and the centres that its colour and the
tone's pitch scatter around, so that each tells of the class, none of them
alone for certain. All else is drawn anew for each video. They are written as
mp4 files and read back as any others.
"""

import colorsys
import pathlib

import numpy as np

from keras_perceiver.data.media.sources import TRAIN
from keras_perceiver.data.media.sources import VALIDATE
from recipes import generated_media

# Numbers of videos, the same for each class.
COUNTS = {TRAIN: 256, VALIDATE: 96}
_SEED = 20_210_730
_COLOURS = (
    "red",
    "orange",
    "lime",
    "green",
    "cyan",
    "azure",
    "violet",
    "pink",
)
_WAYS = {
    "right": (0, 1),
    "left": (0, -1),
    "down": (1, 0),
    "up": (-1, 0),
}
CLASS_NAMES = sorted(
    f"{colour}_{list(_WAYS)[number % len(_WAYS)]}"
    for number, colour in enumerate(_COLOURS)
)
_SIZE = 64
_FRAMES_PER_SECOND = 25
_NUM_FRAMES = 40
_SAMPLE_RATE = 16_000
_LOWEST_HERTZ = 100.0
# Standard deviations: a quarter of what lies between two classes.
_HUE_SCATTER = 1 / 32
_PITCH_SCATTER = 1 / 16


def write_videos(folder, processes=None):
    """Writes all videos into class folders in `train` and `validate`.

    Args:
        folder: a `pathlib.Path` that does not exist yet.
        processes: number of them; None for one on each processor.
    """
    for split in COUNTS:
        for name in CLASS_NAMES:
            (folder / split / name).mkdir(parents=True)
    splits = [split for split, count in COUNTS.items() for _ in range(count)]
    jobs = [(folder, *job) for job in enumerate(splits)]
    generated_media.write_all(_write, jobs, processes)


def draw(number):
    """Makes a video by its number, always the same.

    Args:
        number: from 0.

    Returns:
        Frames, uint8 `(T, 64, 64, 3)`, samples, float32 `(n,)`, and the
        number of the class as the colours are ordered.
    """
    generator = np.random.default_rng([_SEED, number])
    kind = number % len(_COLOURS)
    return _frames(generator, kind), _tone(generator, kind), kind


def _frames(generator, kind):
    hue = kind / len(_COLOURS) + _HUE_SCATTER * generator.normal()
    ball = np.array(colorsys.hsv_to_rgb(hue % 1, 0.9, 1.0))
    background = colorsys.hsv_to_rgb(generator.uniform(), 0.5, 0.5)
    background = generator.uniform(0.3, 1.0) * np.array(background)
    slope = generator.uniform(-0.3, 0.3, 2)
    way = np.array(list(_WAYS.values())[kind % len(_WAYS)])
    speed = generator.uniform(0.5, 1.5) / _NUM_FRAMES
    begin = generator.uniform(size=2)
    width = generator.uniform(0.2, 0.36)
    places = (np.arange(_SIZE) + 0.5) / _SIZE
    y, x = np.meshgrid(places, places, indexing="ij")
    light = 1 + slope[0] * (y - 0.5) + slope[1] * (x - 0.5)
    frames = []
    for number in range(_NUM_FRAMES):
        centre = begin + number * speed * way
        # What leaves on one side comes in on the other.
        squares = [
            ((axis - at + 0.5) % 1 - 0.5) ** 2
            for axis, at in zip((y, x), centre, strict=True)
        ]
        share = np.exp(-sum(squares) / (2 * width**2))[..., None]
        pixels = share * ball + (1 - share) * background * light[..., None]
        frames.append(np.round(255 * np.clip(pixels, 0, 1)))
    return np.array(frames, np.uint8)


def _tone(generator, kind):
    octaves = kind / 4 + _PITCH_SCATTER * generator.normal()
    hertz = _LOWEST_HERTZ * 2**octaves
    times = np.arange(_NUM_FRAMES * _SAMPLE_RATE // _FRAMES_PER_SECOND)
    times = times / _SAMPLE_RATE
    phases = generator.uniform(0, 2 * np.pi, 2)
    swelling = np.sin(2 * np.pi * generator.uniform(1, 3) * times + phases[0])
    loudness = generator.uniform(0.3, 0.8) * (1 + 0.5 * swelling) / 1.5
    wave = loudness * np.sin(2 * np.pi * hertz * times + phases[1])
    return wave.astype("float32")


def _write(job):
    folder, number, split = job
    frames, audio, kind = draw(number)
    name = f"{_COLOURS[kind]}_{list(_WAYS)[kind % len(_WAYS)]}"
    path = pathlib.Path(folder) / split / name / f"{number:04d}.mp4"
    generated_media.write_video(
        path,
        frames,
        audio,
        frames_per_second=_FRAMES_PER_SECOND,
        sample_rate=_SAMPLE_RATE,
    )
