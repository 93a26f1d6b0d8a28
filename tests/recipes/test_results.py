import json
import math

import pytest

from keras_perceiver.training.run_folder import RunFolder
from recipes import results
from recipes.byte_mlm import RECIPE

# The whole output of `report` is compared, for one model.
BASELINES = {
    "most_frequent_byte": {"nats": None, "accuracy": 0.2, "kind": "baseline"},
    "unigram": {"nats": 3.25, "accuracy": 0.2, "kind": "baseline"},
    "context_1_byte": {"nats": 2.5, "accuracy": 0.4, "kind": "baseline"},
    "context_2_bytes": {"nats": 2.0, "accuracy": 0.5, "kind": "reference"},
}
NAMES = ["most_frequent_byte", "unigram", "context_1_byte", "context_2_bytes"]


def names_in(lines):
    found = [*NAMES, "Perceiver IO"]
    return [name for line in lines for name in found if line.startswith(name)]


@pytest.mark.parametrize(
    ("nats", "place"),
    [(9.0, 1), (3.0, 2), (2.25, 3), (1.0, 4), (1e-9, 4), (0.0, 4)],
)
def test_the_worst_comes_first(nats, place):
    numbers = {"nats": nats, "accuracy": 0.45}
    names = [*NAMES]
    names.insert(place, "Perceiver IO")
    assert (
        names_in(results.table(RECIPE, numbers, BASELINES, "language_bytes"))
        == names
    )


def test_rows_hold_each_column_and_the_kind():
    numbers = {"nats": 2 * math.log(2), "accuracy": 0.4567, "loss": 9.0}
    header, *rows, _ = results.table(
        RECIPE, numbers, BASELINES, "language_bytes"
    )
    assert header.split() == ["held", "out", "nats", "bits/byte", "accuracy"]
    assert rows[0].split() == [
        "most_frequent_byte", "-", "-", "20.0%", "baseline"
    ]  # fmt: skip
    assert rows[-1].split() == [
        "Perceiver", "IO", "1.386", "2.000", "45.7%", "this", "model"
    ]  # fmt: skip
    # Numbers stand below their titles, to the right.
    ends = {row.index("%") for row in rows}
    assert ends == {header.index("accuracy") + len("accuracy") - 1}


def verdict(nats, accuracy):
    return results.verdict(
        "nats",
        {"nats": nats, "accuracy": accuracy},
        BASELINES,
        column="nats a byte",
    )


def test_a_model_below_every_baseline_beats_them():
    # A reference need not be beaten, nor what has the metric in accuracy.
    words = "In nats a byte, the model beats every baseline."
    assert verdict(2.4, 0.41) == words
    assert verdict(2.4, 0.25) == words


@pytest.mark.parametrize(
    ("nats", "accuracy", "names"),
    [
        (2.6, 0.41, "context_1_byte"),
        (2.5, 0.41, "context_1_byte"),
        (3.5, 0.41, "unigram, context_1_byte"),
        # Where there is no metric, by accuracy.
        (2.4, 0.2, "most_frequent_byte"),
        (9.0, 0.1, "most_frequent_byte, unigram, context_1_byte"),
    ],
)
def test_a_model_that_is_not_better_is_told(nats, accuracy, names):
    words = f"In nats a byte, the model does not beat {names}."
    assert verdict(nats, accuracy) == words


def reported(path, data, capsys):
    folder = RunFolder(path)
    folder.create({}, {}, data)
    folder.baselines_file.write_text(json.dumps(BASELINES))
    # Keras gives numpy numbers.
    numbers = {"nats": 2.25, "accuracy": 0.45, "loss": 2.5}
    results.report(folder, RECIPE, numbers, "language_bytes")
    return numbers, capsys.readouterr().out


def test_report_writes_what_it_prints(tmp_path, capsys):
    data = {"description": "a text", "sha256": "0123456789abcdef" * 4}
    data["python"] = "3.11.7"
    numbers, printed = reported(tmp_path, data, capsys)
    assert json.loads((tmp_path / "results.json").read_text()) == {
        "model": numbers,
        "baselines": BASELINES,
        "data": data,
    }
    table = "\n".join(
        results.table(RECIPE, numbers, BASELINES, "language_bytes")
    )
    assert table in printed
    assert "In nats, the model beats every baseline.\n" in printed
    assert "data: a text, sha256 0123456789abcdef, Python 3.11.7\n" in printed
    assert f"learning curve: {tmp_path / 'learning_curve.png'}\n" in printed
    assert f"samples: {tmp_path / 'samples'}\n" in printed


def test_data_without_a_hash_are_in_their_file(tmp_path, capsys):
    _, printed = reported(tmp_path, {"description": "tfds:c4"}, capsys)
    assert "data: tfds:c4, see data.json\n" in printed


@pytest.mark.parametrize(
    ("preset", "name"),
    [
        ("imagenet_perceiver", "Perceiver"),
        ("bert_bytes", "transformer"),
        ("starcraft_transformer", "transformer"),
        ("starcraft_entities", "Perceiver IO"),
    ],
)
def test_a_model_is_called_what_it_is(preset, name):
    numbers = {"nats": 0.1, "accuracy": 0.9}
    *_, row, _ = results.table(RECIPE, numbers, BASELINES, preset)
    assert row.removesuffix("this model").split("  ")[0] == name
