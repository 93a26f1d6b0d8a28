"""Attention in chunks of queries: the plain form's numbers, in less memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import attention_memory
from keras_perceiver.layers import get_attention_memory
from keras_perceiver.layers import kernels
from keras_perceiver.layers import set_attention_memory
from keras_perceiver.layers.kernels.query_chunks import even_size
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.random_values import random_array

QUERY = random_array(2, 2, 7, 4)
KEY, VALUE = random_array(2, 2, 5, 4), random_array(2, 2, 5, 6)
MASK = np.random.default_rng(3).random((2, 1, 7, 5)) < 0.6
MASK[0, :, 1] = False
# Three queries at a time: 2 examples, 2 heads, 5 inputs, 4 bytes.
THREE_QUERIES = 3 * 2 * 2 * 5 * 4
WHOLE = float("inf")

MASKS = pytest.mark.parametrize(
    "mask",
    [None, MASK, MASK[:, :, :1], MASK[..., :1], MASK[:1]],
    ids=["none", "all", "inputs", "queries", "one_batch"],
)


def gradients(arrays, mask=None, dropout=None, dtype="float32"):
    """The answer, and the gradients of query, key and value."""
    tensors = [tf.cast(array, dtype) for array in arrays]
    upstream = tf.cast(random_array(2, 2, 7, 6, seed=5), dtype)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        answer = kernels.attend(*tensors, mask, dropout)
        loss = tf.reduce_sum(answer * upstream)
    return [answer, *tape.gradient(loss, tensors)]


@MASKS
@pytest.mark.parametrize("query_batch", [1, 2])
@pytest.mark.parametrize("num_bytes", [1, THREE_QUERIES, 2 * THREE_QUERIES])
def test_answers_and_gradients_are_those_of_the_plain_form(
    num_bytes, query_batch, mask
):
    arrays = QUERY[:query_batch], KEY, VALUE
    with attention_memory(WHOLE):
        expected = gradients(arrays, mask)
    with attention_memory(num_bytes):
        found = gradients(arrays, mask)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert_near(one, other, 1e-6)
    reference = float64_reference.attend(
        *arrays, None if mask is None else mask[:, 0]
    )
    assert_near(found[0], reference, 2e-6)


@MASKS
@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_graphs_of_unknown_sizes(jit_compile, mask):
    arrays = QUERY, KEY, VALUE
    free = [tf.TensorSpec((None, 2, None, array.shape[-1])) for array in arrays]

    @tf.function(input_signature=free, jit_compile=jit_compile)
    def compiled(*tensors):
        return gradients(tensors, mask)

    with attention_memory(WHOLE):
        expected = gradients(arrays, mask)
    with attention_memory(THREE_QUERIES):
        found = compiled(*arrays)
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-6)


def test_no_examples_and_no_queries_give_none():
    free = [
        tf.TensorSpec((None, 2, None, array.shape[-1]))
        for array in (QUERY, KEY, VALUE)
    ]
    attend = tf.function(kernels.attend, input_signature=free)
    with attention_memory(1):
        assert kernels.attend(QUERY[:, :, :0], KEY, VALUE).shape[2] == 0
        assert attend(QUERY[:, :, :0], KEY, VALUE).shape == (2, 2, 0, 6)
        assert attend(QUERY[:0], KEY[:0], VALUE[:0]).shape == (0, 2, 7, 6)


def test_what_is_dropped_stays_dropped_on_the_way_back():
    """Against differences: the backward pass draws the same numbers again."""
    arrays = [array.astype("float64") for array in (QUERY, KEY, VALUE)]
    dropout = kernels.Dropout(0.4, tf.constant([3, 4], "int32"))
    upstream = random_array(2, 2, 7, 6, seed=5)
    rng = np.random.default_rng(1)
    with attention_memory(2 * THREE_QUERIES):  # In float64: three.
        found = gradients(arrays, dropout=dropout, dtype="float64")
        for i, gradient in enumerate(found[1:]):
            direction = rng.normal(size=arrays[i].shape)
            moved = []
            for step in (1e-5, -1e-5):
                near = list(arrays)
                near[i] = arrays[i] + step * direction
                answer = kernels.attend(*near, dropout=dropout)
                moved.append(np.sum(answer * upstream))
            slope = (moved[0] - moved[1]) / 2e-5
            assert slope == pytest.approx(np.sum(gradient * direction), 1e-6)


def test_chunks_drop_independently_and_at_the_rate():
    ones = np.ones((1, 1, 4000, 4), "float32")
    dropout = kernels.Dropout(0.25, tf.constant([3, 4], "int32"))
    with attention_memory(1000 * 4 * 4):
        # Equal scores: an answer says how many of four weights were kept.
        kept = np.array(
            kernels.attend(
                ones, ones[:, :, :4], ones[:, :, :4], dropout=dropout
            )
        )[0, 0, :, 0]
    assert kept.mean() == pytest.approx(1, abs=0.02)
    parts = kept.reshape(4, 1000)
    for i in range(1, 4):
        assert (parts[0] != parts[i]).mean() > 0.5


def test_sums_over_many_chunks_keep_half_precision():
    rng = np.random.default_rng(0)
    query = rng.normal(size=(1, 1, 2048, 8))
    key, value = rng.normal(size=(2, 1, 1, 16, 8))

    def value_gradient(dtype, num_bytes):
        tensors = [tf.cast(array, dtype) for array in (query, key, value)]
        with attention_memory(num_bytes), tf.GradientTape() as tape:
            tape.watch(tensors)
            answer = kernels.attend(*tensors)
        return tf.cast(tape.gradient(answer, tensors)[2], "float64")

    exact = value_gradient("float64", WHOLE)
    # Eight queries a chunk: 256 of them.
    assert_near(value_gradient("bfloat16", 8 * 16 * 2), exact, 8e-3)


def test_a_layer_trains_alike_in_fit():
    inputs = random_array(4, 6, 5)
    queries = random_array(4, 7, 4, seed=2)
    targets = random_array(4, 7, 4, seed=3)
    losses = []
    for num_bytes in (WHOLE, 2 * 6 * 4):
        keras.utils.set_random_seed(1)
        given = keras.Input((7, 4)), keras.Input((6, 5))
        model = keras.Model(given, CrossAttention(5)(*given))
        model.compile("adam", "mse", jit_compile=False)
        with attention_memory(num_bytes):
            history = model.fit(
                (queries, inputs), targets, epochs=5, batch_size=2, verbose=0
            )
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)


def test_the_memory_is_set_and_set_back():
    before = get_attention_memory()
    with attention_memory(10):
        assert get_attention_memory() == 10
    assert get_attention_memory() == before
    with pytest.raises(tf.errors.InvalidArgumentError), attention_memory(10):
        tf.ensure_shape(tf.zeros(2), (3,))
    assert get_attention_memory() == before
    for wrong in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=f"positive.*{wrong}"):
            set_attention_memory(wrong)
    assert get_attention_memory() == before


@pytest.mark.parametrize(
    ("num_queries", "largest", "size"),
    [(12, 12, 12), (12, 5, 4), (7, 6, 6), (182_528, 183, 128), (1, 9, 1)],
)
def test_chunks_are_even_where_that_costs_little(num_queries, largest, size):
    assert even_size(num_queries, largest) == size


def test_waiting_changes_no_number():
    def answer(x, other):
        return 2 * kernels.wait_for(x, other)

    for function in (answer, tf.function(answer, jit_compile=True)):
        np.testing.assert_array_equal(function(QUERY, KEY), 2 * QUERY)


def test_the_way_back_waits_for_what_comes_back():
    """Else the first chunk of every layer is computed, and held, at once."""

    @tf.function(autograph=False)
    def compute(query, key, value):
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            with attention_memory(THREE_QUERIES):
                answer = kernels.attend(query, key, value)
        return tape.gradient(answer, (query, key, value))

    graph = compute.get_concrete_function(
        QUERY, KEY, VALUE
    ).graph.as_graph_def()
    waiting = {
        node.name
        for node in graph.node
        if node.op == "Identity"
        and any(name.startswith("^") for name in node.input)
    }
    (*_, backward) = (node for node in graph.node if "While" in node.op)
    reads = {name.split(":")[0] for name in backward.input}
    # The queries are split first, keys and values go in as they are.
    assert len(waiting) == 3
    assert len(waiting & reads) == 2


def test_an_export_answers_in_chunks(tmp_path):
    """By core operations, and as without chunks."""
    layer = CrossAttention(num_heads=2, qk_channels=8, v_channels=6)
    queries, inputs = random_array(2, 7, 8), random_array(2, 5, 8, seed=1)
    wanted = np.array(layer(queries, inputs))
    archive = keras.export.ExportArchive()
    with attention_memory(THREE_QUERIES):
        archive.add_endpoint(
            "serve",
            lambda queries, inputs: {"rows": layer(queries, inputs)},
            input_signature=[
                tf.TensorSpec((None, 7, 8), name="queries"),
                tf.TensorSpec((None, 5, 8), name="inputs"),
            ],
        )
        options = tf.saved_model.SaveOptions(
            experimental_custom_gradients=False
        )
        archive.write_out(str(tmp_path), options=options, verbose=False)
    loaded = tf.saved_model.load(str(tmp_path))
    serve = loaded.signatures["serve"]
    answer = serve(queries=tf.constant(queries), inputs=tf.constant(inputs))
    assert_near(answer["rows"], wanted, 1e-6)
    found = _operations(tmp_path)
    assert {"While", "StatelessWhile"} & found
    assert not [name for name in found if name.startswith("Xla")]


def _operations(folder):
    model = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    graph = model.meta_graphs[0].graph_def
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}
