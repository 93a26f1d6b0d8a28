"""Layers once more, with weights of their own and the same values."""


def unbuilt_copy(layer, name):
    """A layer of the same settings and that name, without weights yet.

    Raises:
        ValueError: if the layer does not tell its settings.
    """
    try:
        config = {**layer.get_config(), "name": name}
        return layer.__class__.from_config(config)
    except (NotImplementedError, TypeError) as error:
        raise ValueError(
            f"Layer {layer.name!r} cannot be made once more, which folding "
            "does with every layer. Give its class a get_config that returns "
            "the arguments of its constructor, or export with fold=False."
        ) from error


def copied_values(layer, copy):
    """Gives a built copy the values of a layer; factors of LoRA are added in.

    Args:
        layer: a layer.
        copy: what `unbuilt_copy` made of it, built.
    """
    pairs = zip(layer._flatten_layers(), copy._flatten_layers(), strict=True)
    for source, target in pairs:
        weights = zip(_own(source), _own(target), strict=True)
        for weight, its_copy in weights:
            if getattr(source, "lora_enabled", False):
                # Keras's own property, which adds them.
                weight = getattr(source, weight.name)
            its_copy.assign(weight)


def _own(layer):
    """Weights of a layer and not of those in it, without factors."""
    inner = {
        id(weight)
        for part in layer._flatten_layers(include_self=False)
        for weight in part.weights
    }
    return [
        weight
        for weight in layer.weights
        if id(weight) not in inner and not weight.name.startswith("lora_")
    ]
