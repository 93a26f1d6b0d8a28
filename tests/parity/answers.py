"""What both sides answer, by the same names, and how far it is apart."""

import torch
from keras import ops

from tests.float64_reference import relative_error

# Of models that are not of published size: less than what the wrong form of
# GELU costs.
TOLERANCE = 2e-5


@torch.no_grad()
def their_answer(case, model, inputs):
    """Arrays by name: the latents, and what the model gives."""
    output = model(**case.family.to_theirs(inputs), output_hidden_states=True)
    return {
        "latents": output.hidden_states[-1].numpy(),
        **{
            name: tensor.numpy()
            for name, tensor in case.family.their_outputs(
                output, inputs
            ).items()
        },
    }


def our_answer(case, model, inputs):
    """What `their_answer` gives, from our views and our whole."""
    taken = [tensor.name for tensor in model.encode.inputs]
    encoded = model.encode(alone({name: inputs[name] for name in taken}))
    if isinstance(encoded, dict):
        encoded = encoded["latents"]
    outputs = case.family.our_outputs(model(alone(inputs)))
    return {
        name: ops.convert_to_numpy(tensor)
        for name, tensor in {"latents": encoded, **outputs}.items()
    }


def errors(case, actual, expected, inputs):
    """Relative differences of what two answers have to agree on, by name."""
    assert actual.keys() == expected.keys()
    return {
        name: relative_error(
            case.family.compared(name, actual[name], inputs),
            case.family.compared(name, expected[name], inputs),
        )
        for name in expected
    }


def alone(inputs):
    """Models with one input take it without its name."""
    return next(iter(inputs.values())) if len(inputs) == 1 else inputs
