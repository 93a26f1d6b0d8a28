"""The tutorial that adds a fourth modality: it runs, is short, and works."""

import keras
import numpy as np
import pytest

from tests import documentation

PAGE = "docs/your_own_modality.md"
ROWS = {"video": 4 * 8 * 8, "audio": 16, "sensor": 16, "label": 1}
WIDTHS = {"video": 3, "audio": 16, "sensor": 8, "label": 4}


@pytest.fixture(scope="module")
def names():
    """What the examples of the page define, run once with a fixed seed."""
    keras.utils.set_random_seed(0)
    return documentation.run(documentation.python_blocks(PAGE), PAGE)


def everything(names):
    """Inputs of unseen clips without the sensor, every output wanted."""
    indices = {
        f"{modality}_indices": np.tile(np.arange(ROWS[modality]), (32, 1))
        for modality in ("video", "audio", "sensor")
    }
    return {**names["unseen"], **indices}


def error_without_sensor(names, model):
    answer = np.array(model(everything(names))["sensor"])
    truth = names["data"]["sensor"][512:].reshape(answer.shape)
    return np.abs(answer - truth).mean()


def test_the_program_has_under_sixty_lines():
    program = documentation.python_blocks(PAGE)[0]
    assert len(program.splitlines()) < 60
    assert max(map(len, program.splitlines())) <= 80


def test_four_inputs_give_four_outputs(names):
    model = names["model"]
    assert set(model.input) == {*ROWS, *names["wanted"]}
    outputs = model(everything(names))
    shapes = {modality: rows.shape for modality, rows in outputs.items()}
    assert shapes == {
        modality: (32, ROWS[modality], WIDTHS[modality]) for modality in ROWS
    }
    assert all(np.isfinite(rows).all() for rows in outputs.values())


def test_training_lowers_every_loss(names):
    history = names["history"].history
    for loss in ("loss", *(f"{modality}_loss" for modality in ROWS)):
        assert history[loss][-1] < history[loss][0] / 2, loss


def test_a_sensor_that_is_not_given_is_filled_in(names):
    error = error_without_sensor(names, names["model"])
    before = keras.models.clone_model(names["model"])
    truth = names["data"]["sensor"][512:]
    # Nothing but the other modalities tells better than always guessing 0.
    assert error < np.abs(truth).mean() / 2
    assert error < error_without_sensor(names, before) / 2
    assert error == pytest.approx(np.abs(names["filled"] - truth).mean())


def test_chosen_outputs_are_those_rows_of_everything(names):
    expected = np.array(names["model"](everything(names))["sensor"])
    chosen = names["answer"]["sensor"]
    np.testing.assert_allclose(chosen, expected[:, [0, 8]], atol=1e-5)
    assert names["answer"]["video"].shape == (32, 0, 3)
