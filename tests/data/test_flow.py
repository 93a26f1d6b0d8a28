"""Files of optical flow."""

import struct

import hypothesis
import hypothesis.extra.numpy as hypothesis_numpy
import hypothesis.strategies as st
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver.data import flow as flow_data
from tests.image_samples import encoded
from tests.image_samples import noise

FLOW = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
fields = hypothesis_numpy.arrays(
    "float32",
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(2)),
    elements=st.floats(width=32),
)


def flo_by_hand(flow):
    height, width, _ = flow.shape
    return b"PIEH" + struct.pack(
        f"<2i{flow.size}f", width, height, *flow.ravel()
    )


@pytest.fixture(scope="module")
def encode_in_graph():
    return tf.function(
        flow_data.encode_flo,
        input_signature=[tf.TensorSpec((None, None, 2), tf.float32)],
    )


@hypothesis.settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(flow=fields)
def test_any_flow_comes_back(encode_in_graph, flow):
    """Bit for bit, whatever the numbers are."""
    content = encode_in_graph(flow).numpy()
    assert content == flo_by_hand(flow)
    found = flow_data.decode_flo(content)
    assert found.dtype == np.float32
    assert found.tobytes() == flow.tobytes()


def test_flow_comes_back_from_a_file(tmp_path):
    path = tmp_path / "it.flo"
    flow_data.write_flo(path, FLOW.astype("float64"))
    assert path.read_bytes() == flo_by_hand(FLOW)
    np.testing.assert_array_equal(flow_data.read_flo(path), FLOW)
    # What was read may be changed.
    flow_data.read_flo(str(path))[:] = 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no .flo file: it begins with b'', and not with b'PIEH'"),
        (b"PI", "is no .flo file: it begins with b'PI'"),
        (b"HEIP" + bytes(40), "is no .flo file: it begins with b'HEIP'"),
        (b"PIEH\1\0\0\0", "is cut off: 8 bytes came"),
        (flo_by_hand(FLOW)[:-1], "5 x 3 pixels take 132 bytes. Received: 131"),
        (flo_by_hand(FLOW) + b"\0", "take 132 bytes. Received: 133"),
        (b"PIEH" + struct.pack("<2i", 0, 3), "0 x 3 pixels"),
        (b"PIEH" + struct.pack("<2i", -1, -1) + bytes(8), "-1 x -1 pixels"),
        (b"PIEH" + struct.pack("<2i", 2**30, 2**30), "take 9223372036854775"),
    ],
)
def test_what_is_no_flow_is_told(tmp_path, content, said):
    path = tmp_path / "it.flo"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"it.flo is") as error:
        flow_data.read_flo(path)
    assert said in str(error.value)


def test_flow_of_another_shape_is_not_written(tmp_path):
    for shape in ((3, 5), (3, 5, 3), (0, 5, 2)):
        for write in (flow_data.write_flo, flow_data.write_kitti):
            with pytest.raises(ValueError, match=r"\(H, W, 2\)\. Received: sh"):
                write(tmp_path / "it", np.zeros(shape))
    assert list(tmp_path.iterdir()) == []


def test_kitti_comes_back(tmp_path):
    path = tmp_path / "it.png"
    flow = np.rint(FLOW * 500) / 64
    flow[0, 0], flow[0, 1] = (-512, 511.984375), np.nan
    valid = np.ones((3, 5), bool)
    valid[0, 1] = valid[2, 3] = False
    flow_data.write_kitti(path, flow, valid)
    found, found_valid = flow_data.read_kitti(path)
    np.testing.assert_array_equal(found_valid, valid)
    np.testing.assert_array_equal(found[valid], flow[valid])
    assert (found[~valid] == 0).all()
    flow_data.write_kitti(path, FLOW)
    found, found_valid = flow_data.read_kitti(path)
    assert found_valid.all()
    assert np.abs(found - FLOW).max() <= 1 / 128


def test_kitti_is_laid_out_as_published(tmp_path):
    """Steps of 1/64 above 2**15 in red and green, and 0 or 1 in blue."""
    path = tmp_path / "it.png"
    flow = np.array([[[1.5, -2.25], [9, 9]]])
    flow_data.write_kitti(path, flow, [[True, False]])
    pixels = tf.io.decode_png(path.read_bytes(), dtype=tf.uint16)
    expected = [[[2**15 + 96, 2**15 - 144, 1], [0, 0, 0]]]
    assert pixels.numpy().tolist() == expected


def test_what_is_no_flow_of_kitti_is_told(tmp_path):
    path = tmp_path / "it.png"
    grey = PIL.Image.fromarray(noise(4, 5, 1).astype("uint16"))
    for content in (b"", encoded(noise(4, 5)), encoded(grey), b"?" * 99):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"it.png is no flow of KITTI"):
            flow_data.read_kitti(path)
    flow_data.write_kitti(path, FLOW)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"it.png is damaged or cut off"):
        flow_data.read_kitti(path)


@pytest.mark.parametrize("value", [512, -512.01, np.nan, np.inf, 1e30])
def test_what_kitti_cannot_hold_is_told(tmp_path, value):
    flow = np.zeros((2, 2, 2))
    flow[1, 0, 1] = value
    with pytest.raises(ValueError, match=r"from -512 to 511.98 pixels"):
        flow_data.write_kitti(tmp_path / "it.png", flow)
    with pytest.raises(ValueError, match=r"size.*\(2, 2\).*: \(2, 3\)"):
        flow_data.write_kitti(tmp_path / "it.png", flow, np.ones((2, 3)))
    assert list(tmp_path.iterdir()) == []
    valid = np.ones((2, 2))
    valid[1, 0] = 0
    flow_data.write_kitti(tmp_path / "it.png", flow, valid)
