"""From the names of our weights to the names of others, by rule."""

import dataclasses
import fnmatch
import re
from collections.abc import Callable

# Ours, and what the reference and its port call them.
MODALITIES = {"audio": "audio", "video": "image", "label": "label"}


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the values of one weight are in a checkpoint.

    Attributes:
        key: the tensor's name there.
        transform: what brings it into our layout, called with the tensor and
            the number of axes that our weight has.
    """

    key: str
    transform: Callable


@dataclasses.dataclass(frozen=True)
class Scheme:
    """How a checkpoint names what every Perceiver IO has.

    Attributes:
        separator: what stands between the parts of a name.
        cross_parts: its name for each sub-layer of a cross-attend.
        self_parts: its name for each sub-layer of a self-attend.
        norm_arrays: its name for each array of a normalisation.
        dense_arrays: its name for each array of a linear layer.
        self_attention: the prefix of the self-attend of that number.
        kernel: the transform of a linear layer's kernel.
    """

    separator: str
    cross_parts: dict
    self_parts: dict
    norm_arrays: dict
    dense_arrays: dict
    self_attention: Callable
    kernel: Callable

    def join(self, *parts):
        return self.separator.join(part for part in parts if part)


@dataclasses.dataclass(frozen=True)
class Family:
    """How a checkpoint names the weights of one family of models.

    Attributes:
        preset: the published model of the family.
        encoder: prefix of the encoder.
        latents: name of the latents.
        decoder: prefix of the decoder's cross-attend, or None.
        others: `Source`s of all other weights by `weight.path`.
    """

    preset: str
    encoder: str
    latents: str
    decoder: str | None
    others: dict


def as_it_is(array, ndim):
    """What has our layout already."""
    return array


def transposed(array, ndim):
    """A linear layer's weight, stored `(out, in)`."""
    return array.T if array.ndim == 2 else array


def without_leading_ones(array, ndim):
    """A vector or matrix stored with more axes, such as `(1, 1, 1, C)`."""
    while array.ndim > ndim and array.shape[0] == 1:
        array = array[0]
    return array


def dense(ours, theirs, scheme):
    """The `Source`s of a linear layer, by our paths."""
    return {
        f"{ours}/{array}": Source(
            scheme.join(theirs, name),
            scheme.kernel if array == "kernel" else as_it_is,
        )
        for array, name in scheme.dense_arrays.items()
    }


def array_of(ours, theirs, transform=as_it_is):
    """The `Source` of a single weight, by our path."""
    return {ours: Source(theirs, transform)}


def sources_of(model, family, scheme):
    """The `Source` of every weight of a model, by `weight.path`.

    Args:
        model: the model.
        family: the `Family` of its kind.
        scheme: the `Scheme` of the checkpoint.

    Raises:
        ValueError: if a weight has no counterpart.
    """
    sources = {
        weight.path: _source(weight.path, family, scheme)
        for weight in model.weights
    }
    strange = sorted(path for path in sources if sources[path] is None)
    if strange:
        raise ValueError(
            f"Model {model.name!r} has weights that no published checkpoint "
            f"has: {', '.join(strange)}. Load a checkpoint before quantize or "
            "enable_lora, or use load_pretrained for a folder of one's own."
        )
    return sources


def _source(path, family, scheme):
    if path in family.others:
        return family.others[path]
    if path == "latents/array":
        return Source(family.latents, as_it_is)
    layer, _, rest = path.partition("/")
    number = re.fullmatch(r"self_attention_(\d+)", layer)
    if number:
        block = scheme.self_attention(int(number[1]))
        return _inside(rest, family.encoder + block, scheme.self_parts, scheme)
    if layer == "encoder_cross_attention":
        block = family.encoder + "cross_attention"
        return _inside(rest, block, scheme.cross_parts, scheme)
    if layer == "decoder_cross_attention" and family.decoder:
        return _inside(rest, family.decoder, scheme.cross_parts, scheme)
    return None


def _inside(path, block, parts, scheme):
    """A weight within a block, whose last part names the array."""
    part, _, array = path.rpartition("/")
    is_norm = array in scheme.norm_arrays
    arrays = scheme.norm_arrays if is_norm else scheme.dense_arrays
    if part not in parts or array not in arrays:
        return None
    return Source(
        scheme.join(block, parts[part], arrays[array]),
        scheme.kernel if array == "kernel" else as_it_is,
    )


def family_of(tensors, families):
    """The name of the family whose own tensors a checkpoint has, or None.

    Files may lack some of them: what is missing is said later.
    """
    scores = {
        name: sum(
            1.0 if source.key in tensors else -0.5
            for path, source in family.others.items()
            # Further layers of a stem, which most do not have.
            if not re.search(r"/(conv|norm)_[1-9]", path)
        )
        for name, family in families.items()
        if any(source.key in tensors for source in family.others.values())
    }
    return max(scores, key=scores.get) if scores else None


def is_among(name, patterns):
    """Whether a layer's name is one of these or fits one, as `*_logits`."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
