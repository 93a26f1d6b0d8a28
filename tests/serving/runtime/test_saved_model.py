"""TensorFlow's C library, against TensorFlow's Python."""

import concurrent.futures
import pathlib
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.runtime.library import TensorFlowError
from keras_perceiver.serving.runtime.saved_model import SavedModel

TEXT = tf.TensorSpec([None], tf.string, name="text")

NUMBERS = tf.TensorSpec([None], tf.float32, name="numbers")

LONG = "longer than what lies in place"


class Graphs(tf.Module):
    """What is told apart of strings and numbers."""

    def __init__(self):
        self.variable = tf.Variable([LONG])
        self.last = tf.Variable([""], shape=[None])

    @tf.function(input_signature=[TEXT])
    def strings(self, text):
        return {
            "same": text,
            "again": text,
            "joined": tf.strings.join([text, text]),
            "constant": tf.constant([LONG, "short"]),
            "variable": self.variable.read_value(),
        }

    @tf.function(input_signature=[TEXT])
    def keep(self, text):
        last = self.last.read_value()
        self.last.assign(text)
        return {"last": last}

    @tf.function(input_signature=[NUMBERS])
    def below_one(self, numbers):
        below = tf.debugging.assert_less(numbers, 1.0, "too large, my friend")
        with tf.control_dependencies([below]):
            return {"doubled": 2 * numbers}

    @tf.function(input_signature=[NUMBERS], jit_compile=True)
    def compiled(self, numbers):
        return {"doubled": 2 * numbers}

    @tf.function(input_signature=[NUMBERS])
    def half(self, numbers):
        return {"half": tf.cast(numbers, tf.bfloat16)}


@pytest.fixture(scope="module")
def graphs_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("graphs") / "1"
    graphs = Graphs()
    signatures = {
        name: getattr(graphs, name)
        for name in ("strings", "keep", "below_one", "compiled", "half")
    }
    tf.saved_model.save(graphs, str(path), signatures)
    return path


@pytest.fixture(scope="module")
def graphs(graphs_path):
    return SavedModel(graphs_path)


@pytest.fixture(scope="module")
def model(exported):
    return SavedModel(exported)


def requests_of(path, model):
    """A request for each signature of an export."""
    requests = {
        name: examples.made_up_request(signature)
        for name, signature in model.signatures.items()
        if name != "serving_default"
    }
    request, answer = examples.read_example(path)
    requests["serving_default"] = examples.good_rows(request, answer)
    return requests


def test_signatures_answer_as_in_python(exported, model):
    loaded = tf.saved_model.load(str(exported))
    assert set(model.signatures) == set(loaded.signatures)
    for name, request in requests_of(exported, model).items():
        wanted = loaded.signatures[name](
            **{key: tf.constant(values) for key, values in request.items()}
        )
        came = model.run(name, request)
        assert set(came) == set(wanted)
        for output, tensor in wanted.items():
            wanted_values = tensor.numpy()
            assert came[output].shape == wanted_values.shape
            assert came[output].dtype == wanted_values.dtype
            if wanted_values.dtype.kind == "f":
                np.testing.assert_allclose(
                    *(came[output], wanted_values),
                    rtol=0,
                    atol=1e-6 * np.abs(wanted_values).max(),
                )
            else:
                assert np.array_equal(came[output], wanted_values)


def test_no_rows_give_no_rows(exported, model):
    for name, request in requests_of(exported, model).items():
        none = {key: rows[:0] for key, rows in request.items()}
        for values in model.run(name, none).values():
            assert len(values) == 0


def test_some_outputs_may_be_chosen(graphs):
    answer = graphs.run("strings", {"text": ["a"]}, ["joined"])
    assert list(answer) == ["joined"]


BYTES = [b"", b"\0", b"a\0b\0", bytes(range(256)), b"\0" * 100, b"x" * 10**6]


def test_strings_keep_every_byte(graphs):
    answer = graphs.run("strings", {"text": BYTES})
    assert answer["same"].tolist() == answer["again"].tolist() == BYTES
    assert answer["joined"].tolist() == [2 * value for value in BYTES]
    assert answer["joined"].dtype == object
    answer = graphs.run("strings", {"text": np.array(["ä"], object)})
    assert answer["same"].tolist() == ["ä".encode()]


def test_strings_that_are_the_models_own_stay(graphs):
    """The library hands out its own, not copies."""
    for _ in range(3):
        answer = graphs.run("strings", {"text": ["a"]})
        assert answer["constant"].tolist() == [LONG.encode(), b"short"]
        assert answer["variable"].tolist() == [LONG.encode()]


def test_strings_that_the_model_keeps_stay(graphs):
    for last, text in [("", "a" * 99), ("a" * 99, "b" * 99), ("b" * 99, "")]:
        answer = graphs.run("keep", {"text": [text]})
        assert answer["last"].tolist() == [last.encode()]


def test_arrays_may_lie_in_memory_in_any_way(graphs):
    numbers = np.arange(12, dtype=">f8") / 100
    for given in (numbers, numbers[::-2], np.asfortranarray(numbers)):
        answer = graphs.run("below_one", {"numbers": given})
        wanted = 2 * given.astype("float32")
        assert answer["doubled"].tolist() == wanted.tolist()
        assert answer["doubled"].flags.owndata


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "said"),
    [
        ("string", {}, None, "Unknown signature 'string'. Did you mean 'stri"),
        ("strings", {}, None, "'strings' takes ['text']. Received: []"),
        ("strings", {"txt": []}, None, "Received: ['txt']"),
        ("strings", {"text": [], "a": []}, None, "Received: ['a', 'text']"),
        ("strings", {"text": []}, ["sane"], "Unknown output 'sane'"),
        ("strings", {"text": [1]}, None, "Wanted: text or bytes"),
        ("below_one", {"numbers": ["a"]}, None, "Wanted: float32"),
        ("below_one", {"numbers": [1e39]}, None, "Wanted: float32"),
        ("half", {"numbers": [1]}, None, "Answers of type 14 are not"),
    ],
)
def test_wrong_requests_are_told(graphs, name, inputs, outputs, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        graphs.run(name, inputs, outputs)


def test_tensorflows_errors_have_its_code_and_words(graphs, model):
    with pytest.raises(TensorFlowError, match="too large, my frien") as error:
        graphs.run("below_one", {"numbers": [2.0]})
    assert error.value.code == tf.errors.INVALID_ARGUMENT
    with pytest.raises(TensorFlowError) as error:
        model.run("serving_default", {"text_bytes": [["of", "rank", "two"]]})
    assert error.value.code == tf.errors.INVALID_ARGUMENT
    # And goes on to answer.
    assert graphs.run("below_one", {"numbers": [0.5]})["doubled"] == [1.0]


@pytest.mark.parametrize(
    "name",
    [
        *("absent:0", "", "absent", "^NoOp", "a\0b"),
        *("StatefulPartitionedCall:x", "StatefulPartitionedCall:-1"),
    ],
)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_signatures_of_what_is_not_in_the_graph_are_told(
    graphs_path, name, side
):
    """The library would end the process."""
    graphs = SavedModel(graphs_path)
    (info,) = getattr(graphs.signatures["below_one"], side).values()
    info.name = name
    with pytest.raises(ValueError, match="which the graph does not have"):
        graphs.run("below_one", {"numbers": [0.0]})
    info.name = "StatefulPartitionedCall:99"
    with pytest.raises(TensorFlowError, match="does not have output 99"):
        graphs.run("below_one", {"numbers": [0.0]})


def test_what_is_no_saved_model_is_told(tmp_path, graphs_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(TensorFlowError, match="not find SavedMo") as error:
            SavedModel(path)
        assert error.value.code == tf.errors.NOT_FOUND
    broken = shutil.copytree(graphs_path, tmp_path / "1")
    (broken / "saved_model.pb").write_bytes(b"<html>")
    with pytest.raises(TensorFlowError):
        SavedModel(broken)
    shutil.copy(graphs_path / "saved_model.pb", broken)
    (broken / "variables/variables.data-00000-of-00001").unlink()
    with pytest.raises(TensorFlowError):
        SavedModel(broken)


def test_what_is_closed_says_so(graphs_path):
    graphs = SavedModel(graphs_path)
    graphs.close()
    graphs.close()
    with pytest.raises(ValueError, match="was closed"):
        graphs.run("strings", {"text": ["a"]})


def memory():
    """Bytes that this process holds."""
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return 4096 * int(pages)


def test_requests_are_freed(graphs):
    text = [b"x" * 2_000_000]
    numbers = np.full(500_000, 2.0)

    def ask():
        graphs.run("strings", {"text": text})
        with pytest.raises(TensorFlowError):
            graphs.run("below_one", {"numbers": numbers})

    for _ in range(5):
        ask()
    before = memory()
    for _ in range(50):
        ask()
    # Any one of a request's tensors would be 100 million.
    assert memory() - before < 50_000_000


def test_threads_get_their_own_answers(graphs):
    def ask(number):
        texts = [f"{number} {place} {LONG}" for place in range(number % 7)]
        answer = graphs.run("strings", {"text": texts})
        assert answer["joined"].tolist() == [(2 * t).encode() for t in texts]
        assert answer["constant"].tolist() == [LONG.encode(), b"short"]
        return number

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(200))) == sum(range(200))


COMPILED = """
import sys
from keras_perceiver.serving.runtime import library
from keras_perceiver.serving.runtime.saved_model import SavedModel
if "disable" in sys.argv:
    library.disable_xla()
model = SavedModel(sys.argv[1])
try:
    print(model.run("compiled", {"numbers": [3]})["doubled"].tolist())
except library.TensorFlowError as error:
    print(error.code, str(error).splitlines()[0])
print(model.run("below_one", {"numbers": [-3]})["doubled"].tolist())
"""


def test_without_xla_what_must_be_compiled_fails(
    graphs_path, tmp_path, monkeypatch
):
    (tmp_path / "compiled.py").write_text(COMPILED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for argument, wanted in [
        ("", "[6.0]\n[-6.0]\n"),
        ("disable", "13 XLA compilation disabled\n[-6.0]\n"),
    ]:
        finished = run_alone("compiled", graphs_path, argument, capture=True)
        assert (finished.stdout, finished.stderr) == (wanted, "")
