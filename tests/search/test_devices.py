import os

import pytest

from keras_perceiver.search import devices


@pytest.mark.parametrize(
    ("visible", "found"),
    [
        ("0,2", ["0", "2"]),
        ("GPU-5f, GPU-61", ["GPU-5f", "GPU-61"]),
        ("", []),
        ("-1", []),
        # CUDA stops reading there.
        ("3,-1,2", ["3"]),
    ],
)
def test_the_environment_says_which_gpus_there_are(tmp_path, visible, found):
    (tmp_path / "nvidia0").touch()
    environment = {"CUDA_VISIBLE_DEVICES": visible}
    assert devices.find_gpus(environment, tmp_path) == found


def test_else_the_driver_does(tmp_path):
    assert devices.find_gpus({}, tmp_path) == []
    for name in ("nvidia0", "nvidia5", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    # CUDA counts those that it is given.
    assert devices.find_gpus({}, tmp_path) == ["0", "1"]


def test_workers_take_gpus_in_turn():
    assert devices.of_worker(1, 2, ["4", "7"], {}) == {
        "CUDA_VISIBLE_DEVICES": "7"
    }
    assert devices.of_worker(2, 3, ["4", "7"], {}) == {
        "CUDA_VISIBLE_DEVICES": "4",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }


def test_a_single_worker_has_the_whole_cpu():
    assert devices.of_worker(0, 1, [], {}) == {}


def test_more_workers_than_cores_have_a_thread_each(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 8})
    told = devices.of_worker(0, 3, [], {"OMP_NUM_THREADS": "2"})
    assert told == {
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
