"""Requests that exports are measured, warmed up and checked with."""

import numpy as np
import pytest

from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.messages import protos


def test_an_example_is_kept_whole(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    request = {
        "text_bytes": np.array([b"a\0", b""], object),
        "label": np.array([1, -1], np.int32),
        "mask": np.array([[True, False]]),
    }
    answer = {
        # The same name, and another type.
        "label": np.array([[0.25, np.nan]], np.float32),
        "video": np.arange(6, dtype=np.uint8).reshape(1, 2, 3),
    }
    examples.write_example(tmp_path, request, answer)
    for read, wanted in zip(
        examples.read_example(tmp_path), (request, answer), strict=True
    ):
        assert read.keys() == wanted.keys()
        for name, values in wanted.items():
            assert read[name].dtype == values.dtype
            np.testing.assert_array_equal(read[name], values)


def test_what_is_no_example_is_told(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    file = tmp_path / examples.example_file()
    file.write_bytes(b"\xff\xff\xff")
    with pytest.raises(ValueError, match="3 bytes are no PredictLog"):
        examples.read_example(tmp_path)
    with open(file, "wb") as content:
        content.truncate(2**31)
    with pytest.raises(ValueError, match="larger than any example"):
        examples.read_example(tmp_path)


def test_rows_with_a_problem_are_left_out():
    request = {"a": np.arange(3), "b": np.arange(6).reshape(3, 2)}
    problems = np.array([b"", b"too long", b""], object)
    good = examples.good_rows(request, {"problem_bytes": problems})
    assert good["a"].tolist() == [0, 2]
    assert good["b"].tolist() == [[0, 1], [4, 5]]
    assert examples.good_rows(request, {"x": problems}) is request


def test_a_request_may_have_any_size():
    request = {"a": np.arange(3)}
    assert examples.of_size(request, 1)["a"].tolist() == [0]
    assert examples.of_size(request, 5)["a"].tolist() == [0, 1, 2, 0, 1]


def signature(**inputs):
    described = protos.message("SignatureDef")
    for name, (dtype, shape) in inputs.items():
        described.inputs[name].dtype = dtype
        for size in shape:
            described.inputs[name].tensor_shape.dim.add(size=size)
    return described


def test_made_up_requests_are_always_the_same():
    # float32, int32 and bool.
    inputs = {"b": (1, (-1, 2)), "a": (3, (-1, -1)), "c": (10, (-1, 50))}
    described = signature(**inputs)
    one, other = (examples.made_up_request(described) for _ in range(2))
    assert set(one) == {"a", "b", "c"}
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
    assert one["a"].shape == (2, 3)
    assert one["b"].shape == (2, 2)
    assert one["b"].dtype == np.float32
    assert set(np.unique(one["a"])) <= {0, 1, 2}
    assert 0 < np.mean(one["c"]) < 1
    assert examples.made_up_request(described, 5)["c"].shape == (5, 50)


def test_a_mask_does_not_hide_the_other_numbers():
    logits, other = np.array([0.5, -1e30]), np.array([0.7, -1e30])
    came = examples.fingerprint(logits)
    assert came != examples.fingerprint(other)
    assert came["deviation"] < 1e3
    assert examples.fingerprint([1.0, 3.0]) == {"mean": 2.0, "deviation": 1.0}
