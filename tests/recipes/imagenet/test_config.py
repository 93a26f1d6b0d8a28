from recipes import imagenet
from recipes.imagenet.config import CONFIGURATIONS
from recipes.settings import resolved


def test_paper_is_the_published_run():
    """Appendix A.1 and the published training code."""
    paper = CONFIGURATIONS["paper"]
    assert paper.model.preset == "imagenet_fourier"
    assert paper.model.overrides == {}
    assert paper.data.source == "tfds:imagenet2012"
    assert (paper.data.smallest_area, paper.data.largest_aspect) == (
        0.08,
        4 / 3,
    )
    assert paper.data.flip
    assert paper.data.rand_augment_layers == 4
    assert paper.data.rand_augment_magnitude == 5
    assert paper.data.mixup_alpha == 0.2
    assert paper.data.label_smoothing == 0.1
    assert paper.optimizer.learning_rate == 2e-3
    assert paper.optimizer.warmup_steps == 0
    assert paper.optimizer.flat_steps == 137_625 // 2
    assert paper.optimizer.weight_decay == 0.1
    assert paper.optimizer.gradient_clip == 10
    assert paper.training.steps == 137_625
    assert paper.training.batch_size == 1_024


def test_the_original_drops_its_rate_three_times():
    """Perceiver, section 4.1."""
    original = CONFIGURATIONS["original"]
    assert original.model.preset == "imagenet_perceiver"
    epochs = [
        step * original.training.batch_size / 1_281_167
        for step in (*original.optimizer.drop_steps, original.training.steps)
    ]
    assert [round(epoch) for epoch in epochs] == [84, 102, 114, 120]
    assert original.optimizer.learning_rate == 4e-3


def test_large_scale_pretraining_only_crops_and_flips():
    """Appendix A.2."""
    pretraining = CONFIGURATIONS["pretraining"]
    examples = pretraining.training.steps * pretraining.training.batch_size
    assert round(examples / 300e6, 1) == 14
    assert pretraining.training.batch_size == 8_192
    assert resolved(pretraining.model)["num_classes"] == 18_000
    assert pretraining.data.rand_augment_layers == 0
    assert pretraining.data.mixup_alpha is None
    assert pretraining.data.flip


def test_fine_tuning_takes_what_pretraining_leaves():
    tuning, pretraining = map(
        CONFIGURATIONS.get, ("fine_tuning", "pretraining")
    )
    assert tuning.training.steps == 131_000
    assert tuning.optimizer.flat_steps == 70_000
    assert tuning.optimizer.learning_rate == 2e-3
    settings = resolved(tuning.model), resolved(pretraining.model)
    different = {
        key for key in settings[0] if settings[0][key] != settings[1][key]
    }
    assert different == {"num_classes"}


def test_the_docstring_names_the_published_results():
    for number in ("79.0%", "82.1%", "72.7%", "78.0%", "84.5%", "86.4%", "110"):
        assert number in imagenet.__doc__
