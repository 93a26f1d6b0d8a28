"""Strict assignment: every weight set, every tensor used, or nothing."""

import numpy as np

from keras_perceiver import errors

# Finding the nearest name takes a while, and more is a wrong file anyway.
_MAX_SUGGESTIONS = 20


def match(model, sources, tensors, where, *, is_ignored=None, tables=None):
    """Finds the values of every weight of a model in a checkpoint.

    Args:
        model: the model.
        sources: a `naming.Source` for every `weight.path`.
        tensors: the checkpoint's arrays by name.
        where: the checkpoint's file or address, for messages.
        is_ignored: which tensors need no weight, by name.
        tables: a `position_tables.PositionTables`, which fits tables of
            another length, or None if there are none.

    Returns:
        Arrays by `weight.path`, of the weights' shapes.

    Raises:
        ValueError: with all differences between the two, if there are any.
    """
    differences = _differences_of_names(sources, tensors, is_ignored)
    values = {}
    for weight in model.weights:
        source = sources[weight.path]
        if source.key not in tensors:
            continue
        shape = tuple(weight.shape)
        value = source.transform(tensors[source.key], len(shape))
        difference = None
        if tables:
            difference = tables.difference(weight.path, value.shape, shape)
            value = tables.fitted(weight.path, value, shape)
        difference = difference or _difference(value, weight)
        if difference:
            name = _both(source.key, weight.path)
            differences.append(f"{name}: {difference}")
        values[weight.path] = value
    if differences:
        listing = "\n  ".join(sorted(differences))
        raise ValueError(f"{where} does not fit {model.name}:\n  {listing}")
    return values


def _differences_of_names(sources, tensors, is_ignored):
    """What only one side has."""
    by_key = {source.key: path for path, source in sources.items()}
    unknown = [
        key
        for key in tensors.keys() - by_key.keys()
        if not (is_ignored and is_ignored(key))
    ]
    few = len(unknown) <= _MAX_SUGGESTIONS
    return [
        f"missing in the file: {_both(key, by_key[key])}"
        for key in by_key.keys() - tensors.keys()
    ] + [
        f"unknown to the model: {key}"
        + (errors.did_you_mean(key, by_key) if few else "")
        for key in unknown
    ]


def _both(key, path):
    return key if key == path else f"{key} (for {path})"


def _difference(value, weight):
    """What keeps a value from being the weight's, or None."""
    shape = tuple(weight.shape)
    if value.shape != shape:
        return f"shape {value.shape} in the file, {shape} in the model"
    kinds = value.dtype, np.dtype(weight.dtype)
    if kinds[0] != kinds[1] and not all(map(is_float, kinds)):
        return f"{kinds[0]} in the file, {kinds[1]} in the model"
    return None


def is_float(dtype):
    """Whether a dtype is one of floats.

    Args:
        dtype: a NumPy dtype. To NumPy, bfloat16 is of no kind at all.
    """
    return dtype.kind == "f" or dtype.name == "bfloat16"


def refuse_what_is_not_finite(tensors, where):
    """Raises if a checkpoint holds numbers that no forward pass survives.

    Args:
        tensors: the checkpoint's arrays by name.
        where: the checkpoint's file or address, for messages.
    """
    broken = [
        f"{key}: {int(np.sum(~np.isfinite(_float32(array))))} of {array.size}"
        for key, array in tensors.items()
        if is_float(array.dtype) and not np.all(np.isfinite(_float32(array)))
    ]
    if broken:
        listing = "\n  ".join(sorted(broken))
        raise ValueError(
            f"{where} holds numbers that are infinite or not a number, so it "
            f"is broken or diverged in training:\n  {listing}"
        )


def _float32(array):
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def assign(model, values):
    """Sets every weight of a model.

    Args:
        model: the model.
        values: arrays by `weight.path`, as `match` returns them.
    """
    for weight in model.weights:
        value = values[weight.path]
        if is_float(value.dtype):
            # Also what backends cannot read as it is, such as float16 in
            # another byte order.
            value = value.astype("float32", copy=False)
        weight.assign(value)


def describe_casts(tensors):
    """Says which tensors are not float32, or nothing.

    Args:
        tensors: the checkpoint's arrays by name.

    Returns:
        A sentence, or `""`.
    """
    counts = {}
    for array in tensors.values():
        name = array.dtype.name
        if is_float(array.dtype) and name != "float32":
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ""
    kinds = ", ".join(f"{count} as {kind}" for kind, count in counts.items())
    return f"Of {len(tensors)} tensors the file holds {kinds}; read as float32."
