"""AdamW in one compiled function for each variable."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.training.fused_adamw import FusedAdamW
from tests.float64_reference import assert_near
from tests.random_values import random_array
from tests.training import two_devices

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


def test_steps_go_on_when_the_first_variables_of_their_shape_are_gone():
    def loss_of_a_new_model():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        model.compile(FusedAdamW(), "mse")
        return model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))

    loss_of_a_new_model()
    gc.collect()
    assert np.isfinite(loss_of_a_new_model())


def test_what_is_left_out_is_not_decayed():
    left_out = optimizer()
    left_out.exclude_from_weight_decay(var_names=["kernel"])
    assert_near(stepped(left_out), expected(decay=0.0), 1e-6)


def test_a_variable_waits_for_its_own_gradient_alone():
    calls = update_calls(lambda x: [tf.square(x), tf.sin(x)])
    waits_for = [
        {operation.type for operation in all_before(call)} & {"Square", "Sin"}
        for call in calls
    ]
    assert waits_for == [{"Square"}, {"Sin"}]


def test_gradients_in_bfloat16_are_cast_by_the_update():
    calls = update_calls(
        lambda x: [tf.cast(tf.cast(x, "bfloat16"), "float32"), x]
    )
    taken = [call.inputs[3].dtype.name for call in calls]
    assert taken == ["bfloat16", "float32"]


def update_calls(gradients_of):
    """The operations that update two variables by gradients of one input."""
    variables = [keras.Variable(random_array(4, 3)) for _ in range(2)]
    ours = optimizer()
    ours.build(variables)
    update = tf.function(lambda x: ours.apply(gradients_of(x)))
    graph = update.get_concrete_function(tf.TensorSpec((4, 3))).graph
    return [
        operation
        for operation in graph.get_operations()
        if operation.type.endswith("PartitionedCall")
    ]


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


ON_TWO_DEVICES = """
import json

import keras
import tensorflow as tf

from tests.random_values import random_array
from tests.training.test_fused_adamw import STEPS
from tests.training.test_fused_adamw import optimizer

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    variable = keras.Variable(random_array(4, 3), name="kernel")
    ours = optimizer()
    ours.build([variable])


@tf.function(autograph=False, jit_compile=False)
def step(gradient):
    def replica():
        # A third from one and two thirds from the other.
        index = tf.distribute.get_replica_context().replica_id_in_sync_group
        ours.apply([gradient * (tf.cast(index, "float32") + 1) / 3])

    strategy.run(replica)


for gradient in random_array(STEPS, 4, 3, seed=1):
    step(tf.constant(gradient))
copies = [copy.numpy().tolist() for copy in variable.value.values]
print(json.dumps(copies))
"""


def test_replicas_take_the_steps_of_the_sum_of_their_gradients():
    copies = two_devices.run(ON_TWO_DEVICES)
    assert len(copies) == 2
    for copy in copies:
        assert_near(np.array(copy), expected(), 1e-6)


def test_it_is_saved_with_a_model_and_has_no_amsgrad():
    config = keras.optimizers.serialize(optimizer())
    again = keras.optimizers.deserialize(config)
    assert type(again) is FusedAdamW
    assert again.get_config() == optimizer().get_config()
    with pytest.raises(ValueError, match=r"keras\.optimizers\.AdamW"):
        optimizer(amsgrad=True)
