from recipes import optical_flow
from recipes.optical_flow.config import CONFIGURATIONS
from recipes.settings import resolved


def test_paper_is_the_published_run():
    """Section 4.2 and appendix H."""
    paper = CONFIGURATIONS["paper"]
    assert paper.model.preset == "optical_flow"
    assert paper.model.overrides == {}
    assert paper.training.batch_size == 512
    assert paper.training.steps == 400_000 * 480 // 512
    assert paper.optimizer.learning_rate == 4e-4
    assert paper.optimizer.warmup_steps == paper.optimizer.flat_steps == 0
    # All pairs forward and reversed at first, then growing augmentation.
    assert paper.curriculum.first_pairs is None
    assert 0 < paper.curriculum.first_steps < paper.training.steps / 5
    assert paper.curriculum.augmentation == 1
    assert paper.curriculum.augmentation_steps > 0


def test_flow_is_in_pixels_for_all_configurations():
    """The decoder's 100 and the targets' 20 make 0.2."""
    for configuration in CONFIGURATIONS.values():
        assert resolved(configuration.model)["flow_scale"] == 0.2


def test_the_recipe_says_what_it_is_compared_with():
    for figure in ("1.81", "2.42", "4.98"):
        assert figure in optical_flow.__doc__
