"""What is written is what is read again."""

import os
import stat

import numpy as np
import pytest

from keras_perceiver.data.media import decode
from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.data.media.writing import VideoWriter
from tests.data.media import video_files

RATE, SIZE = 20, 48


def write(path, frames, audio, sample_rate=16_000, rate=RATE, pieces=1):
    size = frames.shape[1:3]
    with VideoWriter(
        path, frames_per_second=rate, sample_rate=sample_rate, size=size
    ) as writer:
        for some, sound in zip(
            np.split(frames, pieces), np.split(audio, pieces), strict=True
        ):
            writer.write(some, sound)
    return path


def read(path, sample_rate=48_000, rate=RATE):
    wanted = MediaFormat(rate, SIZE, sample_rate)
    return decode.read_clip(path, media_format=wanted)


def moving_colours(count, height=SIZE, width=SIZE):
    """Slopes of red, green and blue that wander."""
    time, y, x = np.mgrid[:count, :height, :width]
    waves = [
        np.sin(x / 25 + time / 5),
        np.cos(y / 22 - time / 7),
        np.sin((x + y) / 30 + time / 9),
    ]
    return (127.5 + 110 * np.stack(waves, -1)).astype("uint8")


def silence(frames, sample_rate=16_000, rate=RATE):
    return np.zeros(len(frames) * sample_rate // rate, "float32")


def test_frames_keep_their_colours(tmp_path):
    frames = moving_colours(30)
    path = write(tmp_path / "a.mp4", frames, silence(frames))
    found, audio, reader = read(path)
    assert found.shape == frames.shape
    difference = found.astype(int) - frames
    assert np.abs(difference).mean() < 2
    assert np.percentile(np.abs(difference), 99.9) <= 8
    # No cast of any colour; reading rounds down.
    assert np.abs(difference.mean(axis=(0, 1, 2))).max() < 2
    assert reader.has_audio
    assert reader.problems == []
    assert np.abs(audio).max() < 1e-3


@pytest.mark.parametrize("shape", [(33, 47), (48, 31), (1, 1), (2, 16)])
def test_odd_sizes_grow_by_a_copied_line(tmp_path, shape):
    frames = moving_colours(5, *shape)
    path = write(tmp_path / "a.mp4", frames, silence(frames))
    with video_files.av.open(str(path)) as container:
        decoded = container.decode(video=0)
        found = np.stack([f.to_ndarray(format="rgb24") for f in decoded])
    height, width = (side + side % 2 for side in shape)
    assert found.shape == (5, height, width, 3)
    ours = found[:, : shape[0], : shape[1]].astype(int)
    assert np.abs(ours - frames).mean() < 4
    if shape[1] % 2:
        edge = found[:, :, -1].astype(int) - found[:, :, -2]
        assert np.abs(edge).mean() < 3


# AAC has neither 10 kHz nor 100 kHz.
@pytest.mark.parametrize("sample_rate", [8_000, 10_000, 48_000, 100_000])
def test_flash_and_click_stay_together(tmp_path, sample_rate):
    frames = np.stack(video_files.flash(2, at=1.0, rate=RATE))
    click = video_files.click(2, at=1.0, rate=sample_rate)[0]
    path = write(tmp_path / "a.mp4", frames, click, sample_rate, pieces=8)
    found, audio, _ = read(path)
    flash = int(np.argmax(found.mean(axis=(1, 2, 3)) > 128))
    assert flash == 20
    heard = np.flatnonzero(np.abs(audio) > 0.3)
    # A frame lasts 50 ms; priming would add 1,024 samples.
    assert abs(heard[0] / 48_000 - 1.0) < 1e-3
    assert abs(heard[-1] / 48_000 - 1.005) < 1e-3


@pytest.mark.parametrize("sample_rate", [8_000, 10_000, 48_000])
def test_sound_keeps_its_pitch_and_strength(tmp_path, sample_rate):
    frames = moving_colours(40)
    tone = video_files.tone(2.0, rate=sample_rate, hertz=1_000.0)[0]
    path = write(tmp_path / "a.mp4", frames, tone, sample_rate, pieces=10)
    audio = read(path)[1]
    time = np.arange(len(audio)) / 48_000
    wave = 0.3 * np.sin(2 * np.pi * 1_000 * time)
    # AAC takes a while to settle. Not even the phase changes.
    settled = slice(9_600, -9_600)
    np.testing.assert_allclose(audio[settled], wave[settled], atol=6e-3)
    spectrum = np.abs(np.fft.rfft(audio[24_000:72_000]))
    assert np.argmax(spectrum) == 1_000
    assert spectrum[1_000] / 24_000 == pytest.approx(0.3, abs=0.002)


def test_pieces_do_not_show(tmp_path):
    frames = moving_colours(20)
    tone = video_files.tone(1.0)[0]
    whole = read(write(tmp_path / "a.mp4", frames, tone))
    parts = read(write(tmp_path / "b.mp4", frames, tone, pieces=20))
    np.testing.assert_array_equal(whole[0], parts[0])
    np.testing.assert_array_equal(whole[1], parts[1])


def test_a_file_is_the_same_each_time(tmp_path):
    generator = np.random.default_rng(0)
    frames = moving_colours(20, 80, 80)
    written = set()
    for _ in range(10):
        # Else the memory beside the frames is the same each time, too.
        left = [
            generator.bytes(int(n)) for n in generator.integers(10**5, size=30)
        ]
        del left[::2]
        path = write(tmp_path / "a.mp4", frames, silence(frames))
        written.add(path.read_bytes())
    assert len(written) == 1


def test_sound_may_be_of_16_bits(tmp_path):
    frames = moving_colours(20)
    tone = video_files.tone(1.0)[0]
    in_bits = np.rint(tone * 2**15).astype("int16")
    audio = read(write(tmp_path / "a.mp4", frames, tone))[1]
    other = read(write(tmp_path / "b.mp4", frames, in_bits))[1]
    np.testing.assert_allclose(audio[9_600:], other[9_600:], atol=2e-3)
    assert np.abs(other).max() > 0.25


def test_what_is_too_loud_is_cut_off(tmp_path):
    frames = moving_colours(20)
    loud = 4 * video_files.tone(1.0)[0]
    path = write(tmp_path / "a.mp4", frames, loud)
    cut_off = write(tmp_path / "b.mp4", frames, np.clip(loud, -1, 1))
    assert path.read_bytes() == cut_off.read_bytes()


def test_frames_of_a_broken_rate_are_at_exact_times(tmp_path):
    frames = moving_colours(30)
    audio = np.zeros(30 * 2002, "float32")
    path = write(tmp_path / "a.mp4", frames, audio, 48_000, "24000/1001")
    found = read(path, 48_000, "24000/1001")[0]
    assert len(found) == 30
    assert np.abs(found.astype(int) - frames).mean() < 2


def test_long_videos_are_written_while_they_come(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (50, 64, 64, 3), "uint8")
    with VideoWriter(
        tmp_path / "a.mp4",
        frames_per_second=25,
        sample_rate=8_000,
        size=(64, 64),
    ) as writer:
        sizes = []
        for _ in range(4):
            writer.write(frames, np.zeros(16_000, "int16"))
            (temporary,) = tmp_path.iterdir()
            sizes.append(temporary.stat().st_size)
        assert temporary.name != "a.mp4"
    assert 200_000 < sizes[1] < sizes[3]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


def test_what_fails_leaves_the_file_as_it_was(tmp_path):
    frames = moving_colours(2)
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")
    options = {"frames_per_second": 20, "sample_rate": 8_000, "size": (48, 48)}
    # The second of two frames.
    audio = np.repeat([0, np.nan], 800)
    with pytest.raises(ValueError, match="NaN or infinity in 800 of 800"):
        write(path, frames, audio, pieces=2)
    with (
        pytest.raises(ValueError, match="no frames"),
        VideoWriter(path, **options),
    ):
        pass
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    write(path, frames, silence(frames))
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()


def _umask():
    umask = os.umask(0)
    os.umask(umask)
    return umask


@pytest.mark.parametrize(
    ("frames", "audio", "said"),
    [
        (np.zeros((2, 48, 48, 3)), None, "uint8. Received: .*float64"),
        (np.zeros((2, 48, 46, 3), "uint8"), None, r"\(T, 48, 48, 3\), uint8"),
        (np.zeros((48, 48, 3), "uint8"), None, r"Received: \(48, 48, 3\)"),
        (None, np.zeros(799, "int16"), "800 samples for 2 frames.*799"),
        (None, np.zeros((800, 1), "int16"), r"shape \(800, 1\)"),
        (None, np.zeros(800, "int32"), "int16 or floats.*int32"),
        (None, np.full(800, np.nan), "NaN or infinity in 800 of 800"),
    ],
)
def test_pieces_of_another_form_are_told(tmp_path, frames, audio, said):
    frames = np.zeros((2, 48, 48, 3), "uint8") if frames is None else frames
    audio = np.zeros(800, "int16") if audio is None else audio
    with (
        pytest.raises(ValueError, match=said),
        VideoWriter(
            tmp_path / "a.mp4",
            frames_per_second=20,
            sample_rate=8_000,
            size=(48, 48),
        ) as writer,
    ):
        writer.write(frames, audio)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"path": "a.avi"}, ValueError, r"as \.mp4\. Received: .*a\.avi"),
        ({"path": "absent/a.mp4"}, FileNotFoundError, "there is no folder"),
        ({"path": "folder.mp4"}, IsADirectoryError, "is a folder"),
        ({"sample_rate": 8_001}, ValueError, "8001 Hz and 20 frames/s"),
        ({"frames_per_second": 0}, ValueError, "positive"),
        ({"size": 48}, ValueError, "a height and a width.*Received: 48"),
        ({"size": (0, 48)}, ValueError, r"Received: \[0, 48\]"),
    ],
)
def test_what_cannot_be_written_is_told_at_once(tmp_path, changed, error, said):
    (tmp_path / "folder.mp4").mkdir()
    options = {
        "path": "a.mp4",
        "frames_per_second": 20,
        "sample_rate": 8_000,
        "size": (48, 48),
        **changed,
    }
    path = tmp_path / options.pop("path")
    with pytest.raises(error, match=said):
        VideoWriter(path, **options)
