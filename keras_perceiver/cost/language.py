"""What the models of text cost."""

from keras_perceiver.cost.blocks import read_and_write
from keras_perceiver.cost.blocks import self_attends


def language(
    trace,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    **others,
):
    """What `models.language` builds."""
    tokens = _embed(trace, vocabulary_size, max_length, embedding_dim)
    outputs = read_and_write(
        trace,
        tokens,
        lambda: trace.learned(max_length, embedding_dim),
        **others,
    )
    with trace.part("head"):
        logits = trace.float32(trace.product(outputs, vocabulary_size))
        trace.add_parameters(vocabulary_size)
        trace.output(trace.elementwise(logits))


def text_classifier(
    trace,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    task_outputs,
    **others,
):
    """What `models.text_classifier` builds."""
    text = _embed(trace, vocabulary_size, max_length, embedding_dim)
    outputs = read_and_write(
        trace,
        text,
        lambda: _learned_rows(trace, len(task_outputs), embedding_dim),
        **others,
    )
    _task_heads(trace, outputs, task_outputs)


def shared_token_classifier(
    trace,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    task_outputs,
    **others,
):
    """What `models.shared_token_classifier` builds."""
    text = _embed(trace, vocabulary_size, max_length, embedding_dim)
    with trace.part("preprocessing"):
        learned = trace.learned(1, text.channels)
    outputs = _read_with_tokens(trace, text, learned, **others)
    _task_heads(trace, outputs, task_outputs)


def task_token_classifier(
    trace,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    task_outputs,
    **others,
):
    """What `models.task_token_classifier` builds."""
    text = _embed(trace, vocabulary_size, max_length, embedding_dim)
    with trace.part("preprocessing"):
        learned = _learned_rows(trace, len(task_outputs), text.channels)
    outputs = _read_with_tokens(trace, text, learned, **others)
    _task_heads(trace, outputs, task_outputs)


def language_transformer(
    trace,
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    num_self_attends,
    num_self_attention_heads,
    qk_channels,
    v_channels,
    widening_factor,
    dropout,
    rematerialize,
):
    """What `models.language_transformer` builds."""
    tokens = _embed(trace, vocabulary_size, max_length, embedding_dim)
    with trace.part("processor"):
        tokens = self_attends(
            trace,
            tokens,
            num_layers=num_self_attends,
            rematerialize=rematerialize,
            num_heads=num_self_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=widening_factor,
            dropout=dropout,
        )
        tokens = trace.norm(tokens)
    with trace.part("head"):
        trace.output(trace.product(tokens, vocabulary_size))


def _read_with_tokens(trace, text, learned, **others):
    """Learned tokens in front of a text, which then query the latents."""
    with trace.part("preprocessing"):
        rows = trace.elementwise(learned, batch=trace.batch)
        tokens = trace.concatenate_rows(rows, text)
    return read_and_write(trace, tokens, lambda: learned, **others)


def _learned_rows(trace, number, channels):
    """A learned array for each row."""
    # Folding knows arrays, and none that are joined.
    return trace.as_it_is(trace.learned(number, channels))


def _task_heads(trace, outputs, task_outputs):
    """Two layers for each task."""
    with trace.part("head"):
        for _, num_outputs in task_outputs:
            row = trace.some_rows(outputs, 1)
            hidden = trace.elementwise(trace.linear(row, outputs.channels))
            trace.output(trace.linear(trace.float32(hidden), num_outputs))


def _embed(trace, vocabulary_size, max_length, embedding_dim):
    """Token embeddings, which the head takes too, plus learned positions."""
    with trace.part("preprocessing"):
        trace.add_parameters(vocabulary_size * embedding_dim)
        token_ids = trace.given(max_length, 1)
        embedded = trace.operation([token_ids], max_length, embedding_dim)
        return trace.add(embedded, trace.learned(max_length, embedding_dim))
