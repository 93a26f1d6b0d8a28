"""The estimate that a search keeps to, against what processes take."""

import pytest

from benchmarks import peak_memory
from keras_perceiver.cost import cost


def test_the_peak_is_activations_and_all_that_belongs_to_weights():
    told = cost("language_bytes", batch=2, num_self_attends_per_block=2)
    weights = 4 * told.parameters
    assert told.peak_training_bytes == told.training_bytes + 4 * weights
    # A batch makes activations and nothing else.
    single = cost("language_bytes", num_self_attends_per_block=2)
    assert told.peak_training_bytes < 2 * single.peak_training_bytes


def test_twenty_shapes_differ_in_all_that_a_search_chooses():
    assert len(peak_memory.SHAPES) == 20
    changed = {name for _, _, changes in peak_memory.SHAPES for name in changes}
    assert changed >= {
        "num_latents",
        "latent_dim",
        "num_blocks",
        "num_self_attends_per_block",
        "num_self_attention_heads",
        "qk_channels",
        "v_channels",
    }


@pytest.mark.large
@pytest.mark.parametrize(
    ("preset", "batch", "changes"),
    peak_memory.SHAPES,
    ids=[str(number) for number in range(20)],
)
def test_the_estimate_is_within_a_quarter(preset, batch, changes):
    told, measured = peak_memory.told_and_measured(preset, batch, changes)
    assert 0.75 < told / measured < 1.25
