"""A model for inference, with what can be multiplied beforehand."""

import inspect

import keras
from keras import ops

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import SelfAttention
from keras_perceiver.models import folded_weights
from keras_perceiver.models.bare_graph import bare_graph
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.fold_plan import CONSTANT_SHARE
from keras_perceiver.models.folded_cross_attend import ArrayCall
from keras_perceiver.models.folded_cross_attend import hidden
from keras_perceiver.models.folded_cross_attend import read
from keras_perceiver.models.folded_self_attend import fold_self_attend
from keras_perceiver.models.linear_forms import LinearForm
from keras_perceiver.models.linear_forms import Term
from keras_perceiver.models.linear_forms import linear_layer
from keras_perceiver.models.made_layers import MadeLayers
from keras_perceiver.models.made_layers import by_outputs


def fold_for_inference(model):
    """Builds a model that answers the same in fewer operations.

    All of it is exact algebra; answers differ by rounding. In each
    `CrossAttention`:

    - Projections of queries that are learned arrays are computed here, once,
      unless they take more than 5% of the model's weights.
    - With one head, products of three matrices are made in the order with
      the fewest operations, see `fold_plan.plan_fold`.
    - Norms in front of linear layers lose their scale and offset to them. In
      bfloat16 those of each `SelfAttention` without a mask do so too; in
      float32 that gains nothing, and costs a digit where scores are large.
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


def _given(attend, args, kwargs):
    """What an attend is called with, by name, without what changes nothing."""
    given = inspect.signature(attend.call).bind(*args, **kwargs).arguments
    return {
        name: value
        for name, value in given.items()
        if name != "training" and value is not None and value is not False
    }


class _Folding:
    """Models with the same layers, folded into models with the same layers.

    Args:
        largest_constant: numbers that a projected array may hold.
    """

    def __init__(self, largest_constant):
        self._largest_constant = largest_constant
        self._layers = MadeLayers()
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
            given = _given(operation, args, kwargs)
            if "return_attention_scores" not in given:
                return self._cross_attend(operation, **given)
        if isinstance(operation, SelfAttention) and by_outputs(operation):
            given = _given(operation, args, kwargs)
            if list(given) == ["latents"]:
                return fold_self_attend(self._layers, operation, **given)
        form, _ = self._forms.get(id(args[0]) if args else None, (None, None))
        if form is not None:
            linear = linear_layer(operation, kwargs)
            if linear and form.pays(linear[0].shape[1]):
                return self._multiply_out(operation, form, *linear)
        result = self._layers.copied(operation, *args, **kwargs)
        if isinstance(operation, LearnedArray):
            self._arrays[id(result)] = ArrayCall(
                operation, args, kwargs, result
            )
        if form is not None:
            form = form.moved(operation, *args[1:], **kwargs)
            if form is not None:
                self._forms[id(result)] = form, result
        return result

    def _cross_attend(self, layer, queries, inputs, **masks):
        x = read(
            self._layers,
            layer,
            queries,
            inputs,
            masks,
            self._arrays.get(id(queries)),
            self._largest_constant,
        )
        if layer.query_residual:
            x = ops.cast(queries, layer.compute_dtype) + x
        between = hidden(self._layers, layer, x)
        kernel, bias = folded_weights.dense_values(layer.mlp.output_dense)
        result = x + self._layers.dense(
            (id(layer), "mlp_output"),
            f"{layer.name}_mlp_output",
            between,
            [kernel, bias],
            layer,
        )
        form = LinearForm(
            (Term(x, None), Term(between, kernel)), bias, (id(layer),)
        )
        self._forms[id(result)] = form, result
        return result

    def _multiply_out(self, layer, form, kernel, bias):
        """A linear layer on a `LinearForm`, as one product for each term."""
        form = form.product(layer, kernel, bias)
        rows = [
            self._layers.dense(
                (*form.origin, i),
                f"{layer.name}_product_{i}",
                term.tensor,
                [term.kernel, *[form.bias][i:]],
                layer,
            )
            for i, term in enumerate(form.terms)
        ]
        result = self._layers.made(
            (*form.origin, "sum"),
            lambda: keras.layers.Add(
                name=f"{layer.name}_sum", dtype=layer.dtype_policy
            ),
            lambda add: None,
            rows,
        )
        activation = getattr(layer, "activation", keras.activations.linear)
        result = self._layers.made(
            (*form.origin, "activation"),
            lambda: keras.layers.Activation(
                activation,
                name=self._layers.unique(layer.name),
                dtype=layer.dtype_policy,
            ),
            lambda layer: None,
            result,
        )
        if activation is keras.activations.linear:
            self._forms[id(result)] = form, result
        return result
