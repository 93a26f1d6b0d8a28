import math

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.plugins.hparams import plugin_data_pb2

from keras_perceiver.search.hparams import write_hparams
from tests.search.written_records import record

RECORDS = [
    record(
        "0000",
        0.4,
        choices={"qk_channels": None},
        curve=[[200, 0.9], [400, 0.5]],
        latency_ms=3.5,
    ),
    record("0001", None, state="running", choices={"qk_channels": 16}),
    record(
        "0002",
        math.nan,
        state="failed",
        reason="x",
        choices={"qk_channels": 8},
        curve=[[200, math.nan]],
    ),
]


def events_of(folder):
    """Scalars `{(tag, step): value}` and what the HParams plugin reads."""
    (path,) = folder.glob("events.*")
    scalars, plugin = {}, []
    for event in event_file_loader.EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            data = value.metadata.plugin_data
            if data.plugin_name == "hparams":
                plugin.append(
                    plugin_data_pb2.HParamsPluginData.FromString(data.content)
                )
            else:
                number = tf.make_ndarray(value.tensor).item()
                scalars[value.tag, event.step] = number
    return scalars, plugin


def plain(value):
    return getattr(value, value.WhichOneof("kind"))


def test_a_run_for_each_trial(tmp_path):
    write_hparams(tmp_path, RECORDS)
    board = tmp_path / "tensorboard"
    scalars, (start,) = events_of(board / "0000")
    expected = {
        ("heldout", 200): 0.9,
        ("heldout", 400): 0.5,
        ("value", 400): 0.4,
        ("cost/params", 400): 1000,
        ("cost/flops", 400): 20_000,
        ("cost/memory", 400): 9000,
        ("cost/latency_ms", 400): 3.5,
    }
    assert scalars == pytest.approx(expected)
    chosen = start.session_start_info.hparams
    assert {name: plain(value) for name, value in chosen.items()} == {
        "num_latents": 32.0,
        "latent_dim": 96.0,
        "learning_rate": 0.002,
        "qk_channels": "null",
    }
    # What is no number is not drawn.
    for name in ("0001", "0002"):
        scalars, (start,) = events_of(board / name)
        assert {tag for tag, _ in scalars} == {
            "cost/params",
            "cost/flops",
            "cost/memory",
        }
    assert plain(start.session_start_info.hparams["qk_channels"]) == "8"


def test_the_experiment_names_choices_and_metrics(tmp_path):
    write_hparams(tmp_path, RECORDS)
    _, (told,) = events_of(tmp_path / "tensorboard")
    experiment = told.experiment
    choices = {info.name: info for info in experiment.hparam_infos}
    assert set(choices) == {*RECORDS[0]["choices"]}
    interval = choices["num_latents"].domain_interval
    assert (interval.min_value, interval.max_value) == (32, 32)
    values = choices["qk_channels"].domain_discrete.values
    assert [value.string_value for value in values] == ["16", "8", "null"]
    assert [info.name.tag for info in experiment.metric_infos] == [
        "value",
        "cost/params",
        "cost/flops",
        "cost/memory",
        "cost/latency_ms",
    ]


def test_written_again_nothing_is_there_twice(tmp_path):
    write_hparams(tmp_path, RECORDS)
    finished = [RECORDS[0], {**RECORDS[1], "value": 0.25}]
    write_hparams(tmp_path, finished)
    board = tmp_path / "tensorboard"
    assert events_of(board / "0001")[0]["value", 0] == 0.25
    assert len(list(board.rglob("events.*"))) == 3


def test_a_search_without_trials_can_be_written(tmp_path):
    write_hparams(tmp_path, [])
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_a_trial_is_no_path(tmp_path):
    with pytest.raises(ValueError, match="letters"):
        write_hparams(tmp_path, [record("../0000", 0.5)])
