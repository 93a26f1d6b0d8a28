"""What TensorFlow has to be told, and other backends do by themselves."""

import keras
from keras import ops


def wait_for(x, other):
    """`x`, from which nothing is computed before `other` is there.

    TensorFlow computes whatever it can as early as it can: all projections
    of the decoder's queries while the encoder runs, for which they wait.
    """
    if keras.backend.backend() != "tensorflow":
        return x
    import tensorflow as tf

    with tf.control_dependencies([other]):
        return tf.identity(x)


def as_tensor(x):
    """A tensor of what may be a variable.

    TensorFlow's own gradients take no variables.
    """
    if keras.backend.backend() != "tensorflow":
        return ops.convert_to_tensor(x)
    import tensorflow as tf

    return tf.convert_to_tensor(x)


def times_transposed(x, y):
    """`x` times the transpose of the matrix `y`, which is not made."""
    if keras.backend.backend() != "tensorflow":
        return ops.matmul(x, ops.transpose(y))
    import tensorflow as tf

    return tf.matmul(*map(as_tensor, (x, y)), transpose_b=True)


def loop(number, body, shape, dtype, *sums):
    """Runs `body(i, *sums)` for each `i` below `number`, in turn.

    Args:
        number: how often, at least once; a number or an int32 tensor.
        body: returns a chunk and the new sums.
        shape: that of a chunk; lengths may be tensors.
        dtype: that of a chunk.
        *sums: tensors to start with.

    Returns:
        All chunks, stacked in front, and the last sums.
    """
    if keras.backend.backend() == "tensorflow":
        return _tensorflow_loop(number, body, shape, dtype, sums)

    def step(i, chunks, *sums):
        chunk, *sums = body(i, *sums)
        start = (i, *(0 for _ in shape))
        return (i + 1, ops.slice_update(chunks, start, chunk[None]), *sums)

    chunks = ops.zeros((number, *shape), dtype)
    state = (ops.zeros((), "int32"), chunks, *sums)
    return ops.while_loop(lambda i, *_: i < number, step, state)[1:]


def _tensorflow_loop(number, body, shape, dtype, sums):
    import tensorflow as tf

    def step(i, chunks, *sums):
        chunk, *sums = body(i, *sums)
        return (i + 1, chunks.write(i, chunk), *sums)

    # Updating slices of one tensor would copy all of it for every chunk.
    chunks = tf.TensorArray(
        keras.backend.standardize_dtype(dtype),
        number,
        element_shape=[n if isinstance(n, int) else None for n in shape],
    )
    _, chunks, *sums = tf.while_loop(
        lambda i, *_: i < number,
        step,
        (tf.constant(0), chunks, *sums),
        # By default ten chunks at a time, with the memory of all ten.
        parallel_iterations=1,
    )
    return chunks.stack(), *sums
