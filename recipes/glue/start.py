"""What a classifier starts from where it is not pretrained."""

import numpy as np

from recipes import vocabulary
from recipes.local_start import check_widths
from recipes.local_start import start_local
from recipes.settings import resolved


def check_start(data, preprocessing):
    """Raises `ValueError` if weights know the pieces by other numbers."""
    if data.tokens.record():
        vocabulary.check_same(data.tokens.tokenizer, preprocessing)


def check_model(configuration):
    """Refuses shapes that `prepare_model` cannot start."""
    if configuration.start.local:
        sizes = resolved(configuration.model)
        check_widths(sizes["latent_dim"], sizes["embedding_dim"])


def prepare_model(model, data):
    """Sets what a model starts from."""
    prepare_heads(model, data, [layer.name for layer in model.layers])
    if data.start.local:
        start_local(model)


def prepare_heads(model, data, anew):
    """Lets the first guess be what is likeliest without reading the text.

    Args:
        model: a text classifier.
        data: the `GlueData`.
        anew: names of the layers that are not taken over from elsewhere.
    """
    for head in data.heads:
        if f"{head.name}_logits" not in anew:
            continue
        targets = data.texts.training(head.name).targets
        if head.size == 1:
            bias = [targets.mean()]
        else:
            counts = np.bincount(targets.astype(int), minlength=head.size)
            bias = np.log((counts + 0.5) / (counts + 0.5).sum())
        model.get_layer(f"{head.name}_logits").bias.assign(bias)
