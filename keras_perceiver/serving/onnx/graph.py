"""What the conversion to ONNX leaves to mend in the graph it writes."""


def mend(path, model):
    """Mends a file in place: choices that bear NaN, and axes with names.

    Args:
        path: an ONNX file of one graph without inner ones.
        model: the Keras model that it was written of.
    """
    import onnx

    proto = onnx.load(str(path))
    _choose_by_where(proto.graph)
    tensors = {tensor.name: tensor for tensor in model.inputs} | model.output
    for value in (*proto.graph.input, *proto.graph.output):
        _name_axes(value, tensors[value.name].shape)
    onnx.save(proto, str(path))


def _choose_by_where(graph):
    """`where(c, x, y)`, which was written as `c * x + (1 - c) * y`.

    The product of 0 and a NaN that is not chosen would be NaN.
    """
    import onnx

    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        chosen = _choice(node, makers)
        if chosen:
            where = onnx.helper.make_node(
                "Where", chosen, node.output, node.name
            )
            node.CopyFrom(where)
    _drop_unused(graph)


def _choice(node, makers):
    """Condition and both sides of a sum that chooses, else None."""

    def maker(name, kind):
        found = makers.get(name)
        return found if found is not None and found.op_type == kind else None

    def factors(name):
        """Pairs of what a product may be cast from, and its other factor."""
        product = maker(name, "Mul")
        for cast, other in _both_ways(product.input if product else ()):
            source = maker(cast, "Cast")
            if source:
                yield source.input[0], other

    if node.op_type != "Add":
        return None
    for one, two in _both_ways(node.input):
        for condition, if_true in factors(one):
            for negated, if_false in factors(two):
                negation = maker(negated, "Not")
                if negation and negation.input[0] == condition:
                    return condition, if_true, if_false
    return None


def _both_ways(pair):
    return (tuple(pair), tuple(pair)[::-1]) if pair else ()


def _drop_unused(graph):
    used = {output.name for output in graph.output}
    for i, node in reversed(list(enumerate(graph.node))):
        if used.intersection(node.output):
            used.update(node.input)
        else:
            del graph.node[i]
    for i, weight in reversed(list(enumerate(graph.initializer))):
        if weight.name not in used:
            del graph.initializer[i]


def _name_axes(value, shape):
    """Gives axes the sizes that Keras knows, and names to those it leaves."""
    dimensions = value.type.tensor_type.shape.dim
    for axis, (dimension, size) in enumerate(
        zip(dimensions, shape, strict=True)
    ):
        if axis == 0:
            dimension.dim_param = "batch"
        elif size is None:
            dimension.dim_param = f"{value.name}_{axis}"
        else:
            dimension.dim_value = size
