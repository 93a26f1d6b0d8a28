"""Estimating flow, with a model that reads it off the frames, and a real one.

The first writes 100 times what is in the frames, so that what is put together
is known for each pixel.
"""

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data.flow import decode_flo
from keras_perceiver.data.flow import read_flo
from keras_perceiver.tasks import EstimateFlow
from keras_perceiver.tasks import tiles
from keras_perceiver.visualization.flow_colors import flow_to_rgb
from tests.float64_reference import assert_near
from tests.image_samples import encoded
from tests.image_samples import noise
from tests.image_samples import pixels_of
from tests.image_samples import png_of_size
from tests.image_samples import smooth
from tests.tiny_tasks import tiny_flow
from tests.tiny_tasks import written_flow


@pytest.fixture(scope="module")
def task():
    """Tiles of 16 x 24."""
    return EstimateFlow(written_flow(16, 24))


def flow_by_hand(first, second):
    both = np.stack([first[..., 0], second[..., 1]], axis=-1)
    return 100 * (both.astype("float64") / 255 * 2 - 1)


def pair(height, width, seed=0):
    return noise(height, width, seed=seed), noise(height, width, seed=seed + 1)


@pytest.mark.parametrize(
    "size", [(16, 24), (16, 25), (30, 100), (47, 24), (7, 9), (7, 60), (1, 1)]
)
def test_tiles_are_put_together_for_any_size(task, size):
    first, second = pair(*size)
    found = task(first, second)
    assert found.flow.shape == (*size, 2)
    assert found.flow.dtype == np.float32
    assert_near(found.flow, flow_by_hand(first, second))


def test_sintel_takes_six_tiles_and_kitti_too():
    """At their sizes, and with the tile that the published model takes."""
    task = EstimateFlow(written_flow(368, 496))
    for size in ((436, 1024), (375, 1242)):
        seen = []

        def see(frames, seen=seen):
            seen.append(frames.shape)
            return task._flow_of_tile(frames)

        images = tf.constant(np.stack(pair(*size)))
        tiles.map_tiles(see, images, *task.tile_shape, num_outputs=2)
        assert seen == [(2, 368, 496, 3)] * 6


def test_a_real_model_is_asked_tile_by_tile():
    model = tiny_flow()
    task = EstimateFlow(model)
    first, second = smooth(16, 31), smooth(16, 31, seed=1)
    frames = np.stack([first, second]).astype("float64") / 255 * 2 - 1
    total, weights = np.zeros((16, 31, 2)), np.zeros((16, 31, 1))
    for start in (0, 7):
        tile = frames[None, :, :, start : start + 24].astype("float32")
        flow = np.array(model(tile))[0]
        for i, j in np.ndindex(16, 24):
            weight = min(i + 1, 16 - i, j + 1, 24 - j)
            total[i, start + j] += weight * flow[i, j]
            weights[i, start + j] += weight
    assert_near(task(first, second).flow, total / weights)


def test_what_is_answered_is_a_file_and_a_picture(task, tmp_path):
    first, second = pair(20, 30)
    found = task(first, second)
    np.testing.assert_array_equal(
        pixels_of(found.picture_bytes), flow_to_rgb(found.flow)
    )
    np.testing.assert_array_equal(found.picture, pixels_of(found.picture_bytes))
    found.save(tmp_path / "it.flo")
    np.testing.assert_array_equal(read_flo(tmp_path / "it.flo"), found.flow)
    found.save(str(tmp_path / "it.png"))
    assert (tmp_path / "it.png").read_bytes() == found.picture_bytes
    with pytest.raises(ValueError, match=r"as \.flo, and its picture as \.png"):
        found.save(tmp_path / "it.jpg")
    assert len(list(tmp_path.iterdir())) == 2


def test_pictures_have_one_scale_if_wanted():
    task = EstimateFlow(written_flow(8, 8), max_motion=300)
    found = task(*pair(8, 8))
    expected = flow_to_rgb(found.flow, 300.0)
    np.testing.assert_array_equal(pixels_of(found.picture_bytes), expected)
    for wrong in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="max_motion is a number from"):
            EstimateFlow(written_flow(8, 8), max_motion=wrong)


def test_pairs_come_alone_and_in_lists(task, tmp_path):
    frames = [smooth(20, 26, seed=n) for n in range(3)]
    path = tmp_path / "1.png"
    path.write_bytes(encoded(frames[1]))
    mixed = [frames[0], path, PIL.Image.fromarray(frames[2])]
    found = task(mixed[:-1], mixed[1:])
    assert len(found) == 2
    for number, estimated in enumerate(found):
        alone = task(frames[number], frames[number + 1])
        np.testing.assert_array_equal(estimated.flow, alone.flow)
        assert estimated.picture_bytes == alone.picture_bytes
    film = np.stack(frames)
    assert len(task(film[:-1], film[1:])) == 2
    assert task([], []) == []


def test_pairs_that_are_none_are_told(task):
    image = noise(5, 6)
    with pytest.raises(ValueError, match="one image and one list"):
        task(image, [image])
    with pytest.raises(ValueError, match="2 and 1 images"):
        task([image, image], [image])


def test_sizes_that_differ_are_told(task):
    images = [noise(9, 8), noise(8, 8), noise(9, 8)]
    with pytest.raises(ValueError, match=r"^Pair 2 of 3: the two") as error:
        task([images[0]] * 3, [images[2], images[1], images[0]])
    assert "differ in size: 8 x 9 and 8 x 8 pixels." in str(error.value)


def test_a_problem_names_its_pair_and_image(task):
    good = encoded(noise(9, 8))
    for pair, said in [
        ((b"", good), "the first image is empty"),
        ((good, good[:-20]), "the second image is damaged"),
        ((b"?", b""), "the first image is neither"),
        ((good, png_of_size(9999, 9999)), "the second image has 9999 x 9999"),
        ((good, np.zeros(3)), "the second image is no array"),
        ((np.zeros(3), good), "the first image is no array"),
    ]:
        with pytest.raises(ValueError, match=f"^Pair 1 of 1: {said}"):
            task(*([image] for image in pair))


def test_too_large_images_are_refused():
    task = EstimateFlow(written_flow(8, 8), max_pixels=100)
    task(noise(10, 10), noise(10, 10))
    with pytest.raises(
        ValueError, match=r"first image has 11 x 10 .* most 100"
    ):
        task(noise(10, 11), noise(10, 11))
    with pytest.raises(ValueError, match="max_pixels is a number from 1"):
        EstimateFlow(written_flow(8, 8), max_pixels=0)


def test_images_that_are_large_when_filled_up_are_refused():
    """A line of few pixels would take tiles of many."""
    task = EstimateFlow(written_flow(8, 8), max_pixels=100)
    with pytest.raises(
        ValueError, match=r"have 50 x 1 pixels, 50 x 8 when .* at most 100 in"
    ):
        task(noise(1, 50), noise(1, 50))
    assert task(noise(1, 12), noise(1, 12)).flow.shape == (1, 12, 2)
    # One tile is always estimated.
    task = EstimateFlow(written_flow(8, 8), max_pixels=20)
    assert task(noise(1, 1), noise(1, 1)).flow.shape == (1, 1, 2)


def test_bad_rows_do_not_disturb_the_others(task):
    large = [encoded(image) for image in pair(20, 40)]
    small = [encoded(image, "JPEG") for image in pair(9, 9)]
    pairs = [large, (b"", b""), small, (large[0], small[1])]
    first, second = (tf.constant(images) for images in zip(*pairs, strict=True))
    together = task.serve(first, second)
    together = {name: value.numpy() for name, value in together.items()}
    for row in range(4):
        alone = task.serve(first[row : row + 1], second[row : row + 1])
        for name, tensor in alone.items():
            assert tensor.numpy()[0] == together[name][row]
    is_fine = together["problem_bytes"] == b""
    assert is_fine.tolist() == [True, False, True, False]
    for name in ("flow_bytes", "picture_bytes"):
        assert ((together[name] != b"") == is_fine).all()
    assert decode_flo(together["flow_bytes"][2]).shape == (9, 9, 2)


def test_no_rows_give_no_rows(task):
    nothing = tf.constant([], tf.string)
    served = task.serve(nothing, nothing)
    assert all(tensor.shape == (0,) for tensor in served.values())


def test_mixed_precision_answers_in_float32():
    found = EstimateFlow(tiny_flow(dtype="mixed_bfloat16"))(*pair(16, 24))
    assert found.flow.dtype == np.float32
    assert np.isfinite(found.flow).all()


def test_the_example_shows_tiles_padding_and_a_problem(task):
    request = task.example_request()
    served = task.serve(**request)
    problems = served["problem_bytes"].numpy().tolist()
    assert problems[:2] == [b"", b""]
    assert problems[2].startswith(b"the two images differ in size")
    shapes = [decode_flo(f).shape for f in served["flow_bytes"].numpy()[:2]]
    assert shapes == [(16, 30, 2), (8, 12, 2)]


def test_real_frames_are_estimated(data_dir):
    """A tiny model of other tiles: here only the way there and back counts."""
    task = EstimateFlow(
        tiny_flow(image_shape=(112, 264, 3), max_resolution=(112, 264))
    )
    frames = sorted((data_dir / "sintel").glob("*.png"))[:2]
    found = task(*frames)
    assert found.flow.shape == (436, 1024, 2)
    assert np.isfinite(found.flow).all()
    assert found.picture.size == (1024, 436)
