"""The published model takes one training step; needs memory and minutes."""

import numpy as np
import pytest

from recipes import building
from recipes.assignments import assign
from recipes.kinetics import RECIPE
from tests.data.media import video_files


@pytest.mark.large
@pytest.mark.parametrize(
    "preset",
    [
        "kinetics_autoencoder",
        "kinetics_autoencoder_392",
        "kinetics_autoencoder_196",
    ],
)
def test_a_step_of_published_size(preset, tmp_path):
    for number in range(2):
        path = tmp_path / f"{number}.mp4"
        video_files.numbered(path, 40, rate=25, audio=video_files.tone(1.6))
    configuration = assign(
        RECIPE.configuration("paper"),
        [
            ("model.preset", preset),
            ("data", str(tmp_path)),
            ("data.records", str(tmp_path / "records")),
            ("data.heldout-share", "0.4"),
            ("training.batch-size", "1"),
            ("training.precision", "float32"),
            ("training.jit-compile", "false"),
        ],
    )
    data = RECIPE.open_data(configuration)
    data.prepare()
    data.check()
    model = building.build_model(configuration)
    training_model = building.compile_model(RECIPE, configuration, model)
    inputs, targets, weights = next(iter(data.training_dataset(0)))
    assert inputs["video"].shape == (1, 16, 224, 224, 3)
    assert inputs["audio"].shape == (1, 30_720)
    assert targets["video"].shape == (1, 512, 3)
    assert targets["audio"].shape == (1, 512, 16)
    # The published classes, of which these videos have none.
    assert targets["label"].shape == (1, 700)
    before = model.get_layer("latents").array.numpy()
    logs = [
        training_model.train_on_batch(
            inputs, targets, sample_weight=weights, return_dict=True
        )
        for _ in range(2)
    ]
    assert np.isfinite([log["loss"] for log in logs]).all()
    assert np.any(model.get_layer("latents").array.numpy() != before)
