"""A model for inference, with what can be multiplied beforehand."""

import inspect

import keras
from keras import ops

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import FoldedCrossAttention
from keras_perceiver.layers import Gelu
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import Standardize
from keras_perceiver.models import folded_weights
from keras_perceiver.models.bare_graph import bare_graph
from keras_perceiver.models.copied_layer import copied_values
from keras_perceiver.models.copied_layer import unbuilt_copy
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.fold_plan import CONSTANT_SHARE
from keras_perceiver.models.fold_plan import plan_fold
from keras_perceiver.models.linear_forms import LinearForm
from keras_perceiver.models.linear_forms import Term
from keras_perceiver.models.linear_forms import linear_layer


def fold_for_inference(model):
    """Builds a model that answers the same in fewer operations.

    All of it is exact algebra; answers differ by rounding. In each
    `CrossAttention`:

    - Projections of queries that are learned arrays are computed here, once,
      unless they take more than 5% of the model's weights.
    - With one head, products of three matrices are made in the order with
      the fewest operations, see `fold_plan.plan_fold`.
    - Norms in front of linear layers lose their scale and offset to them.
    - Where nothing but linear layers reads the output, such as one that
      makes logits, they are multiplied with the last layer of the MLP.

    The new model has weights of its own, which are those of `model` as it is
    now: fold after training, and once more after more of it. It is for
    inference alone: it does not train, gives no attention scores and is no
    preset. Factors of LoRA are added to their kernels.

    Args:
        model: a functional model, of this library or with layers of it in
            it. `model.encode` and `model.decode` are such models too.

    Returns:
        A functional model of the same inputs and outputs. If `model` has the
        views `encode` and `decode`, so has it, and shares weights with them.

    Raises:
        ValueError: if the model is no functional one, or quantised.
    """
    bare_graph(model, "Folding needs")
    quantised = _quantised_layer(model)
    if quantised is not None:
        raise ValueError(
            f"Layer {quantised.path!r} of {model.name!r} is quantised "
            f"({quantised.dtype_policy.name}), and a quantised layer cannot "
            "be multiplied with others. Fold the model before `quantize`."
        )
    folding = _Folding(int(CONSTANT_SHARE * model.count_params()))
    folded = folding.fold(model)
    if hasattr(model, "encode") and hasattr(model, "decode"):
        attach_views(
            folded,
            encode=folding.fold(model.encode),
            decode=folding.fold(model.decode),
        )
    return folded


def is_foldable(model):
    """Whether `fold_for_inference` takes a model, and would change it.

    Args:
        model: any model.
    """
    is_functional = isinstance(model, keras.Model) and isinstance(
        model, keras.Function
    )
    return (
        is_functional
        and any(isinstance(layer, CrossAttention) for layer in model.layers)
        and _quantised_layer(model) is None
    )


def _quantised_layer(model):
    return next(
        (
            layer
            for layer in model._flatten_layers()
            if getattr(layer, "quantization_mode", None)
        ),
        None,
    )


class _Folding:
    """Models with the same layers, folded into models with the same layers.

    Args:
        largest_constant: numbers that a projected array may hold.
    """

    def __init__(self, largest_constant):
        self._largest_constant = largest_constant
        self._layers = {}
        self._names = set()
        # Of tensors by their ids, with the tensors, so that ids stay theirs.
        self._arrays = {}
        self._forms = {}

    def fold(self, model):
        graph = bare_graph(model, "Folding needs")
        copy = keras.models.clone_model(
            graph, clone_function=lambda layer: layer, call_function=self._call
        )
        folded = keras.Model(
            copy.input, copy.output, name=f"{model.name}_folded"
        )
        folded.trainable = False
        return folded

    def _call(self, operation, *args, **kwargs):
        if isinstance(operation, CrossAttention):
            given = inspect.signature(operation.call).bind(*args, **kwargs)
            given = dict(given.arguments)
            if not given.pop("return_attention_scores", False):
                given.pop("training", None)
                return self._cross_attend(operation, **given)
        form, _ = self._forms.get(id(args[0]) if args else None, (None, None))
        if form is not None:
            linear = linear_layer(operation, kwargs)
            if linear and form.pays(linear[0].shape[1]):
                return self._multiply_out(operation, form, *linear)
        result = self._copied(operation, *args, **kwargs)
        if isinstance(operation, LearnedArray):
            self._arrays[id(result)] = operation, args, kwargs, result
        if form is not None:
            form = form.moved(operation, *args[1:], **kwargs)
            if form is not None:
                self._forms[id(result)] = form, result
        return result

    def _copied(self, operation, *args, **kwargs):
        if not isinstance(operation, keras.layers.Layer):
            return operation(*args, **kwargs)
        return self._made(
            (id(operation),),
            lambda: unbuilt_copy(operation, self._unique(operation.name)),
            lambda copy: copied_values(operation, copy),
            *args,
            **kwargs,
        )

    def _unique(self, name):
        """The name, or one like it: a layer may be copied and folded too."""
        while name in self._names:
            name = f"{name}_again"
        self._names.add(name)
        return name

    def _made(self, key, make, set_values, *args, **kwargs):
        """Calls the layer of that key, which is made once for all calls."""
        if key in self._layers:
            return self._layers[key](*args, **kwargs)
        layer = self._layers[key] = make()
        result = layer(*args, **kwargs)
        set_values(layer)
        return result

    def _dense(self, key, name, x, values, dtype):
        """A linear layer with the given kernel and, or without, a bias."""
        return self._made(
            key,
            lambda: keras.layers.Dense(
                values[0].shape[1],
                use_bias=len(values) > 1,
                name=name,
                dtype=dtype,
            ),
            lambda dense: dense.set_weights(values),
            x,
        )

    def _cross_attend(self, layer, queries, inputs, **masks):
        x = self._read(layer, queries, inputs, masks)
        if layer.query_residual:
            x = ops.cast(queries, layer.compute_dtype) + x
        hidden = self._hidden(layer, x)
        kernel, bias = folded_weights.dense_values(layer.mlp.output_dense)
        result = x + self._dense(
            (id(layer), "mlp_output"),
            f"{layer.name}_mlp_output",
            hidden,
            [kernel, bias],
            layer.dtype_policy,
        )
        form = LinearForm(
            (Term(x, None), Term(hidden, kernel)), bias, (id(layer),)
        )
        self._forms[id(result)] = form, result
        return result

    def _read(self, layer, queries, inputs, masks):
        array, args, kwargs, _ = self._arrays.get(id(queries), (None,) * 4)
        attention = layer.attention
        key = (id(layer), id(array))
        plan = self._layers.get((*key, "plan"))
        if plan is None:
            plan = self._layers[*key, "plan"] = plan_fold(
                num_heads=layer.num_heads,
                num_queries=queries.shape[1] if array is None else array.length,
                num_inputs=inputs.shape[1],
                query_width=queries.shape[-1],
                input_width=inputs.shape[-1],
                qk_channels=attention.query_dense.units,
                v_channels=attention.value_dense.units,
                largest_constant=0 if array is None else self._largest_constant,
            )
        weights = folded_weights.reading_weights(layer)
        kernels = {
            **folded_weights.score_kernels(weights, plan),
            **folded_weights.mixture_kernels(weights, plan),
        }
        if plan.constant_queries:
            rows = folded_weights.projected(
                folded_weights.values_of(array.array),
                layer.query_norm.epsilon,
                *kernels.pop("query"),
            )
            queries = self._made(
                (*key, "queries"),
                lambda: LearnedArray(
                    *rows.shape,
                    name=f"{layer.name}_queries",
                    dtype=layer.dtype_policy,
                ),
                lambda copy: copy.set_weights([rows]),
                *args,
                **kwargs,
            )

        def set_values(folded):
            for name, values in kernels.items():
                getattr(folded, f"{name}_dense").set_weights(values)
            folded.bias.assign(weights.bias)
            folded.idle_bias.assign(weights.idle_bias)

        return self._made(
            (*key, "read"),
            lambda: FoldedCrossAttention(
                layer.num_heads,
                plan.query_channels if "query" in kernels else None,
                plan.key_channels,
                plan.value_channels,
                plan.output_channels,
                query_offset=float(plan.query_channels is None),
                constant_queries=plan.constant_queries,
                epsilon=layer.input_norm.epsilon,
                name=layer.name,
                dtype=layer.dtype_policy,
            ),
            set_values,
            queries,
            inputs,
            **masks,
        )

    def _hidden(self, layer, x):
        """The hidden layer of the MLP, its norm without weights."""
        dtype = layer.dtype_policy
        names = [f"{layer.name}_mlp_{part}" for part in ("norm", "hidden")]
        x = self._made(
            (id(layer), "norm"),
            lambda: Standardize(
                layer.mlp_norm.epsilon, name=names[0], dtype=dtype
            ),
            lambda norm: None,
            x,
        )
        values = folded_weights.behind_norm(
            layer.mlp_norm,
            *folded_weights.dense_values(layer.mlp.hidden_dense),
        )
        x = self._dense((id(layer), "hidden"), names[1], x, values, dtype)
        return self._made(
            (id(layer), "gelu"),
            lambda: Gelu(
                layer.gelu_approximate,
                name=f"{layer.name}_mlp_gelu",
                dtype=dtype,
            ),
            lambda gelu: None,
            x,
        )

    def _multiply_out(self, layer, form, kernel, bias):
        """A linear layer on a `LinearForm`, as one product for each term."""
        form = form.product(layer, kernel, bias)
        rows = [
            self._dense(
                (*form.origin, i),
                f"{layer.name}_product_{i}",
                term.tensor,
                [term.kernel, *[form.bias][i:]],
                layer.dtype_policy,
            )
            for i, term in enumerate(form.terms)
        ]
        result = self._made(
            (*form.origin, "sum"),
            lambda: keras.layers.Add(
                name=f"{layer.name}_sum", dtype=layer.dtype_policy
            ),
            lambda add: None,
            rows,
        )
        activation = getattr(layer, "activation", keras.activations.linear)
        result = self._made(
            (*form.origin, "activation"),
            lambda: keras.layers.Activation(
                activation,
                name=self._unique(layer.name),
                dtype=layer.dtype_policy,
            ),
            lambda layer: None,
            result,
        )
        if activation is keras.activations.linear:
            self._forms[id(result)] = form, result
        return result
