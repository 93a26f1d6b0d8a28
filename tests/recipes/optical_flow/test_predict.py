"""Flow of pairs, folders and videos, by a model that reads it off frames."""

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.data.flow import read_flo
from keras_perceiver.data.media.whole_frames import WholeFrames
from keras_perceiver.tasks import EstimateFlow
from recipes.optical_flow import predict
from recipes.optical_flow.frame_sources import FrameFolder
from tests.data.media import video_files
from tests.image_samples import noise
from tests.image_samples import smooth
from tests.tiny_tasks import written_flow
from tests.visualization.png_pixels import pixels_of


@pytest.fixture(scope="module")
def task():
    return EstimateFlow(written_flow(16, 24))


@pytest.fixture
def frames(tmp_path):
    """Four frames in a folder that also has a text."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(4):
        pixels = smooth(20, 30, seed=number)
        PIL.Image.fromarray(pixels).save(folder / f"f{number}.png")
    (folder / "notes.txt").write_text("no frame")
    return folder


def flow_by_hand(first, second):
    both = np.stack([first[..., 0], second[..., 1]], axis=-1)
    return 100 * (both.astype("float64") / 255 * 2 - 1)


def run(task, *words):
    return predict.answer(task, list(map(str, words)))


def test_a_pair_as_flo_and_as_a_picture(task, frames, tmp_path):
    pair = frames / "f0.png", frames / "f1.png"
    words = run(task, *pair, tmp_path / "a.flo")
    expected = flow_by_hand(smooth(20, 30, seed=0), smooth(20, 30, seed=1))
    found = read_flo(tmp_path / "a.flo")
    np.testing.assert_allclose(found, expected, atol=1e-3)
    longest = np.hypot(*np.moveaxis(expected, -1, 0)).max()
    assert f"{longest:.2f} at most" in words
    run(task, *pair, tmp_path / "a.png")
    picture = pixels_of((tmp_path / "a.png").read_bytes())
    assert picture.shape == (20, 30, 3)
    assert picture.std() > 20


def test_a_folder_gives_a_flow_and_a_picture_for_each_pair(
    task, frames, tmp_path
):
    words = run(task, frames, tmp_path / "out")
    assert "the flow of 3 pairs" in words
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"f{n}.{end}" for n in range(3) for end in ("flo", "png")]
    for number in range(3):
        expected = flow_by_hand(
            smooth(20, 30, seed=number), smooth(20, 30, seed=number + 1)
        )
        found = read_flo(tmp_path / "out" / f"f{number}.flo")
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_video_gives_a_video_with_flow_beside_it(task, tmp_path):
    path = tmp_path / "a.mp4"
    video_files.write(path, video_files.noise(5), rate=10)
    assert "the flow of 4 pairs" in run(task, path, tmp_path / "out.mp4")
    with WholeFrames(path) as source, WholeFrames(tmp_path / "out.mp4") as out:
        originals, beside = list(source), list(out)
        assert out.frame_rate == source.frame_rate
    assert len(beside) == 4
    height, width = originals[0].shape[:2]
    factor = beside[0].shape[0] // height
    assert beside[0].shape[1] == factor * 2 * width + 4
    for original, shown in zip(originals, beside, strict=False):
        left = shown[
            factor // 2 :: factor, factor // 2 : factor * width : factor
        ]
        assert np.abs(left.astype(int) - original).mean() < 12


def test_folders_become_videos_and_videos_folders(task, frames, tmp_path):
    run(task, frames, tmp_path / "a.mp4")
    with WholeFrames(tmp_path / "a.mp4") as video:
        assert video.frame_rate == 25
        assert len(list(video)) == 3
    run(task, tmp_path / "a.mp4", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "frame_000001.flo" in names
    assert len(names) == 4


def test_frames_of_any_kind_are_taken(task, tmp_path):
    grey = smooth(20, 30)[..., 0]
    alpha = np.dstack([smooth(20, 30, seed=1), grey])
    PIL.Image.fromarray(grey.astype("uint16") * 257).save(tmp_path / "a.png")
    PIL.Image.fromarray(alpha).save(tmp_path / "b.png")
    run(task, tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.flo")
    expected = flow_by_hand(np.dstack([grey] * 3), alpha[..., :3])
    found = read_flo(tmp_path / "c.flo")
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_what_cannot_be_is_refused_by_name(task, frames, tmp_path):
    PIL.Image.fromarray(noise(20, 31)).save(tmp_path / "wide.png")
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    first, second = frames / "f0.png", frames / "f1.png"
    out = tmp_path / "out.flo"
    for words, message in (
        ([], "Wanted: FIRST SECOND OUT.*Received: 0 words"),
        ([first, second, tmp_path / "a.jpg"], "neither .flo nor .png"),
        ([first, second, tmp_path / "no" / "a.flo"], "There is no folder"),
        ([first, tmp_path / "wide.png", out], "wide.png differ in size: 30 x"),
        ([first, tmp_path / "bad.png", out], "bad.png is no image"),
        ([first, out], "is one frame, and flow is between two"),
        ([tmp_path / "none.mp4", out], "no such folder or video"),
        ([frames, tmp_path / "a.avi"], "is no folder and no .mp4"),
        ([tmp_path / "text.mp4", tmp_path / "a"], "text.mp4 cannot be opened"),
        ([tmp_path / "empty", tmp_path / "a"], "empty has no frame"),
    ):
        with pytest.raises(ValueError, match=message):
            run(task, *words)
    with pytest.raises(FileNotFoundError, match="none"):
        run(task, first, tmp_path / "none.png", out)
    assert not out.exists()


def test_a_video_of_one_frame_is_refused(task, tmp_path):
    video_files.write(tmp_path / "a.mp4", [video_files.grey(3)])
    with pytest.raises(ValueError, match=r"a\.mp4 has one frame"):
        run(task, tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert not (tmp_path / "b.mp4").exists()


def test_a_frame_of_another_size_in_a_folder_is_named(task, frames, tmp_path):
    PIL.Image.fromarray(noise(20, 31)).save(frames / "f2.png")
    with pytest.raises(ValueError, match="f1 and f2 differ in size"):
        run(task, frames, tmp_path / "out")


def test_frames_come_in_the_order_of_their_names(frames):
    with FrameFolder(frames) as source:
        assert [name for name, _ in source.frames()] == ["f0", "f1", "f2", "f3"]
        assert source.count == 4
