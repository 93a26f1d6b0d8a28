"""Presets as SavedModels that pass `check`, beyond those of `EVERY_TASK`."""

import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver import tasks
from keras_perceiver.serving import check
from keras_perceiver.serving.alone import run_alone
from keras_perceiver.serving.export import export
from tests.tiny_presets import TINY_PRESETS
from tests.tiny_presets import tiny_preset

# By the tasks of `tests/tiny_tasks.py`, and by `FillMask`.
TESTED_BY_TASK = {
    "audioset_mel",
    "audioset_raw",
    "imagenet_fourier",
    "kinetics_autoencoder",
    "language_bytes",
    "language_bytes_glue",
    "modelnet40_perceiver",
    "optical_flow",
    "starcraft_entities",
}
# Presets that are built as another one, with other numbers.
BUILT_AS = {
    "bert_base": "bert_bytes",
    "imagenet_conv_jft": "imagenet_conv_mean_head",
    "imagenet_fourier_jft": "imagenet_fourier_mean_head",
    "kinetics_autoencoder_196": "kinetics_autoencoder",
    "kinetics_autoencoder_392": "kinetics_autoencoder",
    "language_bytes_plus_plus": "language_bytes",
    "language_sentencepiece": "language_bytes",
    "language_sentencepiece_glue": "language_bytes_glue",
    "optical_flow_conv_small": "optical_flow_conv",
    "optical_flow_pixels": "optical_flow",
}


def test_no_preset_is_forgotten():
    assert set(TINY_PRESETS) > TESTED_BY_TASK
    assert set(TINY_PRESETS) | set(BUILT_AS) == set(presets())


def untested():
    """All others, of which a convolution and a plain transformer always."""
    for name in sorted(set(TINY_PRESETS) - TESTED_BY_TASK):
        always = name in ("imagenet_conv", "starcraft_transformer")
        yield pytest.param(name, marks=() if always else pytest.mark.large)


@pytest.mark.parametrize("name", [*untested()])
def test_a_tiny_preset_passes(name, tmp_path, capsys):
    path = export(tasks.RunModel(tiny_preset(name)), tmp_path / name)
    assert check.main([path]) == 0, capsys.readouterr().err


@pytest.mark.large
@pytest.mark.parametrize("name", BUILT_AS)
def test_a_preset_built_as_another_passes(name, tmp_path, capsys):
    model = from_preset(name, **TINY_PRESETS[BUILT_AS[name]])
    path = export(tasks.RunModel(model), tmp_path / name)
    assert check.main([path]) == 0, capsys.readouterr().err


@pytest.mark.large
@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("language_bytes", tasks.FillMask),
        ("imagenet_fourier", tasks.ClassifyImage),
        ("imagenet_learned", tasks.ClassifyImage),
        ("imagenet_conv", tasks.ClassifyImage),
        ("optical_flow", tasks.EstimateFlow),
    ],
)
def test_a_published_size_passes(name, task, tmp_path):
    """As the command checks it: without Keras, and XLA disabled."""
    path = export(task(from_preset(name)), tmp_path / name)
    finished = run_alone("keras_perceiver.serving.check", path, capture=True)
    print(finished.stdout)
    assert finished.returncode == 0, finished.stderr
