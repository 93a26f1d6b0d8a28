"""What a server says of a signature, in the words of no protocol."""

import dataclasses

from keras_perceiver.errors import unknown
from keras_perceiver.serving.messages.tensor_protos import dtype_name
from keras_perceiver.serving.names import RAW
from keras_perceiver.serving.names import VIEWS


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """What a signature says of one tensor.

    Attributes:
        dtype: the number of its type, see `tensor_protos.dtype_name`.
        shape: its sizes, rows first, None where they are free; None if
            anything goes.
    """

    dtype: int
    shape: tuple | None

    def __str__(self):
        return f"{dtype_name(self.dtype)} {self.shape}"


@dataclasses.dataclass(frozen=True)
class ServedSignature:
    """A `TensorSpec` for each input and each output, by name."""

    inputs: dict
    outputs: dict


def signature_of(definition):
    """Returns the `ServedSignature` of a `SignatureDef`."""
    return ServedSignature(
        *(
            {
                name: TensorSpec(info.dtype, _shape(info.tensor_shape))
                for name, info in sorted(infos.items())
            }
            for infos in (definition.inputs, definition.outputs)
        )
    )


def name_of_task(signatures, task):
    """Returns the name of the signature that answers for a task.

    Args:
        signatures: `ServedSignature`s by name.
        task: the name of one of the model's tasks; None for the one that is
            asked where none is named.

    Raises:
        ValueError: if the model has no such task, naming the nearest.
    """
    if RAW not in signatures:
        raise unknown("signature", RAW, signatures)
    if task is None:
        return RAW
    inputs = signatures[RAW].inputs
    tasks = [
        name
        for name, signature in signatures.items()
        if name not in (RAW, *VIEWS) and signature.inputs == inputs
    ]
    if not tasks:
        raise ValueError(
            f"The model has one task. Ask it without task={task!r}."
        )
    if task not in tasks:
        raise unknown("task of the model:", task, tasks)
    return task


def _shape(proto):
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)
