"""StarCraft II's entity encoders: a Perceiver IO, and AlphaStar's own."""

import keras

from keras_perceiver.layers import MaskedMean
from keras_perceiver.layers import MaskRows
from keras_perceiver.layers import PointerLogits
from keras_perceiver.layers import SelfAttention
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input


def entity_encoder(
    *,
    num_entities,
    entity_dim,
    query_dim,
    embedding_dim,
    pointer_channels,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the entity encoder of Perceiver IO, appendix B.

    Latents read a set of entities, and each entity, projected, reads the
    latents back. The outputs are those of the transformer that it stands in
    for, `entity_transformer`.

    Published are 32 latents, 3 layers, 128 channels of keys and values and
    128-wide queries. The width of the latents and the rest are not, other
    than by "as for ImageNet": the preset takes ImageNet's 1024, its heads
    and its residuals. That makes 0.89 billion FLOPs up to the pointer, where
    0.93 are published.

    Args:
        num_entities: M, the number of slots, 512 as published.
        entity_dim: width of an entity's features, 256 as published.
        query_dim: E, width of the output queries, 128 as published.
        embedding_dim: width of the entity embeddings and of the summary, 256
            in AlphaStar.
        pointer_channels: width of the pointer's query and keys. Not
            published for these models.
        dtype: dtype policy of every layer. The heads and the outputs are
            float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `entities` `(B, M, entity_dim)` and
        `entity_mask` `(B, M)` (bool, True = valid) to a dictionary of
        `entity_embeddings` `(B, M, embedding_dim)`, zero at invalid
        entities, `summary` `(B, embedding_dim)` and `selection_logits`
        `(B, M)`, -1e30 at invalid entities. Entities have no order: permuted
        inputs give permuted outputs. Its view `encode` takes the same inputs
        and gives latents; its view `decode` takes those and `latents`.
    """
    mask_rows = MaskRows(name="valid_entities", dtype=dtype)
    queries = keras.layers.Dense(
        query_dim,
        kernel_initializer=haiku_linear(),
        name="query_projection",
        dtype=dtype,
    )
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    heads = _heads(embedding_dim, pointer_channels)

    def outputs_of(latents, rows, entity_mask):
        outputs = write(queries(rows), latents, query_mask=entity_mask)
        return heads(outputs, entity_mask)

    inputs = _entity_inputs(num_entities, entity_dim)
    mask = inputs["entity_mask"]
    rows = mask_rows(inputs["entities"], mask)  # (B, M, C)
    latents = encode(
        rows, mask, gelu_approximate=gelu_approximate, dtype=dtype, **encoder
    )  # (B, N, D)

    again = _entity_inputs(num_entities, entity_dim)
    mask_again = again["entity_mask"]
    rows_again = mask_rows(again["entities"], mask_again)
    given_latents = latents_input(latents)
    return attach_views(
        keras.Model(
            inputs, outputs_of(latents, rows, mask), name="entity_encoder"
        ),
        encode=keras.Model(inputs, latents, name="entity_encoder_encode"),
        decode=keras.Model(
            {"latents": given_latents, **again},
            outputs_of(given_latents, rows_again, mask_again),
            name="entity_encoder_decode",
        ),
    )


def entity_transformer(
    *,
    num_entities,
    entity_dim,
    num_self_attends,
    num_self_attention_heads,
    embedding_dim,
    pointer_channels,
    qk_channels=None,
    v_channels=None,
    widening_factor=4,
    gelu_approximate=True,
    dropout=0.0,
    rematerialize=False,
    dtype=None,
):
    """Builds AlphaStar's entity transformer, which Perceiver IO replaces.

    Perceiver IO, appendix B. AlphaStar's layers normalise
    behind each residual, these before, as everywhere here; the number of
    norms and of parameters is the same. There are no latents, hence no views
    `encode` and `decode`.

    Args:
        num_entities: M, the number of slots, 512 as published.
        entity_dim: width of an entity's features and of every layer, 256 as
            published.
        num_self_attends: number of layers, 3 as published.
        num_self_attention_heads: heads of each, 2 as published.
        embedding_dim: width of the entity embeddings and of the summary, 256
            in AlphaStar.
        pointer_channels: width of the pointer's query and keys. Not
            published for these models.
        qk_channels: width of queries and keys, 2 x 128 as published.
            Defaults to `entity_dim`.
        v_channels: width of the values. Defaults to `qk_channels`.
        widening_factor: hidden width of the MLPs over `entity_dim`, 4 as
            published.
        gelu_approximate: True for the tanh form.
        dropout: rate on every residual update, in training.
        rematerialize: whether training computes each layer once more instead
            of keeping what it computed, as in `encode`.
        dtype: dtype policy of every layer. The heads and the outputs are
            float32 under all.

    Returns:
        A functional model with the inputs and outputs of `entity_encoder`.
    """
    inputs = _entity_inputs(num_entities, entity_dim)
    mask = inputs["entity_mask"]
    rows = MaskRows(name="valid_entities", dtype=dtype)(
        inputs["entities"], mask
    )
    for i in range(num_self_attends):
        rows = SelfAttention(
            num_self_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=widening_factor,
            gelu_approximate=gelu_approximate,
            dropout=dropout,
            rematerialize=rematerialize,
            name=f"self_attention_{i}",
            dtype=dtype,
        )(rows, latent_mask=mask)  # (B, M, C)
    heads = _heads(embedding_dim, pointer_channels)
    return keras.Model(inputs, heads(rows, mask), name="entity_transformer")


def _entity_inputs(num_entities, entity_dim):
    return {
        "entities": keras.Input((num_entities, entity_dim), name="entities"),
        "entity_mask": keras.Input(
            (num_entities,), dtype="bool", name="entity_mask"
        ),
    }


def _heads(embedding_dim, pointer_channels):
    """AlphaStar's outputs of an entity encoder, all in float32.

    The layers are made here, once for all views.

    Returns:
        A function of a row for each entity `(B, M, C)` and their mask, to
        the dictionary of outputs.
    """
    relu = keras.layers.ReLU(name="entity_relu", dtype="float32")
    embed = keras.layers.Dense(
        embedding_dim,
        kernel_initializer=haiku_linear(),
        name="entity_projection",
        dtype="float32",
    )
    mask_embeddings = MaskRows(name="entity_embeddings", dtype="float32")
    mean = MaskedMean(name="mean_entity", dtype="float32")
    summarize = keras.layers.Dense(
        embedding_dim,
        "relu",
        kernel_initializer=haiku_linear(),
        name="summary",
        dtype="float32",
    )
    point = PointerLogits(
        pointer_channels, name="selection_logits", dtype="float32"
    )

    def outputs_of(rows, mask):
        embeddings = mask_embeddings(embed(relu(rows)), mask)
        summary = summarize(mean(rows, mask))
        return {
            "entity_embeddings": embeddings,  # (B, M, embedding_dim)
            "summary": summary,  # (B, embedding_dim)
            "selection_logits": point(summary, embeddings, mask),  # (B, M)
        }

    return outputs_of
