"""How masked language models are scored, and what they start from."""

import keras
import numpy as np

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from recipes.local_start import check_widths
from recipes.local_start import start_local
from recipes.settings import resolved

# A special token is never the answer: e^-12 at first, as if it were unseen.
_SPECIAL_TOKEN_LOGIT = -12.0


def compile_arguments(configuration):
    """The loss over scored tokens, and both metrics over masked ones."""
    return {
        "loss": keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        "weighted_metrics": [
            keras.metrics.SparseCategoricalCrossentropy(
                from_logits=True, name="nats"
            ),
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        ],
    }


def check_model(configuration):
    """Refuses shapes that `prepare_model` cannot start."""
    if configuration.start.local:
        sizes = resolved(configuration.model)
        check_widths(sizes["latent_dim"], sizes["embedding_dim"])


def prepare_model(model, data):
    """Sets what a model starts from."""
    _start_from_frequencies(model, data)
    if data.start.local:
        start_local(model)


def _start_from_frequencies(model, data):
    """Lets the first prediction be how often each token occurs.

    Otherwise the tied embedding has to learn the frequencies, which it does
    by growing into one direction, and the inputs lose what tells them apart.
    """
    frequencies = data.token_frequencies()
    special = np.full(NUM_SPECIAL_TOKENS, _SPECIAL_TOKEN_LOGIT)
    bias = np.concatenate([special, np.log(frequencies)])
    model.get_layer("logits").bias.assign(bias)


def measure_masked(model, data):
    """Returns the held-out `nats` and `accuracy` of masked tokens.

    Args:
        model: a language model.
        data: the `MaskedTextData`.
    """
    scored = keras.Model(model.input, model.output)
    scored.compile(jit_compile=False, **compile_arguments(None))
    numbers = scored.evaluate(
        data.evaluation_dataset(), return_dict=True, verbose=0
    )
    return {name: numbers[name] for name in ("nats", "accuracy")}


def number_or_dash(value):
    """Returns a cell of the table of results."""
    return "-" if value is None else f"{value:.3f}"
