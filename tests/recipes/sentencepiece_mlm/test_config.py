import re

from keras_perceiver import from_preset
from keras_perceiver.data import text_mixture
from recipes import sentencepiece_mlm
from recipes.sentencepiece_mlm.config import CONFIGURATIONS
from recipes.settings import resolved
from tests.random_values import without_values


def parameters(model):
    with without_values():
        built = from_preset(model.preset, **model.overrides)
    return built.count_params()


def test_paper_is_the_published_run():
    """Section F.3 and table 12, and the model of tables 1 and 11."""
    paper = CONFIGURATIONS["paper"]
    assert paper.model.preset == "language_sentencepiece"
    assert paper.model.overrides == {}
    assert resolved(paper.model)["max_length"] == 512
    assert resolved(paper.model)["vocabulary_size"] == 32_000
    assert parameters(paper.model) == 223_155_456
    assert text_mixture.parse(paper.data.source) == [
        ("tfds:c4/en", 0.7),
        ("tfds:wikipedia/20230601.en", 0.3),
    ]
    assert paper.data.masking_probability == 0.15
    assert not paper.start.local
    assert paper.start.share == 0
    assert paper.optimizer.learning_rate == 1.25e-3
    assert paper.optimizer.warmup_steps == 1_000
    assert paper.optimizer.weight_decay == 0.01
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


def test_the_docstring_names_the_published_numbers():
    paper = CONFIGURATIONS["paper"]
    numbers = re.findall(r"\d[\d,]*\d", sentencepiece_mlm.__doc__)
    for number in (paper.training.steps, paper.training.batch_size, 32_000):
        assert f"{number:,}" in numbers
