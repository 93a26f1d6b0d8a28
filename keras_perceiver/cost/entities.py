"""What the encoders of sets of entities cost."""

from keras_perceiver.cost.blocks import read_and_write
from keras_perceiver.cost.blocks import self_attends


def entity_encoder(
    trace,
    *,
    num_entities,
    entity_dim,
    query_dim,
    embedding_dim,
    pointer_channels,
    **others,
):
    """What `models.entity_encoder` builds."""
    rows = _valid_entities(trace, num_entities, entity_dim)
    outputs = read_and_write(
        trace, rows, lambda: trace.linear(rows, query_dim), **others
    )
    _heads(trace, outputs, embedding_dim, pointer_channels)


def entity_transformer(
    trace,
    *,
    num_entities,
    entity_dim,
    num_self_attends,
    num_self_attention_heads,
    embedding_dim,
    pointer_channels,
    qk_channels,
    v_channels,
    widening_factor,
    dropout,
    rematerialize,
):
    """What `models.entity_transformer` builds."""
    rows = _valid_entities(trace, num_entities, entity_dim)
    with trace.part("processor"):
        rows = self_attends(
            trace,
            rows,
            num_layers=num_self_attends,
            rematerialize=rematerialize,
            num_heads=num_self_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=widening_factor,
            dropout=dropout,
        )
    _heads(trace, rows, embedding_dim, pointer_channels)


def _valid_entities(trace, num_entities, entity_dim):
    with trace.part("preprocessing"):
        return trace.elementwise(trace.given(num_entities, entity_dim))


def _heads(trace, rows, embedding_dim, pointer_channels):
    with trace.part("head"):
        rows = trace.float32(rows)
        embeddings = trace.linear(trace.relu(rows), embedding_dim)
        embeddings = trace.elementwise(embeddings)
        mean = trace.operation([rows], 1, rows.channels)
        summary = trace.relu(trace.linear(mean, embedding_dim))
        query = trace.linear(summary, pointer_channels)
        # A bias of the keys would move all scores alike.
        keys = trace.linear(embeddings, pointer_channels, bias=False)
        logits = trace.operation(
            [query, keys],
            1,
            keys.rows,
            flops=2 * keys.rows * pointer_channels,
            keeps=[query, keys],
        )
        for output in (embeddings, summary, logits):
            trace.output(output)
