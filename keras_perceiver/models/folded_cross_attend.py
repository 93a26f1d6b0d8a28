"""The parts of a `CrossAttention`, folded."""

import dataclasses

from keras_perceiver.layers import FoldedCrossAttention
from keras_perceiver.layers import GeluDense
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import Standardize
from keras_perceiver.layers.transposed_dense import set_dense
from keras_perceiver.models import folded_weights
from keras_perceiver.models.fold_plan import plan_fold
from keras_perceiver.models.made_layers import by_outputs


@dataclasses.dataclass(frozen=True)
class ArrayCall:
    """A learned array, and what it was called with.

    Attributes:
        layer: the `LearnedArray`.
        args: of its call.
        kwargs: of its call.
        result: of its call, kept so that its id stays its own.
    """

    layer: LearnedArray
    args: tuple
    kwargs: dict
    result: object


def read(layers, layer, queries, inputs, masks, array, largest_constant):
    """What the queries read, before the residual.

    Args:
        layers: the `MadeLayers`.
        layer: the `CrossAttention`.
        queries: `(B, O, E)`.
        inputs: `(B, M, C)`.
        masks: of its call, by name.
        array: the `ArrayCall` that the queries are of, or None.
        largest_constant: numbers that queries may hold once projected.
    """
    key = (id(layer), id(array and array.layer))
    plan = plan_fold(
        num_heads=layer.num_heads,
        num_queries=array.layer.length if array else queries.shape[1],
        num_inputs=inputs.shape[1],
        query_width=queries.shape[-1],
        input_width=inputs.shape[-1],
        qk_channels=layer.attention.query_dense.units,
        v_channels=layer.attention.value_dense.units,
        largest_constant=largest_constant if array else 0,
    )
    weights = folded_weights.reading_weights(
        layer.attention, layer.query_norm, layer.input_norm
    )
    kernels = {
        **folded_weights.score_kernels(weights, plan),
        **folded_weights.mixture_kernels(weights, plan),
    }
    if plan.constant_queries:
        projection = kernels.pop("query")
        queries = _projected(layers, key, layer, array, projection)

    def set_values(folded):
        for name, values in kernels.items():
            set_dense(getattr(folded, f"{name}_dense"), *values)
        folded.bias.assign(weights.bias)
        folded.idle_bias.assign(weights.idle_bias)

    return layers.made(
        (*key, "read"),
        lambda: _reader(layer, plan),
        set_values,
        queries,
        inputs,
        **masks,
    )


def _reader(layer, plan):
    has_projection = plan.query_channels and not plan.constant_queries
    return FoldedCrossAttention(
        layer.num_heads,
        plan.query_channels if has_projection else None,
        plan.key_channels,
        plan.value_channels,
        plan.output_channels,
        query_offset=float(plan.query_channels is None),
        constant_queries=plan.constant_queries,
        epsilon=layer.input_norm.epsilon,
        transposed_kernels=by_outputs(layer),
        name=layer.name,
        dtype=layer.dtype_policy,
    )


def _projected(layers, key, layer, array, projection):
    """The array's rows as queries, projected here and now."""
    rows = folded_weights.projected(
        folded_weights.values_of(array.layer.array),
        layer.query_norm.epsilon,
        *projection,
    )
    return layers.made(
        (*key, "queries"),
        lambda: LearnedArray(
            *rows.shape, name=f"{layer.name}_queries", dtype=layer.dtype_policy
        ),
        lambda copy: copy.set_weights([rows]),
        *array.args,
        **array.kwargs,
    )


def hidden(layers, layer, x):
    """The hidden layer of a cross-attend's MLP, its norm without weights.

    Args:
        layers: the `MadeLayers`.
        layer: the `CrossAttention`.
        x: what its MLP reads, `(B, O, E)`.
    """
    dtype = layer.dtype_policy
    names = [f"{layer.name}_mlp_{part}" for part in ("norm", "hidden")]
    x = layers.made(
        (id(layer), "norm"),
        lambda: Standardize(layer.mlp_norm.epsilon, name=names[0], dtype=dtype),
        lambda norm: None,
        x,
    )
    values = folded_weights.behind_norm(
        layer.mlp_norm,
        *folded_weights.dense_values(layer.mlp.hidden_dense),
    )
    return layers.made(
        (id(layer), "hidden"),
        lambda: GeluDense(
            values[0].shape[1],
            layer.gelu_approximate,
            transposed_kernel=by_outputs(layer),
            name=names[1],
            dtype=dtype,
        ),
        lambda gelu: set_dense(gelu.dense, *values),
        x,
    )
