"""Sound for models that read spectrograms."""

import tensorflow as tf

# Those of VGGish, the usual features of AudioSet; the paper gives none.
_LOWEST_HERTZ = 125.0
_HIGHEST_HERTZ = 7500.0
_LOG_OFFSET = 0.01


def log_mel_spectrogram(audio, num_frames, num_bins, sample_rate):
    """Turns waveforms into logarithms of mel spectrograms, inside a graph.

    Frames begin evenly spaced over the whole waveform, and each reaches to
    the end of the next.

    Args:
        audio: float32 `(B, num_samples)`, `num_samples` static.
        num_frames: how many frames to give.
        num_bins: how many mel bins between 125 and 7,500 Hz.
        sample_rate: of the waveforms, in Hz.

    Returns:
        float32 `(B, num_frames, num_bins)`.
    """
    num_samples = audio.shape[1]
    step = -(-num_samples // num_frames)
    audio = tf.pad(audio, [[0, 0], [0, num_frames * step - num_samples]])
    spectrum = tf.abs(tf.signal.stft(audio, 2 * step, step, pad_end=True))
    mel = tf.signal.linear_to_mel_weight_matrix(
        num_bins,
        spectrum.shape[-1],
        sample_rate,
        _LOWEST_HERTZ,
        min(_HIGHEST_HERTZ, sample_rate / 2),
    )
    spectrum = tf.ensure_shape(spectrum, (None, num_frames, mel.shape[0]))
    return tf.math.log(spectrum @ mel + _LOG_OFFSET)
