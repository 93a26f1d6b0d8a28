import os

from keras_perceiver.doctor import devices


def test_another_backend_is_told(monkeypatch):
    monkeypatch.setattr(devices.keras.backend, "backend", lambda: "jax")
    backend = next(devices.devices())
    assert backend.state == "note"
    assert "KERAS_BACKEND=tensorflow" in backend.cure


def test_a_gpu_that_tensorflow_does_not_see_is_told():
    assert devices.gpus(["A100", "A100"], True).value == "A100, A100"
    assert devices.gpus([], False).state == "ok"
    unseen = devices.gpus([], True)
    assert unseen.state == "note"
    assert "keras-perceiver[gpu]" in unseen.cure


def test_devices_and_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = {one.name: one.value for one in devices.devices()}
    count = len(os.sched_getaffinity(0))
    assert found["processors"].startswith(f"{count} usable")
    assert found["threads"].endswith("OMP_NUM_THREADS=3")
