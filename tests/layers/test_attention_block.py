"""What the cross-attend and the self-attend share."""

import numpy as np
import pytest

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import SelfAttention
from tests.random_values import named_weights
from tests.random_values import random_array
from tests.random_values import weight_values

BLOCKS = pytest.mark.parametrize(
    ("block_class", "inputs"),
    [
        (CrossAttention, (random_array(2, 3, 64), random_array(2, 5, 256))),
        (SelfAttention, (random_array(2, 3, 64),)),
    ],
    ids=["cross", "self"],
)


@BLOCKS
def test_every_norm_has_the_epsilon_of_the_reference(block_class, inputs):
    block = block_class(num_heads=2)
    block(*inputs)
    norms = [
        layer for layer in block._flatten_layers() if hasattr(layer, "epsilon")
    ]
    assert len(norms) == len(inputs) + 1
    assert {norm.epsilon for norm in norms} == {1e-5}


@BLOCKS
def test_starts_as_the_reference_does(block_class, inputs):
    block = block_class(num_heads=2, widening_factor=4)
    block(*inputs)
    for path, values in weight_values(block).items():
        if path.endswith("kernel"):
            # Of variance 1/fan_in after the cut, which is at 2.27 deviations.
            scaled = values * len(values) ** 0.5
            assert scaled.std() == pytest.approx(1, rel=0.05), path
            assert 2.1 < np.abs(scaled).max() < 2.28, path
        else:
            assert (values == path.endswith("gamma")).all(), path


@BLOCKS
def test_defaults_are_the_published_ones(block_class, inputs):
    block = block_class()
    assert block.num_heads == (1 if block_class is CrossAttention else 8)
    assert block.widening_factor == 1
    assert block.gelu_approximate is True
    assert block.dropout == block.attention_dropout == 0


@BLOCKS
@pytest.mark.parametrize("rate", ["dropout", "attention_dropout"])
def test_dropout_acts_in_training_only(block_class, inputs, rate):
    plain = block_class(num_heads=2)
    expected = plain(*inputs)
    block = block_class(num_heads=2, **{rate: 0.5})
    block(*inputs)
    for path, weight in named_weights(block).items():
        weight.assign(named_weights(plain)[path])
    np.testing.assert_array_equal(block(*inputs), expected)
    np.testing.assert_array_equal(block(*inputs, training=False), expected)
    dropped = np.array(block(*inputs, training=True))
    assert np.abs(dropped - expected).max() > 0.05
    assert np.abs(dropped - block(*inputs, training=True)).max() > 0.05


@BLOCKS
def test_dropout_covers_both_residual_updates(block_class, inputs):
    """With nearly all dropped, only the queries themselves are left."""
    block = block_class(num_heads=2, dropout=1 - 1e-7)
    output = block(*inputs, training=True)
    np.testing.assert_array_equal(output, inputs[0])


@BLOCKS
def test_widening_factor_widens_the_mlp_alone(block_class, inputs):
    block = block_class(num_heads=2, widening_factor=3)
    block(*inputs)
    shapes = {path: w.shape for path, w in weight_values(block).items()}
    assert shapes["mlp/hidden/kernel"] == (64, 192)
    assert shapes["mlp/output/kernel"] == (192, 64)
    assert shapes["attention/output/bias"] == (64,)
