"""AdamW in one operation for each variable."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.training.fused_adamw import FusedAdamW
from tests.float64_reference import assert_near
from tests.layer_checks import random_array

STEPS = 5
RATE, DECAY, BETAS, EPSILON = 0.03, 0.2, (0.8, 0.95), 1e-4


def optimizer(**changed):
    beta_1, beta_2 = BETAS
    arguments = {
        "weight_decay": DECAY,
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": EPSILON,
    }
    return FusedAdamW(RATE, **{**arguments, **changed})


def stepped(optimizer, compiled=None):
    """The variable after all steps, and the optimiser."""
    variable = keras.Variable(random_array(4, 3), name="kernel")
    optimizer.build([variable])
    apply = optimizer.apply
    if compiled is not None:
        apply = tf.function(apply, jit_compile=compiled)
    for gradient in random_array(STEPS, 4, 3, seed=1):
        apply([tf.constant(gradient)])
    return variable.numpy()


def expected(decay=DECAY):
    """Loshchilov and Hutter (2019), with Keras's place of epsilon."""
    weights = random_array(4, 3).astype("float64")
    mean, square = np.zeros((2, 4, 3))
    beta_1, beta_2 = BETAS
    gradients = random_array(STEPS, 4, 3, seed=1).astype("float64")
    for step, gradient in enumerate(gradients, 1):
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        rate = RATE * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        weights = weights - RATE * decay * weights
        weights = weights - rate * mean / (np.sqrt(square) + EPSILON)
    return weights


@pytest.mark.parametrize("compiled", [None, False, True])
def test_steps_are_those_of_the_formula(compiled):
    assert_near(stepped(optimizer(), compiled), expected(), 1e-6)


def test_steps_are_keras_s_own():
    ours = optimizer()
    beta_1, beta_2 = BETAS
    theirs = keras.optimizers.AdamW(
        RATE, DECAY, beta_1=beta_1, beta_2=beta_2, epsilon=EPSILON
    )
    assert_near(stepped(ours), stepped(theirs), 1e-6)
    moments = zip(ours.variables, theirs.variables, strict=True)
    for moment, their_moment in moments:
        assert_near(moment.numpy(), their_moment.numpy(), 1e-6)


def test_what_is_left_out_is_not_decayed():
    left_out = optimizer()
    left_out.exclude_from_weight_decay(var_names=["kernel"])
    assert_near(stepped(left_out), expected(decay=0.0), 1e-6)


def test_weights_are_read_for_their_decay_once_a_gradient_is_there():
    variable = keras.Variable(random_array(4, 3), name="kernel")
    ours = optimizer()
    ours.build([variable])
    given = tf.TensorSpec((4, 3))
    apply = tf.function(lambda x: ours.apply([tf.square(x)]))
    operations = apply.get_concrete_function(given).graph.get_operations()
    (decay,) = (o for o in operations if o.type == "AssignSubVariableOp")
    read = decay
    while read.type != "ReadVariableOp":
        (read,) = (i.op for i in read.inputs if i.shape == (4, 3))
    assert "Square" in {operation.type for operation in all_before(read)}


def all_before(operation):
    """All operations of the graph that one waits for."""
    found, left = set(), [operation]
    while left:
        waits_for = left.pop()
        found.add(waits_for)
        inputs = [tensor.op for tensor in waits_for.inputs]
        left.extend({*inputs, *waits_for.control_inputs} - found)
    return found


def test_rows_that_were_not_read_have_a_gradient_of_zero():
    def table_after(optimizer, as_given):
        table = keras.Variable(random_array(6, 3), name="table")
        optimizer.build([table])
        for rows in ([0, 2, 2], [1, 2, 5]):
            values = tf.constant(random_array(3, 3, seed=2))
            slices = tf.IndexedSlices(values, rows, (6, 3))
            optimizer.apply([as_given(slices)])
        return table.numpy()

    # Keras's own squares the parts of a row that was read twice one by one.
    theirs = keras.optimizers.AdamW(RATE, DECAY, epsilon=EPSILON)
    ours = FusedAdamW(RATE, DECAY, epsilon=EPSILON)
    dense = table_after(theirs, tf.convert_to_tensor)
    assert_near(table_after(ours, lambda slices: slices), dense, 1e-6)


def test_variables_of_a_strategy_take_the_same_steps():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        variable = keras.Variable(random_array(4, 3), name="kernel")
        ours = optimizer()
        ours.build([variable])

    @tf.function(autograph=False)
    def step(gradient):
        # Only what a replica computes is its own, to be summed.
        strategy.run(lambda: ours.apply([1.0 * gradient]))

    for gradient in random_array(STEPS, 4, 3, seed=1):
        step(tf.constant(gradient))
    (copy,) = variable.value.values
    assert_near(copy.numpy(), expected(), 1e-6)


def test_it_is_saved_with_a_model_and_has_no_amsgrad():
    config = keras.optimizers.serialize(optimizer())
    again = keras.optimizers.deserialize(config)
    assert type(again) is FusedAdamW
    assert again.get_config() == optimizer().get_config()
    with pytest.raises(ValueError, match=r"keras\.optimizers\.AdamW"):
        optimizer(amsgrad=True)
