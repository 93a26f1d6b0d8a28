"""From latents to the logits of one label, and the views that share them."""

import keras

from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input


def query_head(write, *, num_classes, query_dim, dtype):
    """Perceiver IO's head: one learned query reads the latents.

    The layers are made here, once for all views.

    Args:
        write: the cross-attend of the decoder.
        num_classes: number of logits.
        query_dim: E, width of the query.
        dtype: dtype policy; None takes Keras's global one. Logits are
            float32 under all.

    Returns:
        A function from latents `(B, N, D)` to logits `(B, num_classes)`.
    """
    query = LearnedArray(1, query_dim, name="output_query", dtype=dtype)
    output = keras.layers.Reshape((query_dim,), name="output", dtype=dtype)
    logits = _logits(num_classes, haiku_linear())

    def logits_of(latents):
        outputs = write(query(latents), latents)  # (B, 1, E)
        return logits(output(outputs))  # (B, num_classes)

    return logits_of


def mean_head(*, num_classes):
    """The original Perceiver's head: the mean over latents, projected.

    It is all float32, and zero until trained, as the reference's.

    Args:
        num_classes: number of logits.

    Returns:
        A function from latents `(B, N, D)` to logits `(B, num_classes)`.
    """
    mean = keras.layers.GlobalAveragePooling1D(
        name="mean_latent", dtype="float32"
    )
    logits = _logits(num_classes, "zeros")
    return lambda latents: logits(mean(latents))


def _logits(num_classes, initializer):
    return keras.layers.Dense(
        num_classes,
        kernel_initializer=initializer,
        name="logits",
        dtype="float32",
    )


def classifier(name, inputs, latents, logits_of):
    """The whole model with its views.

    Args:
        name: what the model is called.
        inputs: the model's input.
        latents: `(B, N, D)`, made of it.
        logits_of: a head of this file.

    Returns:
        A functional model from the input to logits. Its view `encode` takes
        the same and gives latents; its view `decode` takes a dictionary of
        `latents` alone.
    """
    given_latents = latents_input(latents)
    return attach_views(
        keras.Model(inputs, logits_of(latents), name=name),
        encode=keras.Model(inputs, latents, name=f"{name}_encode"),
        decode=keras.Model(
            {"latents": given_latents},
            logits_of(given_latents),
            name=f"{name}_decode",
        ),
    )


def query_classifier(
    name,
    given,
    inputs,
    *,
    num_classes,
    query_dim,
    num_decoder_heads,
    decoder_qk_channels,
    decoder_v_channels,
    decoder_query_residual,
    gelu_approximate,
    dtype,
    **encoder,
):
    """Perceiver IO for one label, from what it reads to logits.

    Args:
        name: what the model is called.
        given: the model's input.
        inputs: `(B, M, C)`, made of it.
        num_classes: number of logits.
        query_dim: E, width of the output query.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model with the views of `classifier`.
    """
    latents = encode(
        inputs, gelu_approximate=gelu_approximate, dtype=dtype, **encoder
    )  # (B, N, D)
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    head = query_head(
        write, num_classes=num_classes, query_dim=query_dim, dtype=dtype
    )
    return classifier(name, given, latents, head)
