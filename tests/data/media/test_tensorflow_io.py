"""Choosing tensorflow-io: what is told where it cannot, and that it can."""

import sys
import types
import warnings

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.media import decode
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media import tensorflow_io_library
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from tests import own_environment
from tests.data.media import video_files

FORMAT = MediaFormat(frames_per_second=25, size=32)
# FFmpeg 4.4 comes in this wheel; Debian and others have newer ones.
FFMPEG = "opencv-python-headless==4.5.5.64"
LIBRARIES = {
    "libavformat.so.58": "libavformat-*.so.58.*",
    "libswscale.so.5": "libswscale-*.so.5.*",
}


def library_without_ffmpeg():
    warnings.warn("caused by: ['libavformat.so.58: cannot open']", stacklevel=1)
    raise NotImplementedError("could not find ffmpeg")


@pytest.fixture
def modules(monkeypatch):
    """Puts modules in the place of tensorflow-io's, beside TensorFlow 2.16."""
    monkeypatch.setattr(tf, "__version__", "2.16.2")
    name = "tensorflow_io.python.ops.ffmpeg_ops"

    def put(module, load=lambda: types.ModuleType("ffmpeg_ops")):
        def import_module(wanted):
            if wanted == name:
                return load()
            assert wanted == "tensorflow_io"
            if module is None:
                raise ImportError("No module named 'tensorflow_io'")
            return module

        library = types.SimpleNamespace(import_module=import_module)
        monkeypatch.setattr(tensorflow_io_library, "importlib", library)

    return put


def test_another_tensorflow_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(tf, "__version__", "2.21.0")
    video_files.numbered(tmp_path / "a.mp4", 20)
    found = sources.find_videos(str(tmp_path))
    plan = records.Plan(decoder=decoders.TENSORFLOW_IO)
    with pytest.raises(ImportError) as error:
        records.prepare(found, tmp_path / "prepared", plan)
    told = str(error.value)
    assert "needs TensorFlow 2.16" in told
    assert "Here is TensorFlow 2.21.0" in told
    assert "pip install 'tensorflow==2.16.2' 'tensorflow-io==0.37.1'" in told
    assert "leave the decoder at 'av'" in told
    assert not (tmp_path / "prepared").exists()
    assert "tensorflow_io" not in sys.modules


def test_what_is_missing_beside_it_is_told(modules):
    modules(None)
    with pytest.raises(ImportError, match=r"is not installed.*pip install"):
        decoders.check_installed(decoders.TENSORFLOW_IO)
    modules(types.ModuleType("tensorflow_io"), library_without_ffmpeg)
    with pytest.raises(
        ImportError, match=r"libavformat58 libswscale5.*libavformat\.so\.58: c"
    ):
        decoders.check_installed(decoders.TENSORFLOW_IO)


def test_an_unknown_decoder_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'tensorflow-io'"):
        records.Plan(decoder="tensorflow_io")


def stand_in(lost=0):
    """What is asked of tensorflow-io, answered by PyAV.

    Args:
        lost: how many of the last frames it does not give.
    """
    av = video_files.av

    def from_ffmpeg(path, track):
        assert track == "v:0"
        with av.open(path, format="matroska") as container:
            frames = [
                tf.constant(frame.to_ndarray(format="rgb24"))
                for frame in container.decode(video=0)
            ]
        return frames[: len(frames) - lost]

    def decode_wav(content, dtype):
        return tf.cast(tf.audio.decode_wav(content).audio * 2**15, dtype)

    return types.SimpleNamespace(
        IODataset=types.SimpleNamespace(from_ffmpeg=from_ffmpeg),
        audio=types.SimpleNamespace(decode_wav=decode_wav),
    )


@pytest.fixture
def clicking(tmp_path):
    """H.264, of which frames are stored in another order, and a click."""
    return video_files.numbered(
        tmp_path / "video.mkv",
        40,
        rate=20,
        codec="libx264",
        audio=video_files.click(2.0, at=1.0),
        audio_codec="pcm_s16le",
    )


@pytest.mark.parametrize("part", [{}, {"start": 0.7, "end": 1.5}])
def test_its_frames_get_the_times_of_their_packets(modules, clicking, part):
    modules(stand_in())
    read = [
        decode.read_clip(clicking, media_format=FORMAT, decoder=name, **part)
        for name in decoders.NAMES
    ]
    numbers = [
        [video_files.number_of(frame) for frame in frames]
        for frames, _, _ in read
    ]
    assert numbers[0] == numbers[1]
    np.testing.assert_array_equal(read[0][1], read[1][1])
    assert np.abs(read[1][1]).max() > 0.5


def test_frames_that_are_missing_are_told(modules, clicking):
    modules(stand_in(lost=1))
    with pytest.raises(MediaError, match="gives 39 frames of 40 packets"):
        decode.read_clip(clicking, media_format=FORMAT, decoder="tensorflow-io")


@pytest.mark.large
@own_environment.needs_the_oldest
def test_it_decodes_what_pyav_does(tmp_path, request):
    python = own_environment.make(
        tmp_path, "tensorflow-io==0.37.1", extras="[video]"
    )
    own_environment.install(python, "--no-deps", FFMPEG)
    (libraries,) = python.parents[1].glob(
        "lib/python*/site-packages/opencv_python_headless.libs"
    )
    for name, pattern in LIBRARIES.items():
        (carried,) = libraries.glob(pattern)
        (libraries / name).symlink_to(carried.name)
    folder = request.config.getoption("--data-dir")
    own_environment.assert_tests_pass(
        python,
        "tests/data/media/decoded_by_tensorflow_io.py",
        *([f"--data-dir={folder}"] if folder else []),
        LD_LIBRARY_PATH=str(libraries),
    )
