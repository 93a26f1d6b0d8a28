"""Small videos for tests, written by PyAV."""

import fractions

import numpy as np
import pytest

av = pytest.importorskip("av")

WIDTH, HEIGHT = 64, 48
# Neighbouring numbers stay apart through any codec.
GREY_STEP = 4


def grey(number):
    """A frame that says its number; up to 60 of them."""
    value = 8 + GREY_STEP * number
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def number_of(frame):
    return round((float(np.mean(frame)) - 8) / GREY_STEP)


def write(
    path,
    frames,
    rate=20,
    times=None,
    codec="mpeg4",
    audio=None,
    audio_rate=16_000,
    audio_start=0.0,
    layout="mono",
    audio_codec="aac",
    file_format=None,
):
    """Writes a video.

    Args:
        path: the file.
        frames: list of uint8 `(H, W, 3)`; empty for no video track.
        rate: frames per second.
        times: ticks of 1/10000 s at which frames are shown; None for `rate`.
        codec: of the video.
        audio: float32 `(channels, n)`; None for no audio track; a list of
            pairs of seconds and such arrays where there are gaps.
        audio_rate: of the sound.
        audio_start: seconds at which the sound begins.
        layout: of the channels.
        audio_codec: of the sound.
        file_format: PyAV's name for it; None to go by the file's ending.
    """
    with av.open(str(path), "w", format=file_format) as container:
        video = sound = None
        if frames:
            video = container.add_stream(codec, rate=fractions.Fraction(rate))
            video.height, video.width = frames[0].shape[:2]
            video.pix_fmt = "yuv420p"
            # Nearly lossless, so that grey values say the number.
            if codec == "mpeg4":
                video.codec_context.qmin = video.codec_context.qmax = 1
            if times:
                video.codec_context.time_base = fractions.Fraction(1, 10_000)
        if audio is not None:
            sound = container.add_stream(audio_codec, rate=audio_rate)
            sound.layout = layout
        packets = []
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = times[number] if times else number
            frame.time_base = (
                fractions.Fraction(1, 10_000)
                if times
                else 1 / fractions.Fraction(rate)
            )
            packets += video.encode(frame)
        packets += video.encode() if video else []
        parts = audio if isinstance(audio, list) else [(audio_start, audio)]
        for start, samples in parts if audio is not None else []:
            packed = np.ascontiguousarray(samples.T.reshape(1, -1), "float32")
            frame = av.AudioFrame.from_ndarray(
                packed, format="flt", layout=layout
            )
            frame.sample_rate = audio_rate
            frame.pts = round(start * audio_rate)
            frame.time_base = fractions.Fraction(1, audio_rate)
            packets += sound.encode(frame)
        packets += sound.encode() if sound else []
        container.mux(packets)
    return path


def numbered(path, count, **options):
    """A video whose frames say their numbers."""
    return write(path, [grey(number) for number in range(count)], **options)


def tone(seconds, rate=16_000, channels=1, hertz=440.0):
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * hertz * time)
    return np.tile(wave.astype("float32"), (channels, 1))


def click(seconds, at, rate=16_000):
    """Silence with a click of 5 ms."""
    sound = np.zeros((1, round(seconds * rate)), "float32")
    first = round(at * rate)
    sound[:, first : first + rate // 200] = 0.9
    return sound


def flash(seconds, at, rate=20):
    """Black frames, white from `at` on for a fifth of a second."""
    black, white = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
    white = white + 255
    return [
        white if at <= number / rate < at + 0.2 else black
        for number in range(round(seconds * rate))
    ]


def turn_clockwise(path, turns):
    """Marks an mp4 as filmed with the camera turned."""
    one, minus = (1 << 16).to_bytes(4), ((1 << 32) - (1 << 16)).to_bytes(4)
    zero, last = bytes(4), (1 << 30).to_bytes(4)
    rows = [
        (one, zero, zero, one),
        (zero, one, minus, zero),
        (minus, zero, zero, minus),
        (zero, minus, one, zero),
    ]
    content = path.read_bytes()
    head = content.index(b"tkhd")

    def matrix(turned):
        a, b, c, d = rows[turned]
        return a + b + zero + c + d + zero + zero + zero + last

    before, after = content[:head], content[head:]
    assert matrix(0) in after
    path.write_bytes(before + after.replace(matrix(0), matrix(turns), 1))


def noise(count, seed=0):
    generator = np.random.default_rng(seed)
    return [
        generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        for _ in range(count)
    ]


def cut_off(path, seconds):
    """A video whose second half is missing."""
    write(path, noise(25 * seconds), rate=25)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def damaged(path, seconds, **options):
    """A video with zeros written over a part in its middle."""
    write(path, noise(25 * seconds), rate=25, codec="libx264", **options)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2_000] = bytes(2_000)
    path.write_bytes(content)
    return path


def growing(path, count, height, width):
    """Frames of the usual size, and as many of another in the same track."""
    codec, rate = "libx264", fractions.Fraction(25)
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=rate)
        larger = av.CodecContext.create(codec, "w")
        larger.time_base, larger.framerate = 1 / rate, rate
        packets = []
        for encoder, shape in (
            (track, (HEIGHT, WIDTH)),
            (larger, (height, width)),
        ):
            encoder.height, encoder.width = shape
            encoder.pix_fmt = "yuv420p"
            for _ in range(count):
                pixels = np.full((*shape, 3), 100, np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = len(packets), 1 / rate
                packets += encoder.encode(frame)
            packets += encoder.encode()
        for number, packet in enumerate(packets):
            packet.stream, packet.time_base = track, 1 / rate
            packet.pts = packet.dts = number
            container.mux(packet)
    return path


def no_frames(path):
    """A video track without a frame, beside sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = container.add_stream("aac", rate=16_000)
        sound.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            tone(1.0), format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts = 16_000, 0
        container.start_encoding()
        container.mux([*sound.encode(frame), *sound.encode()])
    return path
