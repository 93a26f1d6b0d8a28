"""Layers that are computed once more for the backward pass."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.layers import SelfAttention
from keras_perceiver.layers import attention_memory
from tests.float64_reference import assert_near
from tests.random_values import named_weights
from tests.random_values import random_array
from tests.random_values import randomize

LATENTS = random_array(2, 5, 8)
MASK = np.array([[1, 1, 0, 1, 1], [0, 0, 0, 0, 1]], "bool")
RATES = {"dropout": 0.3, "attention_dropout": 0.4}


def layer_of(rematerialize, **settings):
    """Layers with the same weights, and the same to drop."""
    keras.utils.set_random_seed(4)
    layer = SelfAttention(2, rematerialize=rematerialize, **settings)
    layer.build(LATENTS.shape)
    randomize(layer)
    return layer


def step(layer, mask, compiled):
    """One training step: the output and all gradients, by name."""
    weights = named_weights(layer)

    @tf.function(jit_compile=compiled)
    def compute(latents):
        with tf.GradientTape() as tape:
            tape.watch(latents)
            output = layer(latents, latent_mask=mask, training=True)
            loss = tf.reduce_sum(output**2)
        targets = {path: weight.value for path, weight in weights.items()}
        return output, tape.gradient(loss, {**targets, "latents": latents})

    return compute(tf.constant(LATENTS)), compute.get_concrete_function(
        tf.constant(LATENTS)
    )


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("rates", "mask"), [({}, None), (RATES, MASK)], ids=["plain", "all_of_it"]
)
@pytest.mark.parametrize("memory", [1, float("inf")], ids=["chunks", "plain"])
def test_the_numbers_are_the_same(rates, mask, compiled, memory):
    with attention_memory(memory):
        kept, _ = step(layer_of(False, **rates), mask, compiled)
        remade, _ = step(layer_of(True, **rates), mask, compiled)
    assert_near(remade[0], np.array(kept[0]), 1e-6)
    assert set(remade[1]) == set(kept[1])
    for name, gradient in kept[1].items():
        if not name.endswith("key/bias"):
            assert_near(remade[1][name], np.array(gradient), 1e-5)


def test_what_is_dropped_matters():
    """Else the test above would not see another draw."""
    layer = layer_of(True, **RATES)
    first, second = (step(layer, None, False)[0][0] for _ in range(2))
    assert np.abs(first - second).max() > 0.1


def test_the_layer_is_computed_once_more():
    def num_softmaxes(rematerialize):
        _, graph = step(layer_of(rematerialize), None, False)
        functions = graph.graph.as_graph_def().library.function
        nodes = [graph.graph.as_graph_def().node]
        nodes += [function.node_def for function in functions]
        return sum(node.op == "Softmax" for some in nodes for node in some)

    assert num_softmaxes(True) > num_softmaxes(False)


def test_inference_and_files_know_nothing_of_it(tmp_path):
    layer = layer_of(True)
    assert_near(layer(LATENTS), np.array(layer_of(False)(LATENTS)), 1e-6)
    copy = SelfAttention.from_config(layer.get_config())
    assert copy.rematerialize is True
