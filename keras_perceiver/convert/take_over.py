"""The weights of one model into another that shares layers with it."""

from keras_perceiver.convert import adapters
from keras_perceiver.convert import matching
from keras_perceiver.convert import naming
from keras_perceiver.convert.naming import Source
from keras_perceiver.convert.naming import as_it_is


def take_over(model, source, where, *, head=(), unused=()):
    """Sets every weight of a model from another model by name, or none.

    Low-rank factors of the source are added to the kernels that they belong
    to, so that the model begins where the source was.

    Args:
        model: the model whose weights are set.
        source: the model that has them.
        where: what the source was read from, for messages.
        head: names of layers, or patterns such as `*_logits`, that keep the
            weights which they have where the source lacks the layer or has
            it in another shape.
        unused: names of layers, or patterns, of the source that the model
            may do without.

    Returns:
        The names of the layers that kept their weights, and those of the
        source's layers that are not used.

    Raises:
        ValueError: if any other weight is missing, unknown, or of another
            shape; the message lists all differences, and the model keeps its
            weights.
    """
    ours = _by_layer({weight.path: weight for weight in model.weights})
    theirs = _by_layer(adapters.merged_weights(source))
    kept = [
        name
        for name, weights in ours.items()
        if naming.is_among(name, head)
        and _begins_anew(weights, theirs.get(name, {}))
    ]
    dropped = [
        name
        for name in theirs
        if name not in ours and naming.is_among(name, unused)
    ]
    tensors = {}
    for name, arrays in theirs.items():
        if name not in dropped:
            tensors.update(arrays)
    for name in kept:
        for path, weight in ours[name].items():
            tensors[path] = weight.numpy()
    values = matching.match(
        model,
        {
            weight.path: Source(weight.path, as_it_is)
            for weight in model.weights
        },
        tensors,
        where,
    )
    matching.assign(model, values)
    return kept, dropped


def _by_layer(values):
    """Values by the name of the outermost layer, then by their own path."""
    layers = {}
    for path, value in values.items():
        layers.setdefault(path.partition("/")[0], {})[path] = value
    return layers


def _begins_anew(ours, theirs):
    """Whether a layer is not there at all, or whole and of another shape."""
    if not theirs:
        return True
    return ours.keys() == theirs.keys() and any(
        tuple(ours[path].shape) != tuple(theirs[path].shape) for path in ours
    )
