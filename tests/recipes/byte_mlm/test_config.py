import re

from keras_perceiver import from_preset
from keras_perceiver.data import text_mixture
from recipes import byte_mlm
from recipes.byte_mlm.config import CONFIGURATIONS
from recipes.settings import resolved
from tests.random_values import without_values


def parameters(model):
    with without_values():
        built = from_preset(model.preset, **model.overrides)
    return built.count_params()


def test_paper_is_the_published_run():
    """Section F.3 and table 12, and the model of table 11."""
    paper = CONFIGURATIONS["paper"]
    assert paper.model.preset == "language_bytes"
    assert paper.model.overrides == {}
    assert resolved(paper.model)["max_length"] == 2048
    assert parameters(paper.model) == 201_108_230
    assert text_mixture.parse(paper.data.source) == [
        ("tfds:c4/en", 0.7),
        ("tfds:wikipedia/20230601.en", 0.3),
    ]
    assert paper.data.masking_probability == 0.15
    # What helps a small model to begin is no part of it.
    assert not paper.start.local
    assert paper.start.share == 0
    assert paper.optimizer.learning_rate == 1.25e-3
    assert paper.optimizer.warmup_steps == 1_000
    assert paper.optimizer.weight_decay == 0.01
    assert paper.optimizer.gradient_clip is None
    assert paper.training.steps == 500_000
    assert paper.training.batch_size == 2_048


def test_base_is_between_the_others():
    sizes = {
        name: parameters(configuration.model)
        for name, configuration in CONFIGURATIONS.items()
    }
    assert sizes["tiny"] < sizes["base"] < sizes["paper"]
    # About a quarter of the published one, as the comment above it says.
    assert 0.15 < sizes["base"] / sizes["paper"] < 0.35


def test_tiny_reads_documentation_in_minutes():
    tiny = CONFIGURATIONS["tiny"]
    assert tiny.data.source == "pydoc"
    assert tiny.training.steps * tiny.training.batch_size <= 200_000
    # Long enough for a sentence, and for the example of `--help`.
    assert resolved(tiny.model)["max_length"] >= 64


def test_the_docstring_names_the_published_numbers():
    paper = CONFIGURATIONS["paper"]
    numbers = re.findall(r"\d[\d,]*", byte_mlm.__doc__)
    for number in (paper.training.steps, paper.training.batch_size, 2_048):
        assert f"{number:,}" in numbers
