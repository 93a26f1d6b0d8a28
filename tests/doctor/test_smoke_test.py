import numpy as np
import pytest

from keras_perceiver.doctor import smoke_test


@pytest.fixture(scope="module")
def findings():
    return list(smoke_test.smoke_test())


def test_a_model_goes_through_all_of_it(findings):
    assert [one.name for one in findings] == [
        "forward pass",
        "train step",
        "export and check",
    ]
    assert {one.state for one in findings} == {"ok"}
    forward, step, export = (one.value for one in findings)
    assert "(2, 32, 262)" in forward
    # Untrained, it knows nothing of 262 ids.
    loss = float(step.split()[1].rstrip(","))
    assert abs(loss - np.log(262)) < 4
    assert int(export.split()[0]) >= 8


def test_what_fails_is_told_and_ends_it(monkeypatch):
    def fail(model):
        raise OSError("no room\nfor this")

    monkeypatch.setattr(smoke_test, "train_step", fail)
    forward, step = smoke_test.smoke_test()
    assert forward.state == "ok"
    assert step.state == "problem"
    assert step.value == "OSError: no room"
    assert "keras-perceiver doctor --json" in step.cure


class Model:
    """Its logits are not finite."""

    def predict_on_batch(self, inputs):
        return np.full((2, 32, 262), np.nan)


def test_an_answer_that_is_no_number_is_a_problem():
    found = smoke_test.attempt("forward pass", smoke_test.forward_pass, Model())
    assert found.state == "problem"
    assert found.value == "ValueError: The logits are not finite."
