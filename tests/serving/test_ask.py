"""Asking an export on this disk and on a server, by the command line."""

import json
import socket

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_perceiver import __main__ as command_line
from keras_perceiver.data.flow import read_flo
from keras_perceiver.serving.ask import ask
from keras_perceiver.serving.export import export
from keras_perceiver.serving.precision import in_precision
from keras_perceiver.tasks import ClassifyImage
from tests.serving.running_server import running_server
from tests.tiny_models import LengthTask
from tests.tiny_tasks import colour_classifier

# The last is what Python makes of bytes on a command line that are no UTF-8.
TEXTS = ["the [MASK:3] of", "é[MASK]", "\udcff[MASK]"]
RAW = [text.encode(errors="surrogateescape") for text in TEXTS]


def assert_as_task(task, rows):
    # Exports answer from folded models, which round elsewhere.
    folded = in_precision(task, None, fold=True)
    for row, filled in zip(rows, folded(RAW), strict=True):
        assert row == {
            "filled_bytes": filled.text,
            "mask_positions": filled.mask_positions,
            "top_bytes": [
                [byte.decode(errors="replace") for byte in best]
                for best in filled.top_bytes
            ],
            "top_probabilities": [
                pytest.approx(shares, rel=1e-5)
                for shares in filled.top_probabilities
            ],
        }


def test_the_command_prints_the_answers_of_the_task(task, exported, capsys):
    assert command_line.main(["ask", str(exported), *TEXTS]) == 0
    captured = capsys.readouterr()
    assert_as_task(task, json.loads(captured.out))
    assert captured.err == ""
    # Not padded to the most masks there could be.
    assert len(captured.out.splitlines()) < 120


def test_the_folder_of_all_versions_may_be_named(task, exported):
    assert_as_task(task, json.loads(ask(str(exported.parent), TEXTS)))


def test_a_problem_is_told_and_ends_with_1(exported, capsys):
    assert command_line.main(["ask", str(exported), "[MASK]", "none"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: Text 2 of 2: the text has no mask.")


def test_what_is_no_export_is_told(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "absent"):
        assert command_line.main(["ask", str(path), "[MASK]"]) == 1
        error = capsys.readouterr().err
        assert f"error: {path} is no SavedModel: saved_model.pb is" in error


def test_any_task_on_text_may_be_asked(tmp_path):
    task = LengthTask()
    export(task, tmp_path)
    numbers = task.serve(tf.constant(["abc", "a"]))["numbers"].numpy()
    rows = json.loads(ask(tmp_path, ["abc", "a"]))
    assert [row.keys() for row in rows] == [{"numbers"}] * 2
    np.testing.assert_allclose([r["numbers"] for r in rows], numbers, 1e-6)


class SoundTask(LengthTask):
    input_signature = {
        "sound_bytes": tf.TensorSpec([None], tf.string, "sound_bytes")
    }

    def example_request(self):
        return {"sound_bytes": tf.constant(["a"])}

    def serve(self, sound_bytes):
        return super().serve(sound_bytes)


def test_an_export_that_takes_something_else_is_told(tmp_path):
    export(SoundTask(), tmp_path)
    with pytest.raises(ValueError, match="takes sound_bytes, as no task"):
        ask(tmp_path, ["a"])


def test_images_are_asked_by_the_names_of_their_files(tmp_path, capsys):
    task = ClassifyImage(colour_classifier(), ["red", "green", "blue"])
    path = str(export(task, tmp_path / "colours"))
    names = []
    for number, colour in enumerate(("red", "blue")):
        image = np.zeros((20, 30, 3), "uint8")
        image[..., 2 * number] = 200
        names.append(str(tmp_path / f"{colour}.png"))
        PIL.Image.fromarray(image).save(names[-1])
    assert command_line.main(["ask", path, *names]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["label_bytes"][0] for row in rows] == ["red", "blue"]
    for row, prediction in zip(rows, task(names), strict=True):
        assert row["label_bytes"] == prediction.labels
        assert row["probabilities"] == pytest.approx(prediction.probabilities)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cut = str(tmp_path / "cut.png")
    assert command_line.main(["ask", path, names[0], cut]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: Image 2 of 2 ({cut}): the image is dam")
    assert command_line.main(["ask", path, str(tmp_path / "absent.png")]) == 1
    assert "absent.png" in capsys.readouterr().err


@pytest.fixture(scope="module")
def served_models(exported, exports):
    """The folders of models by their names."""
    tasks = ("EstimateFlow", "ClassifyPoints", "ClassifyText")
    return {"it": exported.parent} | {
        name: exports[name].parent for name in tasks
    }


@pytest.fixture(scope="module")
def server(served_models):
    with running_server(served_models) as running:
        yield running


@pytest.fixture(params=["disk", "rest", "grpc"])
def target(request, served_models, server):
    """Where a model is, by its name."""
    return {
        "disk": lambda name: str(served_models[name]),
        "rest": lambda name: f"{server.rest}/v1/models/{name}",
        "grpc": lambda name: f"grpc://{server.grpc}/{name}",
    }[request.param]


def test_servers_are_asked_as_folders_are(target, task, capsys):
    assert command_line.main(["ask", target("it"), *TEXTS]) == 0
    assert_as_task(task, json.loads(capsys.readouterr().out))
    for bad in (["[MASK]", "none"], ["none", "none"], ["none"]):
        assert command_line.main(["ask", target("it"), *bad]) == 1
        number = bad.index("none") + 1
        error = capsys.readouterr().err
        assert error.startswith(
            f"error: Text {number} of {len(bad)}: the text has no mask."
        )


def test_versions_may_be_named(server, task, capsys):
    for target in (
        f"{server.rest}/v1/models/it/versions/1",
        f"grpc://{server.grpc}/it/versions/1",
    ):
        assert_as_task(task, json.loads(ask(target, TEXTS)))
        missing = target.replace("versions/1", "versions/7")
        assert command_line.main(["ask", missing, "[MASK]"]) == 1
        assert "error: NOT_FOUND: " in capsys.readouterr().err


def test_images_two_by_two_give_files(target, every_task, tmp_path, capsys):
    names = []
    rng = np.random.default_rng(0)
    for number in range(4):
        pixels = rng.integers(0, 256, (16, 24, 3), dtype="uint8")
        names.append(str(tmp_path / f"{number}.png"))
        PIL.Image.fromarray(pixels).save(names[-1])
    folder = tmp_path / "some" / "where"
    command = ["ask", target("EstimateFlow"), *names, "--to", str(folder)]
    assert command_line.main(command) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == [
        {
            "flow_bytes": str(folder / f"{row}_flow.flo"),
            "picture_bytes": str(folder / f"{row}_picture.png"),
        }
        for row in (1, 2)
    ]
    wanted = every_task["EstimateFlow"](names[2], names[3]).flow
    flow = read_flo(rows[1]["flow_bytes"])
    np.testing.assert_allclose(flow, wanted, 1e-4, 1e-4)
    with PIL.Image.open(rows[1]["picture_bytes"]) as picture:
        assert picture.size == (24, 16)


def test_pairs_of_images_are_whole_and_have_a_folder(target):
    with pytest.raises(ValueError, match="Say which folder they go to: --to"):
        ask(target("EstimateFlow"), ["one.png", "two.png"])
    with pytest.raises(ValueError, match="first_image_bytes and second_image"):
        ask(target("EstimateFlow"), ["one.png"], to="nowhere")
    with pytest.raises(ValueError, match="this model has none"):
        ask(target("it"), ["[MASK]"], to="nowhere")


def test_numbers_come_in_files(target, every_task, tmp_path):
    clouds = [np.random.default_rng(n).normal(size=(n, 3)) for n in (5, 9)]
    np.save(tmp_path / "one.npy", clouds[0])
    np.savez(tmp_path / "two.npz", points=clouds[1])
    names = [str(tmp_path / "one.npy"), str(tmp_path / "two.npz")]
    rows = json.loads(ask(target("ClassifyPoints"), names))
    predictions = every_task["ClassifyPoints"](clouds)
    for row, prediction in zip(rows, predictions, strict=True):
        assert row["label_bytes"] == prediction.labels
        wanted = pytest.approx(prediction.probabilities, rel=1e-4)
        assert row["probabilities"] == wanted
    np.savez(tmp_path / "two.npz", point=clouds[1])
    with pytest.raises(ValueError, match="Did you mean 'points'"):
        ask(target("ClassifyPoints"), names[1:])
    with pytest.raises(ValueError, match=r"has point, and .* has points"):
        ask(target("ClassifyPoints"), names)


@pytest.mark.parametrize(
    "content", [b"", b"some text", b"PK\x03\x04", b"\x93N"]
)
def test_files_of_something_else_are_told(content, served_models, tmp_path):
    (tmp_path / "one.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"one\.npy is no \.npy or \.npz file"):
        ask(served_models["ClassifyPoints"], [str(tmp_path / "one.npy")])


def test_objects_in_files_are_not_unpickled(served_models, tmp_path):
    np.save(tmp_path / "one.npy", np.array([Trap()], object))
    with pytest.raises(ValueError, match=r"one\.npy is no \.npy or \.npz file"):
        ask(served_models["ClassifyPoints"], [str(tmp_path / "one.npy")])
    assert not Trap.was_sprung


class Trap:
    was_sprung = False

    def __setstate__(self, state):
        Trap.was_sprung = True

    def __getstate__(self):
        return {"anything": 1}


def test_texts_come_one_by_one_or_in_pairs(target, every_task):
    texts = ["one", "two"]
    alone = json.loads(ask(target("ClassifyText"), texts))
    (pair,) = json.loads(ask(target("ClassifyText"), texts, pairs=True))
    classify = every_task["ClassifyText"]
    assert [row["label_bytes"] for row in alone] == [
        prediction.labels for prediction in classify(texts)
    ]
    wanted = pytest.approx(classify(*texts).probabilities, rel=1e-4)
    assert pair["probabilities"] == wanted
    with pytest.raises(ValueError, match="--pairs is for models that take two"):
        ask(target("it"), ["[MASK]", "[MASK]"], pairs=True)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.1:1/it", r"127.0.0.1:1/v1/models/NAME, with"),
        ("http://127.0.0.1:1/v1/models/it:predict", "v1/models/NAME, with"),
        ("grpc://127.0.0.1:1", "grpc://127.0.0.1:1/NAME, with"),
        ("grpc://127.0.0.1:1/it/versions/new", "/NAME, with"),
        ("ftp://127.0.0.1/it", "Wanted: an address"),
        ("http://user:secret@host/v1/models/it", "no user, password"),
    ],
)
def test_targets_that_are_none_are_told(target, words, capsys):
    assert command_line.main(["ask", target, "[MASK]"]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "secret" not in error


def test_nobody_there_ends_with_1(capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
        for target in (f"http://{place}/v1/models/it", f"grpc://{place}/it"):
            assert command_line.main(["ask", target, "[MASK]"]) == 1
            error = capsys.readouterr().err
            assert error.startswith("error: UNAVAILABLE: ")


def test_a_ca_file_is_for_servers(exported):
    with pytest.raises(ValueError, match="this is a folder"):
        ask(exported, ["[MASK]"], ca_file="some.pem")
