"""The graph of a functional model, to be built once more."""

import keras


def bare_graph(model, what):
    """The model without its class and compilation, which cloning copies.

    Args:
        model: a functional model, or a Sequential one that has been built.
        what: what needs it, as the message begins.

    Raises:
        ValueError: if there is no graph.
    """
    if isinstance(model, keras.Model) and isinstance(model, keras.Function):
        return keras.Model(model.input, model.output)
    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs[0])
    raise ValueError(
        f"{what} a functional model, or a Sequential one that has been "
        f"built, by a keras.Input in front or by a call. Received: "
        f"model={model!r}"
    )
