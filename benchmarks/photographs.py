"""Pictures with a photograph's spectrum, and a video and sound made of them."""

import fractions

import numpy as np

FRAMES_PER_SECOND = 25
VIDEO_HEIGHT, VIDEO_WIDTH = 720, 1280
_SAMPLE_RATE = 48_000
# How far the camera moves across and down from frame to frame, in pixels.
_ACROSS, _DOWN = 3, 1
# About what such videos have on the web.
_BITS_PER_SECOND = 2_500_000


def photograph(number, height, width):
    """Returns uint8 `(height, width, 3)`, always the same for a number."""
    rng = np.random.default_rng(number)
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)
    frequencies = np.maximum(np.hypot(down, across), 1 / width)

    def noise(steepness):
        waves = rng.normal(size=(2, *frequencies.shape))
        spectrum = (waves[0] + 1j * waves[1]) / frequencies**steepness
        values = np.fft.irfft2(spectrum, (height, width))
        return values / values.std()

    light = noise(1.1)
    colours = [light + 0.4 * noise(1.3) for _ in range(3)]
    pixels = np.clip(np.stack(colours, axis=-1) * 55 + 118, 0, 255)
    return pixels.astype("uint8")


def write_video(path, seconds, number=0):
    """Writes H.264 in 720p, a camera that moves over a picture, and AAC.

    Args:
        path: of the file, ending in `.mp4`.
        seconds: how long it is.
        number: another one gives another picture.
    """
    import av

    count = round(seconds * FRAMES_PER_SECOND)
    height = VIDEO_HEIGHT + _DOWN * count
    width = VIDEO_WIDTH + _ACROSS * count
    picture = photograph(number, height + height % 2, width + width % 2)
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            "libx264",
            rate=FRAMES_PER_SECOND,
            options={"preset": "veryfast"},
        )
        video.height, video.width = VIDEO_HEIGHT, VIDEO_WIDTH
        video.pix_fmt = "yuv420p"
        video.bit_rate = _BITS_PER_SECOND
        sound = container.add_stream("aac", rate=_SAMPLE_RATE)
        sound.layout = "stereo"
        for index in range(count):
            top, left = _DOWN * index, _ACROSS * index
            pixels = picture[
                top : top + VIDEO_HEIGHT, left : left + VIDEO_WIDTH
            ]
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels), format="rgb24"
            )
            container.mux(video.encode(frame))
        container.mux(video.encode())
        rng = np.random.default_rng(number)
        waves = 0.1 * rng.normal(size=(1, 2 * round(seconds * _SAMPLE_RATE)))
        frame = av.AudioFrame.from_ndarray(
            waves.astype("float32"), format="flt", layout="stereo"
        )
        frame.sample_rate, frame.pts = _SAMPLE_RATE, 0
        frame.time_base = fractions.Fraction(1, _SAMPLE_RATE)
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
