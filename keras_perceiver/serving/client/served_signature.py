"""What a server says of a signature, in the words of no protocol."""

import dataclasses

from keras_perceiver.serving.messages.tensor_protos import dtype_name


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


def _shape(proto):
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)
