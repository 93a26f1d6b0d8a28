"""tensorflow-io's frames and sound beside PyAV's, where it can decode.

No test of the usual environment: `test_tensorflow_io.py` makes another.
"""

import fractions

import numpy as np
import pytest

from keras_perceiver.data.media import clips
from keras_perceiver.data.media import decode
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files

FORMAT = MediaFormat(frames_per_second=25, size=32)
# Of 255: PyAV resizes brightness and colour apart, tensorflow-io's frames are
# RGB before. Only at edges of strong colours is more seen of it.
MEAN_LEVELS = 2
LEVELS_OF_NEARLY_ALL = 10


def read(path, decoder, **options):
    options.setdefault("media_format", FORMAT)
    return decode.read_clip(path, decoder=decoder, **options)


def both(path, **options):
    """What each decoder makes of a file."""
    return [read(path, name, **options) for name in decoders.NAMES]


def assert_frames_are_close(theirs, ours):
    assert theirs.shape == ours.shape
    difference = np.abs(theirs.astype(int) - ours)
    assert difference.mean() <= MEAN_LEVELS
    assert np.percentile(difference, 98.5) <= LEVELS_OF_NEARLY_ALL


def shapes(count, height=96, width=128):
    """A bright square that moves over a coloured slope."""
    across = np.linspace(0, 255, width)[None, :]
    down = np.linspace(0, 255, height)[:, None]
    slope = np.stack(
        np.broadcast_arrays(across, down, 255 - across), axis=-1
    ).astype(np.uint8)
    frames = []
    for number in range(count):
        frame = slope.copy()
        frame[20:50, number : number + 30] = (250, 240, 20)
        frames.append(frame)
    return frames


@pytest.mark.parametrize(
    ("codec", "ending"),
    [
        ("libx264", "mp4"),
        ("libx264", "mkv"),
        ("libx264", "avi"),
        ("libx264", "ts"),
        ("mpeg4", "avi"),
        ("libx265", "mp4"),
        ("libvpx-vp9", "webm"),
    ],
)
def test_frames_are_close(tmp_path, codec, ending):
    path = video_files.write(
        tmp_path / f"video.{ending}", shapes(40), rate=20, codec=codec
    )
    (theirs, _, _), (ours, _, reader) = both(path)
    assert_frames_are_close(theirs, ours)
    assert reader.problems == []


@pytest.mark.parametrize("colorspace", [1, 5, 9])
def test_colours_mean_what_the_file_says(tmp_path, colorspace):
    path = tmp_path / "video.mp4"
    av = video_files.av
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = 96, 128
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = colorspace
        for pixels in shapes(10):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (theirs, _, _), (ours, _, _) = both(path)
    assert_frames_are_close(theirs, ours)


def test_times_are_the_file_s_at_a_variable_rate(tmp_path):
    times = [0, 1_000, 1_100, 5_000, 5_400]
    path = video_files.numbered(tmp_path / "video.mp4", 5, times=times)
    for frames, _, _ in both(path):
        numbers = [video_files.number_of(frame) for frame in frames]
        assert numbers[:15] == [0] * 3 + [2] * 10 + [3] + [4]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_part_has_the_frames_of_its_own_time(tmp_path, ending):
    path = video_files.numbered(
        tmp_path / f"video.{ending}", 50, rate=25, codec="libx264"
    )
    options = {"start": 0.8, "end": 1.2}
    for frames, _, _ in both(path, **options):
        numbers = [video_files.number_of(frame) for frame in frames]
        assert numbers == list(range(20, 30))


@pytest.mark.parametrize("turns", [1, 3])
def test_a_camera_held_upright_is_turned_back(tmp_path, turns):
    path = video_files.write(tmp_path / "video.mp4", shapes(5), rate=25)
    video_files.turn_clockwise(path, turns)
    (theirs, _, _), (ours, _, _) = both(path)
    assert_frames_are_close(theirs, ours)


@pytest.mark.parametrize(
    ("codec", "ending", "most"),
    [
        ("aac", "mp4", 1),
        ("aac", "mkv", 1),
        ("libmp3lame", "mp4", 1),
        ("libmp3lame", "avi", 1),
        ("flac", "mkv", 0),
        ("pcm_s16le", "mkv", 0),
    ],
)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_sound_is_the_same(tmp_path, codec, ending, most, layout):
    channels = {"mono": 1, "stereo": 2}[layout]
    path = video_files.numbered(
        tmp_path / f"video.{ending}",
        40,
        audio=video_files.tone(2.0, channels=channels),
        layout=layout,
        audio_codec=codec,
    )
    (_, theirs, _), (_, ours, reader) = both(path)
    assert reader.has_audio
    assert reader.problems == []
    # In steps of 16 bits.
    assert np.abs(theirs - ours).max() * 2**15 <= most
    assert np.abs(ours).max() > 0.25


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_flash_and_click_stay_together(tmp_path, ending, delay):
    path = video_files.write(
        tmp_path / f"video.{ending}",
        video_files.flash(2, at=1.0),
        audio=video_files.click(2 - delay, at=1.0 - delay),
        audio_start=delay,
    )
    frames, audio, _ = read(path, decoders.TENSORFLOW_IO)
    flash = int(np.argmax(frames.mean(axis=(1, 2, 3)) > 128))
    click = int(np.argmax(np.abs(audio) > 0.3)) / FORMAT.samples_per_frame
    assert flash == 25
    assert abs(flash - click) <= 1


def test_after_a_gap_sound_is_where_its_times_say(tmp_path):
    parts = [
        (0.0, video_files.tone(0.5)),
        (1.0, video_files.click(1.0, at=0.5)),
    ]
    path = video_files.write(
        tmp_path / "video.mkv",
        video_files.flash(2, at=1.5),
        audio=parts,
        audio_codec="pcm_s16le",
    )
    (_, theirs, _), (_, ours, _) = both(path)
    np.testing.assert_array_equal(theirs, ours)


def test_sound_that_it_does_not_decode_is_told(tmp_path):
    path = video_files.numbered(
        tmp_path / "video.mkv",
        40,
        audio=video_files.tone(2.0, rate=48_000),
        audio_rate=48_000,
        audio_codec="ac3",
    )
    _, audio, reader = read(path, decoders.TENSORFLOW_IO)
    assert not audio.any()
    assert "tensorflow-io does not decode ac3" in reader.problems[0]


def test_limits_hold(tmp_path):
    path = video_files.numbered(tmp_path / "video.mkv", 40, rate=20)
    for limits, told in (
        (Limits(max_seconds=1.9), "longer than 1.9 s"),
        (Limits(max_pixels=48 * 64 - 1), "64 x 48 pixels"),
    ):
        with pytest.raises(MediaError, match=told):
            read(path, decoders.TENSORFLOW_IO, limits=limits)


def test_frames_that_change_their_size_are_refused(tmp_path):
    path = video_files.growing(tmp_path / "video.ts", 10, 480, 640)
    with pytest.raises(MediaError, match="changes the size"):
        read(path, decoders.TENSORFLOW_IO)


def test_frames_without_known_times_are_refused(tmp_path):
    path = video_files.damaged(tmp_path / "video.mp4", seconds=2)
    with pytest.raises(MediaError, match="frames of 50 packets by tensorflow"):
        read(path, decoders.TENSORFLOW_IO)


@pytest.mark.parametrize("ending", ["mkv", "ts"])
def test_what_comes_before_damage_is_kept(tmp_path, ending):
    path = video_files.damaged(tmp_path / f"video.{ending}", seconds=2)
    frames, _, reader = read(path, decoders.TENSORFLOW_IO)
    assert 16 <= len(frames) < 30
    assert reader.problems


def test_the_same_records_are_prepared(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    video_files.write(
        source / "a.mp4",
        shapes(40),
        rate=fractions.Fraction(30_000, 1001),
        codec="libx264",
        audio=video_files.tone(1.3),
    )
    (source / "text.mp4").write_text("no video")
    found = []
    for name in decoders.NAMES:
        folder = tmp_path / name
        plan = records.Plan(FORMAT, decoder=name)
        summary = records.prepare(
            sources.find_videos(str(source)), folder, plan, processes=1
        )
        assert (summary["records"], summary["skipped"]) == (1, 1)
        prepared = clips.PreparedClips(folder)
        found.append(next(iter(prepared.heldout_clips("train"))))
    theirs, ours = found
    assert theirs["first_frame"] == ours["first_frame"]
    assert_frames_are_close(theirs["video"].numpy(), ours["video"].numpy())
    np.testing.assert_allclose(theirs["audio"], ours["audio"], atol=1e-4)


def test_a_bomb_takes_only_its_own_process(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    black = np.zeros((2048, 2048, 3), np.uint8)
    video_files.write(source / "bomb.mp4", [black] * 8)
    limits = Limits(max_memory_bytes=2**26)
    plan = records.Plan(FORMAT, limits, decoder=decoders.TENSORFLOW_IO)
    with pytest.raises(ValueError, match=r"bomb\.mp4 (takes more|made)"):
        records.prepare(
            sources.find_videos(str(source)), tmp_path / "prepared", plan, 1
        )


def test_real_videos_agree(data_dir):
    if not (data_dir / "video").is_dir():
        pytest.skip(f"no folder video in {data_dir}")
    for path in sorted((data_dir / "video").glob("*.mp4")):
        (theirs, sound, _), (ours, other, _) = both(path, end=3.0)
        assert_frames_are_close(theirs, ours)
        assert np.abs(sound - other).max() * 2**15 <= 1
