"""Files of frames and flow: good, odd and damaged ones."""

import struct

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data.flow import encode_flo
from keras_perceiver.data.flow import write_flo
from keras_perceiver.data.flow_pairs.pair_files import PairFile
from keras_perceiver.data.flow_pairs.pair_files import PairFiles
from keras_perceiver.data.flow_pairs.pair_files import read_frame
from keras_perceiver.data.flow_pairs.pair_files import read_pair
from tests.image_samples import noise

RGB = noise(12, 16)
FLOW = np.random.default_rng(0).normal(0, 3, (12, 16, 2)).astype("float32")
FLO = encode_flo(tf.constant(FLOW)).numpy()


@pytest.fixture
def files(tmp_path):
    """A pair that is fine."""
    paths = [tmp_path / name for name in ("1.png", "2.png", "flow.flo")]
    for seed, path in enumerate(paths[:2]):
        PIL.Image.fromarray(noise(12, 16, seed=seed)).save(path)
    write_flo(paths[2], FLOW)
    return PairFile(first=paths[0], second=paths[1], flow=paths[2])


def test_a_pair_is_read_as_it_is(files):
    pair = read_pair(files)
    np.testing.assert_array_equal(pair["frames"][0], RGB)
    np.testing.assert_array_equal(pair["flow"], FLOW)
    assert pair["valid"].all()
    assert pair["visible"].all()


ALPHA = np.concatenate([RGB, noise(12, 16, seed=5)[..., :1]], axis=-1)
GREY = RGB[..., 0]
FRAMES = {
    "grey.png": (GREY, np.repeat(GREY[..., None], 3, axis=2)),
    "alpha.png": (ALPHA, RGB),
    "grey_alpha.png": (
        np.stack([GREY, GREY[::-1]], axis=-1),
        np.repeat(GREY[..., None], 3, axis=2),
    ),
    "deep.png": (
        GREY.astype("uint16") * 256 + 77,
        np.repeat(GREY[..., None], 3, axis=2),
    ),
    "rgb.ppm": (RGB, RGB),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_of_any_kind_become_rgb(name, tmp_path):
    stored, expected = FRAMES[name]
    PIL.Image.fromarray(stored).save(tmp_path / name)
    np.testing.assert_array_equal(read_frame(tmp_path / name), expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e10])
def test_flow_that_is_no_number_is_not_known(files, bad):
    flow = FLOW.copy()
    flow[3, 4, 1] = bad
    files.flow.write_bytes(encode_flo(tf.constant(flow)).numpy())
    pair = read_pair(files)
    assert np.argwhere(~pair["valid"]).tolist() == [[3, 4]]
    assert pair["flow"][3, 4].tolist() == [0, 0]
    assert np.isfinite(pair["flow"]).all()


PNG = b"\x89PNG\r\n\x1a\n"
DAMAGES = {
    "magic": ("flow", b"PIEG" + FLO[4:], r"flow\.flo is no \.flo file"),
    "empty": ("flow", b"", r"flow\.flo is no \.flo file"),
    "size": ("flow", FLO[:-8], r"flow\.flo is damaged or cut off: 16 x 12"),
    "huge": (
        "flow",
        FLO[:4] + struct.pack("<ii", 2**30, 2**30) + FLO[12:],
        r"flow\.flo is damaged",
    ),
    "other size": (
        "flow",
        encode_flo(tf.constant(FLOW[:6])).numpy(),
        r"flow\.flo has 16 x 6 pixels, and its first frame 16 x 12",
    ),
    "no image": ("second", b"text", r"2\.png is no image"),
    "cut off": ("second", PNG, r"2\.png is no image, or is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_named(files, damage):
    which, content, words = DAMAGES[damage]
    getattr(files, which).write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_pair(files)


def test_frames_of_two_sizes_are_refused(files):
    PIL.Image.fromarray(noise(12, 18)).save(files.second)
    with pytest.raises(ValueError, match=r"2\.png has 18 x 12 pixels"):
        read_pair(files)


def test_damage_is_told_behind_the_pass_over_the_data(files, tmp_path):
    lost = PairFile(
        first=files.first, second=tmp_path / "none.png", flow=files.flow
    )
    pairs = PairFiles("two pairs", [files], [files, lost])
    pairs.check()
    good, bad = pairs.heldout_pairs().as_numpy_iterator()
    np.testing.assert_array_equal(good["flow"], FLOW)
    # Of the right size, so that as many tiles come as were counted.
    assert bad["frames"].shape == (2, 12, 16, 3)
    assert not bad["valid"].any()
    assert pairs.heldout_sizes() == [(12, 16), (12, 16)]
    with pytest.raises(ValueError, match=r"none\.png"):
        pairs.raise_problems()
