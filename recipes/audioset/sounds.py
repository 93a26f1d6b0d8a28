"""The sounds that generated clips are mixed of, by their tags.

Each goes on over the whole clip, so that every part of it has them all.
"""

import numpy as np

SAMPLE_RATE = 8_000


def hum(generator, times):
    """A low tone with its harmonics."""
    hertz = generator.uniform(80, 150)
    phases = generator.uniform(0, 2 * np.pi, 6)
    parts = [
        np.sin(2 * np.pi * number * hertz * times + phase) / number
        for number, phase in enumerate(phases, 1)
    ]
    return sum(parts)


def whistle(generator, times):
    """A high tone that trembles."""
    hertz = generator.uniform(1_600, 2_600)
    depth = generator.uniform(10, 40)
    tremble = np.sin(2 * np.pi * generator.uniform(4, 7) * times)
    return np.sin(_phase(hertz + depth * tremble, times))


def siren(generator, times):
    """A tone that rises and falls, slowly and far."""
    middle = generator.uniform(600, 900)
    turn = 2 * np.pi * generator.uniform(1.5, 3) * times
    wave = np.sin(turn + generator.uniform(0, 2 * np.pi))
    return np.sin(_phase(middle * 2 ** (0.5 * wave), times))


def ticking(generator, times):
    """Short knocks, again and again."""
    since = _since_strokes(generator, times, 6, 12)
    return np.exp(-since / 0.004) * np.sin(2 * np.pi * 1_200 * since)


def hiss(generator, times):
    """Noise without its low parts."""
    return _noise(generator, times, 2_200, 4_000)


def rumble(generator, times):
    """Noise of low parts alone."""
    return _noise(generator, times, 100, 350)


def chirps(generator, times):
    """Tones that leap up, again and again."""
    since = _since_strokes(generator, times, 4, 7)
    length = generator.uniform(0.06, 0.1)
    hertz = 1_000 + 2_000 * np.minimum(since / length, 1)
    return np.sin(_phase(hertz, times)) * (since < length)


def bells(generator, times):
    """Struck metal, whose partials are no harmonics."""
    since = _since_strokes(generator, times, 2, 4)
    hertz = generator.uniform(400, 600)
    parts = [
        np.exp(-since * decay) * np.sin(2 * np.pi * hertz * ratio * since)
        for ratio, decay in ((1.0, 5), (2.76, 8), (5.4, 12))
    ]
    return sum(parts)


# From the most to the least frequent.
SOUNDS = {
    sound.__name__: sound
    for sound in (hum, whistle, siren, ticking, hiss, rumble, chirps, bells)
}


def normalized(wave):
    """Returns a wave whose root mean square is 1."""
    return wave / np.sqrt(np.mean(wave**2))


def _phase(hertz, times):
    """The phase of a tone whose frequency changes."""
    return 2 * np.pi * np.cumsum(hertz) * (times[1] - times[0])


def _since_strokes(generator, times, fewest, most):
    """Seconds since the last of evenly spaced strokes."""
    rate = generator.uniform(fewest, most)
    return (times + generator.uniform(0, 1 / rate)) % (1 / rate)


def _noise(generator, times, lowest, highest):
    """White noise between two frequencies."""
    spectrum = np.fft.rfft(generator.normal(size=len(times)))
    hertz = np.fft.rfftfreq(len(times), times[1] - times[0])
    spectrum[(hertz < lowest) | (hertz > highest)] = 0
    return np.fft.irfft(spectrum, len(times))
