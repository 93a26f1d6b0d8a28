"""From a text to the logits of several tasks, a head for each."""

import keras
from keras import ops

from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.heads import classifier
from keras_perceiver.models.token_inputs import embedded_text


def task_classifier(
    name,
    read,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    task_outputs,
    num_decoder_heads,
    decoder_qk_channels,
    decoder_v_channels,
    decoder_query_residual,
    embedding_stddev,
    position_stddev,
    gelu_approximate,
    dtype,
    **encoder,
):
    """Perceiver IO for several tasks on one text.

    Args:
        name: what the model is called.
        read: from a text `(B, M, C)` and its mask `(B, M)`, True where a
            token is valid, to tokens that latents read, their mask, and
            queries: a function from any tensor of the graph to `(1, T, E)`,
            a row for each task, or to one row for all of them.

    The other arguments are those of `text_classifier`.

    Returns:
        A functional model to a dictionary of logits by task, with the views
        of `heads.classifier`.

    Raises:
        ValueError: if there is no task, or two have one name.
    """
    check_tasks(task_outputs)
    inputs, text = embedded_text(
        vocabulary_size,
        max_length,
        embedding_dim,
        embedding_stddev=embedding_stddev,
        position_stddev=position_stddev,
        dtype=dtype,
    )  # (B, M, C)
    tokens, padding_mask, queries = read(text, inputs["padding_mask"])
    latents = encode(
        tokens,
        padding_mask,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )  # (B, N, D)
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    heads = {
        task: _head(task, embedding_dim, outputs, dtype)
        for task, outputs in task_outputs
    }

    def logits_of(latents):
        outputs = write(queries(latents), latents)  # (B, O, E)
        return {
            # One row is that of every task.
            task: head(outputs[:, i % outputs.shape[1]])
            for i, (task, head) in enumerate(heads.items())
        }

    return classifier(name, inputs, latents, logits_of)


def learned_rows(task_outputs, channels, kind, dtype):
    """Makes a learned row for each task, which goes by the task's name.

    Args:
        task_outputs: pairs of a task's name and its number of logits.
        channels: width of a row.
        kind: what a row is called behind the task's name, such as `query`.
        dtype: dtype policy of the rows.

    Returns:
        A function from any tensor of the graph to `(1, T, channels)`.
    """
    rows = [
        LearnedArray(1, channels, name=f"{task}_{kind}", dtype=dtype)
        for task, _ in task_outputs
    ]
    return lambda tensor: ops.concatenate([row(tensor) for row in rows], axis=1)


def _head(name, hidden_dim, num_outputs, dtype):
    """Two layers with tanh between them (appendix F.4)."""
    hidden = keras.layers.Dense(
        hidden_dim,
        activation="tanh",
        kernel_initializer=haiku_linear(),
        name=f"{name}_hidden",
        dtype=dtype,
    )
    logits = keras.layers.Dense(
        num_outputs,
        kernel_initializer=haiku_linear(),
        name=f"{name}_logits",
        dtype="float32",
    )
    return lambda row: logits(hidden(row))


def check_tasks(task_outputs):
    """Raises `ValueError` if there is no task, or two have one name."""
    names = [name for name, _ in task_outputs]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "task_outputs takes at least one pair of a name and a number of "
            "logits, and every name once. Received: "
            f"task_outputs={task_outputs}"
        )
