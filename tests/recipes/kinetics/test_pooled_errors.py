import numpy as np
import pytest

from recipes.kinetics.pooled_errors import PooledErrors
from recipes.kinetics.pooled_errors import psnr


def test_errors_are_pooled_over_clips_of_any_length():
    rng = np.random.default_rng(0)
    video, ours = rng.integers(0, 256, (2, 7, 4, 5, 3), "uint8")
    audio, our_audio = rng.uniform(-1, 1, (2, 70)).astype("float32")
    errors = PooledErrors()
    for frames in (slice(0, 3), slice(3, 6), slice(6, 7)):
        samples = slice(10 * frames.start, 10 * frames.stop)
        errors.add(
            video[frames], audio[samples], ours[frames], our_audio[samples]
        )
    real, fake = video / 255, ours / 255
    assert errors.num_frames == 7
    for found, error in (
        (errors.video_psnr, real - fake),
        (errors.mean_frame_psnr, real - real.mean(axis=0)),
        (errors.audio_psnr, audio.astype("float64") - our_audio),
        (errors.silence_psnr, audio.astype("float64")),
    ):
        expected = -10 * np.log10(np.mean(error**2))
        assert found == pytest.approx(expected, rel=1e-12)


def test_what_has_no_error_has_no_ratio():
    rng = np.random.default_rng(0)
    errors = PooledErrors()
    still = np.tile(rng.integers(0, 256, (1, 6, 6, 3), "uint8"), (3, 1, 1, 1))
    silence = np.zeros(30, "float32")
    for _ in range(4):
        errors.add(still, silence, still, silence)
    assert errors.video_psnr is None
    assert errors.mean_frame_psnr is None
    assert errors.audio_psnr is None
    assert errors.silence_psnr is None


def test_a_tenth_everywhere_is_20_decibels():
    assert psnr(0.01 * 50, 50) == pytest.approx(20)
