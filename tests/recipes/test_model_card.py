"""The card of a run's model, from what the run left behind."""

import json

import pytest
import yaml

from keras_perceiver import tasks
from keras_perceiver.training.run_folder import RunFolder
from keras_perceiver.training.run_folder import machine_record
from recipes import model_card
from recipes.byte_mlm import RECIPE
from recipes.setting_listings import describe
from recipes.settings import as_dict
from tests.tiny_models import tiny_language

BASELINES = {
    "unigram": {
        "nats": 3.25,
        "accuracy": 0.2,
        "kind": "baseline",
        "description": "how often each byte stands in the training text",
    },
    "context_2_bytes": {
        "nats": 2.0,
        "accuracy": 0.5,
        "kind": "reference",
        "description": "the two bytes before",
    },
}
NUMBERS = {"nats": 2.25, "accuracy": 0.456, "loss": None}
DATA = {"description": "a text of ours", "sha256": "0123abcd"}


@pytest.fixture(scope="module")
def task():
    return tasks.FillMask(tiny_language())


@pytest.fixture
def run(tmp_path):
    """A run folder as training leaves it, not evaluated yet."""
    folder = RunFolder(tmp_path / "run")
    configuration = RECIPE.configuration("tiny")
    folder.create(as_dict(configuration), machine_record(), DATA)
    folder.baselines_file.write_text(json.dumps(BASELINES))
    folder.append("metrics.csv", {"step": 700, "heldout_nats": 2.7182818})
    folder.append("metrics.csv", {"step": 1400, "heldout_nats": 2.5})
    return folder


def card_of(run, task, evaluated=False, step=700):
    """Returns the head and the rest of the card."""
    model_card.write(
        run.path,
        run,
        RECIPE,
        RECIPE.configuration("tiny"),
        task,
        step=step,
        evaluated=evaluated,
    )
    text = (run.path / "README.md").read_text()
    empty, head, rest = text.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(head), rest


@pytest.fixture
def evaluated(run, task):
    run.results_file.write_text(json.dumps({"model": NUMBERS}))
    return card_of(run, task, evaluated=True)


def test_before_evaluation_the_card_says_so(run, task):
    head, text = card_of(run, task)
    assert "Not evaluated yet. `python -m recipes byte_mlm evaluate`" in text
    # What training itself measured for this step, and no other.
    assert "held-out nats of this step was 2.718." in text
    assert "model-index" not in head
    assert "unigram" not in text


def test_results_are_those_that_evaluate_stored(evaluated):
    head, text = evaluated
    assert "Not evaluated" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows == [
        "| held out | nats | bits/byte | accuracy |  |",
        "| --- | ---: | ---: | ---: | --- |",
        "| unigram | 3.250 | 4.689 | 20.0% | baseline |",
        "| Perceiver IO | 2.250 | 3.246 | 45.6% | this model |",
        "| context_2_bytes | 2.000 | 2.885 | 50.0% | reference |",
    ]
    assert "In nats, the model beats every baseline." in text
    assert "- unigram: how often each byte stands in" in text
    [result] = head["model-index"][0]["results"]
    assert result["dataset"]["name"] == "a text of ours"
    # None is no number to publish.
    assert result["metrics"] == [
        {"type": "nats", "value": 2.25},
        {"type": "accuracy", "value": 0.456},
    ]


def test_the_head_is_what_hugging_face_reads(evaluated):
    head, _ = evaluated
    assert head["library_name"] == "keras"
    assert head["pipeline_tag"] == "fill-mask"
    assert head["license"] == "unknown"
    assert "byte_mlm" in head["tags"]


def test_data_model_and_machine_are_told(evaluated, task):
    _, text = evaluated
    assert 'a text of ours.\n\n- sha256: "0123abcd"\n' in text
    assert f"{task.model.count_params():,} parameters" in text
    assert "preset `language_bytes` with other numbers" in text
    assert "weights of step 700." in text
    machine = machine_record()
    assert f"TensorFlow {machine['tensorflow']}" in text
    assert "## Licence\n\nThe library is under Apache-2.0." in text


def test_every_setting_is_listed(run, task):
    _, text = card_of(run, task)
    for flag, value, _ in describe(RECIPE.configuration("tiny")):
        assert f"\n{flag} {value}\n" in text
    assert "seed 0" in text
    assert "--from" not in text
    run.start_file.write_text(json.dumps({"from": "/home/me/runs/old/best"}))
    _, text = card_of(run, task)
    # Not where it lay on somebody's machine.
    assert "\n--from old/best\n" in text
    assert "/home/me" not in text


def test_the_example_of_use_runs(run, task, monkeypatch):
    _, text = card_of(run, task)
    program = text.split("```python\n")[1].split("```")[0]
    monkeypatch.setattr(
        "keras_perceiver.convert.load_pretrained", lambda folder: task.model
    )
    names = {}
    exec(program, names)  # noqa: S102
    assert isinstance(names["task"], tasks.FillMask)


def test_an_unknown_step_is_left_out(run, task):
    _, text = card_of(run, task, step=None)
    assert "weights of step" not in text
    assert "of this step was" not in text


def test_an_export_has_the_card_and_says_what_is_other(run, task):
    assert model_card.of_export(run.path, None) is None
    card_of(run, task)
    card = (run.path / "README.md").read_text()
    assert model_card.of_export(run.path, None) == card
    other = model_card.of_export(run.path, "int8")
    assert other.startswith(card)
    assert "In int8. The results above are those of the weights" in other
