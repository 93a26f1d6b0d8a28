"""The blocks of every Perceiver IO, as `keras_perceiver.layers` has them."""

from keras_perceiver.layers.attention_memory import get_attention_memory
from keras_perceiver.layers.kernels.query_chunks import chunk_size


def cross_attend(
    trace,
    queries,
    inputs,
    *,
    num_heads=1,
    qk_channels=None,
    v_channels=None,
    widening_factor=1,
    query_residual=True,
    dropout=0.0,
):
    """What `CrossAttention` does with queries `(O, E)`, inputs `(M, C)`."""
    if trace.folds:
        qk_channels = qk_channels or inputs.channels
        return trace.cross_attend(
            queries,
            inputs,
            num_heads,
            qk_channels,
            v_channels or qk_channels,
            widening_factor,
        )
    normed_queries = trace.norm(queries)
    normed_inputs = trace.norm(inputs)
    read = _attention(
        trace,
        normed_queries,
        normed_inputs,
        num_heads,
        qk_channels or inputs.channels,
        v_channels or qk_channels or inputs.channels,
    )
    read = trace.dropout(read, dropout)
    x = trace.add(queries, read) if query_residual else read
    return _residual_mlp(trace, x, widening_factor, dropout)


def self_attend(
    trace,
    latents,
    *,
    num_heads=8,
    qk_channels=None,
    v_channels=None,
    widening_factor=1,
    dropout=0.0,
):
    """What `SelfAttention` does with latents `(N, D)`."""
    normed = trace.norm(latents)
    update = _attention(
        trace,
        normed,
        normed,
        num_heads,
        qk_channels or latents.channels,
        v_channels or qk_channels or latents.channels,
    )
    x = trace.add(latents, trace.dropout(update, dropout))
    return _residual_mlp(trace, x, widening_factor, dropout)


def self_attends(
    trace,
    latents,
    *,
    num_layers,
    num_blocks=1,
    rematerialize=False,
    **settings,
):
    """A stack of `self_attend`s, applied `num_blocks` times."""
    if num_layers * num_blocks == 0:
        return latents
    with trace.repeated(num_layers * num_blocks, num_layers):
        if not rematerialize:
            return self_attend(trace, latents, **settings)
        with trace.rematerialized(latents):
            return self_attend(trace, latents, **settings)


def encode(
    trace,
    inputs,
    *,
    num_latents,
    latent_dim,
    num_self_attends_per_block,
    num_blocks,
    num_cross_attention_heads,
    num_self_attention_heads,
    qk_channels,
    v_channels,
    widening_factor,
    cross_attention_widening_factor,
    encoder_query_residual,
    dropout,
    rematerialize,
):
    """What `models.encode_decode.encode` builds; the arguments are its own."""
    with trace.part("encoder"):
        latents = cross_attend(
            trace,
            trace.learned(num_latents, latent_dim),
            inputs,
            num_heads=num_cross_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=cross_attention_widening_factor,
            query_residual=encoder_query_residual,
            dropout=dropout,
        )
    with trace.part("processor"):
        return self_attends(
            trace,
            latents,
            num_layers=num_self_attends_per_block,
            num_blocks=num_blocks,
            rematerialize=rematerialize,
            num_heads=num_self_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=widening_factor,
            dropout=dropout,
        )


def read_and_write(
    trace,
    inputs,
    queries_of,
    *,
    num_decoder_heads,
    decoder_qk_channels,
    decoder_v_channels,
    decoder_query_residual,
    **encoder,
):
    """`encode`, and what `models.encode_decode.decoder` does with its result.

    Args:
        trace: the trace.
        inputs: what the latents read.
        queries_of: a function without arguments that makes the queries.

    The other arguments are those of `decoder` and of `encode`.

    Returns:
        The outputs, as many and as wide as the queries.
    """
    latents = encode(trace, inputs, **encoder)
    with trace.part("decoder"):
        return cross_attend(
            trace,
            queries_of(),
            latents,
            num_heads=num_decoder_heads,
            qk_channels=decoder_qk_channels,
            v_channels=decoder_v_channels,
            query_residual=decoder_query_residual,
        )


def _attention(trace, queries, inputs, num_heads, qk_channels, v_channels):
    _check_divisible("qk_channels", qk_channels, num_heads)
    _check_divisible("v_channels", v_channels, num_heads)
    query = trace.linear(queries, qk_channels)
    key = trace.linear(inputs, qk_channels)
    value = trace.linear(inputs, v_channels)
    trace.attention_products(query, key, value, num_heads)
    batch = max(query.batch, key.batch)
    bytes_per_query = batch * num_heads * key.rows * query.itemsize
    size = chunk_size(query.rows, bytes_per_query, get_attention_memory())
    if size is None:
        mixed = _attend(trace, query, key, value, num_heads)
    else:
        mixed = _attend_in_chunks(trace, query, key, value, num_heads, size)
    return trace.linear(mixed, queries.channels)


def _attend(trace, query, key, value, num_heads):
    scores = trace.operation(
        [query, key],
        query.rows,
        num_heads * key.rows,
        flops=2 * query.rows * key.rows * query.channels,
        keeps=[query, key],
    )
    weights = trace.elementwise(scores)
    return trace.operation(
        [weights, value],
        query.rows,
        value.channels,
        flops=2 * query.rows * key.rows * value.channels,
        keeps=[weights, value],
    )


def _attend_in_chunks(trace, query, key, value, num_heads, size):
    """The backward pass makes scores anew, and needs none of them."""
    if query.batch < key.batch:
        query = trace.elementwise(query, batch=key.batch)
    rows = trace.elementwise(query, keeps=[query])
    scores = trace.operation(
        [rows, key],
        size,
        num_heads * key.rows,
        flops=2 * query.rows * key.rows * query.channels,
        keeps=[key],
    )
    weights = trace.elementwise(scores)
    answers = trace.operation(
        [weights, value, rows, key],
        query.rows,
        value.channels,
        flops=2 * query.rows * key.rows * value.channels,
        keeps=[value],
    )
    return trace.elementwise(answers)


def _check_divisible(name, channels, num_heads):
    if num_heads < 1 or channels % num_heads:
        raise ValueError(
            f"{name} must be divisible by the number of heads. "
            f"Received: {name}={channels}, num_heads={num_heads}"
        )


def _residual_mlp(trace, x, widening_factor, dropout):
    hidden = trace.linear(trace.norm(x), widening_factor * x.channels)
    update = trace.linear(trace.gelu(hidden), x.channels)
    return trace.add(x, trace.dropout(update, dropout))
