"""Sounds beside what a model makes of them."""

import math

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import pictures

_WINDOW_SECONDS = 0.03
_SMALLEST_WINDOW = 16
_WINDOWS_OVERLAPPING = 4
# Softer than the loudest by more is drawn as if it were silent.
_DECIBELS = 80


def draw(originals, reconstructions, sample_rate, titles):
    """Draws waveforms and spectrograms, the originals left and ours right.

    Both sides of a clip have the same scales and colours.

    Args:
        originals: n sounds, `(num_samples,)` each, from -1 to 1.
        reconstructions: as many, each as long as its original.
        sample_rate: in Hz.
        titles: n names.

    Returns:
        The bytes of a PNG.
    """
    figure = matplotlib.figure.Figure(
        figsize=(10, 4 * len(originals)), layout="constrained"
    )
    parts = figure.subfigures(len(originals), squeeze=False)[:, 0]
    for part, original, reconstruction, title in zip(
        parts, originals, reconstructions, titles, strict=True
    ):
        # A dollar sign would begin a formula.
        part.suptitle(str(title).replace("$", r"\$"))
        _draw_pair(part, [original, reconstruction], sample_rate)
    return pictures.png(figure)


def decibels(audio, sample_rate):
    """Returns how loud which frequencies are, and when.

    Args:
        audio: `(num_samples,)`, from -1 to 1.
        sample_rate: in Hz.

    Returns:
        float64 `(F, T)` in dB, of which a tone from -1 to 1 has 0 and silence
        minus infinity; seconds `(T,)`, and Hz `(F,)`.
    """
    wanted = math.log2(_WINDOW_SECONDS * sample_rate)
    size = max(_SMALLEST_WINDOW, 2 ** round(wanted))
    step = size // _WINDOWS_OVERLAPPING
    # Each column is centred at its time.
    padded = np.pad(np.asarray(audio, "float64"), size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    weights = np.hanning(size + 1)[:-1]
    amplitudes = np.abs(np.fft.rfft(windows * weights)) * 2 / weights.sum()
    with np.errstate(divide="ignore"):
        levels = 20 * np.log10(amplitudes.T)
    seconds = np.arange(len(windows)) * step / sample_rate
    return levels, seconds, np.fft.rfftfreq(size, 1 / sample_rate)


def _draw_pair(part, sounds, sample_rate):
    axes = part.subplots(2, 2, sharex=True, sharey="row")
    measured = [decibels(audio, sample_rate) for audio in sounds]
    levels = [level for level, _, _ in measured]
    _, seconds, hertz = measured[0]
    loudest = max(float(level.max()) for level in levels)
    loudest = loudest if math.isfinite(loudest) else 0.0
    for column, (audio, level, name) in enumerate(
        zip(sounds, levels, ("original", "ours"), strict=True)
    ):
        waveform, spectrum = axes[:, column]
        times = np.arange(len(audio)) / sample_rate
        waveform.plot(times, audio, linewidth=0.5)
        waveform.set_title(name, fontsize=10)
        picture = spectrum.pcolormesh(
            seconds,
            hertz,
            np.maximum(level, loudest - _DECIBELS),
            shading="nearest",
            vmin=loudest - _DECIBELS,
            vmax=loudest,
            rasterized=True,
        )
        spectrum.set_xlabel("s")
    axes[0, 0].set_ylabel("amplitude")
    axes[0, 0].set_xlim(0, max(len(sounds[0]), 1) / sample_rate)
    axes[1, 0].set_ylabel("Hz")
    part.colorbar(picture, ax=axes[1], label="dB")
