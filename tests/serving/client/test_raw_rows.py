"""Raw rows as requests, and answers as the rows of the task."""

import pathlib

import numpy as np
import pytest

from keras_perceiver.serving.client import raw_rows
from keras_perceiver.serving.client.client_base import Client
from keras_perceiver.serving.client.served_signature import ServedSignature
from keras_perceiver.serving.client.served_signature import TensorSpec
from keras_perceiver.serving.client.server_error import ServerError

FLOAT, BOOL, INT, UINT8, STRING = 1, 10, 3, 4, 7
TEXT = {"text_bytes": TensorSpec(STRING, (None,))}
PAIR = {**TEXT, "second_text_bytes": TensorSpec(STRING, (None,))}
IMAGE = {"image_bytes": TensorSpec(STRING, (None,))}
POINTS = {"points": TensorSpec(FLOAT, (None, None, 3))}
SET = {
    "entities": TensorSpec(FLOAT, (None, 4, 2)),
    "entity_mask": TensorSpec(BOOL, (None, 4)),
}
AUDIO = {
    "audio": TensorSpec(FLOAT, (None, 3)),
    "video": TensorSpec(UINT8, (None, 2, 2)),
}
CLIP = {**AUDIO, "label": TensorSpec(INT, (None,))}


def rows_of(inputs, *items, **named):
    return raw_rows.RawRows(ServedSignature(inputs, {}), items, named)


def requests_of(inputs, *items, **named):
    batches = raw_rows.batches(rows_of(inputs, *items, **named), 32)
    return [
        {name: values.tolist() for name, values in request.items()}
        for request in map(raw_rows.stacked, batches)
    ]


def test_texts_are_bytes():
    texts = ["a", b"\xff", "\u00e9", "\udcff", b"a\0"]
    wanted = [b"a", b"\xff", b"\xc3\xa9", b"\xff", b"a\0"]
    assert requests_of(TEXT, texts) == [{"text_bytes": wanted}]
    assert requests_of(TEXT, text_bytes=tuple(texts)) == [
        {"text_bytes": wanted}
    ]


def test_one_is_known_from_several():
    assert rows_of(TEXT, "a").is_one
    assert not rows_of(TEXT, ["a"]).is_one
    assert rows_of(POINTS, np.zeros((5, 3))).is_one
    assert not rows_of(POINTS, [np.zeros((5, 3))]).is_one
    assert not rows_of(POINTS, np.zeros((1, 5, 3))).is_one


def test_images_are_read_when_their_turn_comes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"content")
    assert requests_of(IMAGE, [path, str(path), b"other"]) == [
        {"image_bytes": [b"content", b"content", b"other"]}
    ]
    rows = rows_of(IMAGE, [path, pathlib.Path("absent.png")])
    assert rows.place(1) == "Image 2 of 2 (absent.png)"
    read = iter(rows)
    assert next(read) == {"image_bytes": b"content"}
    with pytest.raises(FileNotFoundError):
        next(read)


def test_what_may_be_left_out_is_filled_in():
    assert requests_of(PAIR, ["a", "b"]) == [
        {"text_bytes": [b"a", b"b"], "second_text_bytes": [b"", b""]}
    ]
    (request,) = requests_of(AUDIO, np.ones(3))
    assert request == {"audio": [[1, 1, 1]], "video": [[[0, 0], [0, 0]]]}
    (request,) = requests_of(CLIP, np.ones((2, 2), "uint8"), np.ones(3))
    assert request["label"] == [-1]
    (request,) = requests_of(CLIP, np.ones((2, 2), "uint8"), np.ones(3), 5)
    assert request["label"] == [5]


def test_sets_are_filled_up():
    (request,) = requests_of(SET, [np.ones((1, 2)), np.ones((4, 2))])
    assert request["entity_mask"] == [[True] + [False] * 3, [True] * 4]
    assert request["entities"][0] == [[1, 1]] + [[0, 0]] * 3


def test_rows_of_one_shape_go_together():
    clouds = [np.zeros((n, 3)) for n in (2, 2, 5, 2)]
    batches = raw_rows.batches(rows_of(POINTS, clouds), 32)
    assert [len(batch) for batch in batches] == [2, 1, 1]
    texts = rows_of(TEXT, ["a"] * 7)
    assert [len(b) for b in raw_rows.batches(texts, 3)] == [3, 3, 1]


@pytest.mark.parametrize(
    ("inputs", "items", "named", "words"),
    [
        (TEXT, [3], {}, "text_bytes is text or bytes, or a list of these"),
        (TEXT, [["a", 3]], {}, "Text 2 of 2: text_bytes is text or bytes. R"),
        (TEXT, ["a", "b"], {}, "takes text_bytes. Received: 2 inputs"),
        (TEXT, [], {}, "text_bytes is missing. The task takes text_bytes"),
        (TEXT, ["a"], {"text_bytes": "b"}, "text_bytes is given twice"),
        (TEXT, ["a"], {"txt_bytes": "b"}, "Did you mean 'text_bytes'"),
        (PAIR, ["a", ["b"]], {}, "text_bytes: one, second_text_bytes: a list"),
        (PAIR, [["a"], ["b", "c"]], {}, "text_bytes: 1, second_text_bytes: 2"),
        (IMAGE, [[3]], {}, "Image 1 of 1 .3.: image_bytes is the bytes of a"),
        (POINTS, [np.zeros((5, 2))], {}, r"\(5, 2\) and should have \(any, 3"),
        (SET, [np.zeros((5, 2))], {}, r"\(5, 2\) and should have \(4, 2\)"),
        (AUDIO, [["a"]], {}, "Clip 1 of 1: Wanted: float32"),
        ({"x": TensorSpec(FLOAT, (None,))}, [1], {}, "takes x, as no task"),
    ],
)
def test_what_the_task_does_not_take_is_told(inputs, items, named, words):
    with pytest.raises(ValueError, match=words):
        list(rows_of(inputs, *items, **named))


class Counting(Client):
    """Answers like a server that batches, and counts what it is asked."""

    def __init__(self, most=32, message=None):
        super().__init__(timeout=5, retries=0)
        self.most, self.message = most, message
        self.rows = []
        self.times_described = 0

    def _read_signatures(self, seconds):
        self.times_described += 1
        outputs = {"score": TensorSpec(FLOAT, (None,))}
        return {"serving_default": ServedSignature(TEXT, outputs)}

    def _predict(self, name, specs, arrays, seconds):
        (texts,) = arrays.values()
        self.rows.append(len(texts))
        message = self.message
        if len(texts) > self.most:
            message = (
                f"Task size {len(texts)} is larger than maximum input batch "
                f"size {self.most}"
            )
        if message:
            raise ServerError("INVALID_ARGUMENT", message)
        return {"score": np.array([float(text) for text in texts])}


def test_many_rows_are_asked_in_parts():
    client = Counting()
    rows = client.ask([str(number) for number in range(70)])
    assert [row["score"] for row in rows] == list(range(70))
    assert client.rows == [32, 32, 6]
    assert client.times_described == 1


def test_a_server_of_small_batches_gets_small_requests():
    client = Counting(most=4)
    rows = client.ask([str(number) for number in range(70)])
    assert [row["score"] for row in rows] == list(range(70))
    assert client.rows == [32, *[4] * 17, 2]


def test_signatures_are_read_again_after_a_refusal():
    client = Counting()
    client.ask("1")
    client.message = "it takes something else now"
    with pytest.raises(ServerError):
        client.ask("1")
    client.message = None
    client.ask("1")
    assert client.times_described == 2


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (
            "row 1 of 2: it is bad [a]. row 2 of 2: it is worse.",
            "Text 1 of 2: it is bad [a].",
        ),
        # Others' rows were in the batch, and may be those that are told of.
        ("row 2 of 8: bad.", "Texts 1 to 2 of 2: row 2 of 8: bad."),
        ("x has the shape (1)", "Texts 1 to 2 of 2: x has the shape (1)"),
    ],
)
def test_a_refused_batch_is_told_by_its_rows(words, wanted):
    client = Counting(message=f"assertion failed: [{words}]\n\t [[{{Assert}}]]")
    with pytest.raises(ValueError, match="Text") as error:
        client.ask(["1", "2"])
    assert str(error.value) == wanted


def test_other_words_of_a_server_stay_its_own():
    with pytest.raises(ServerError, match="INVALID_ARGUMENT: whatever"):
        Counting(message="whatever").ask("1")


class Short(Counting):
    def _predict(self, name, specs, arrays, seconds):
        return {"score": np.zeros(1)}


def test_answers_for_other_rows_are_an_error():
    with pytest.raises(ServerError, match="2 rows were asked"):
        Short().ask(["1", "2"])
