"""What other models can be built on: the bare graph of a functional one."""

import keras


def bare_graph(model):
    """Returns a model without its class and compilation, which cloning copies.

    Args:
        model: a functional model, or a built sequential one.

    Raises:
        ValueError: if it is neither.
    """
    if isinstance(model, keras.Model) and isinstance(model, keras.Function):
        return keras.Model(model.input, model.output)
    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs[0])
    raise ValueError(
        "This needs a functional model, or a Sequential one that has been "
        "built, by a keras.Input in front or by a call. Received: "
        f"model={model!r}"
    )
