"""What an export refuses, beside what its tasks say of single rows.

A server checks neither shapes nor numbers. The graph does it by Assert, which
ends in the error INVALID_ARGUMENT with words of what came and was wanted.
"""

import tensorflow as tf

_SHOWN_ROWS = 3


def of_declared_shapes(tensors, specs):
    """Returns the tensors of a request, if their shapes are as declared.

    Fails at run, naming the input, where they are not, or where the inputs
    differ in rows.

    Args:
        tensors: in the order of `specs`.
        specs: a `tf.TensorSpec` for each, with its name.
    """
    # TensorFlow takes what is declared for true, and would drop the checks.
    free = [
        tf.raw_ops.PlaceholderWithDefault(
            input=tensor, shape=tf.TensorShape(None)
        )
        for tensor in tensors
    ]
    shapes = [tf.shape(tensor) for tensor in free]
    checks = [_check_shape(*pair) for pair in zip(shapes, specs, strict=True)]
    with tf.control_dependencies(checks):
        checks = [_check_rows([shape[0] for shape in shapes], specs)]
    with tf.control_dependencies(checks):
        return [
            tf.ensure_shape(tensor, spec.shape)
            for tensor, spec in zip(free, specs, strict=True)
        ]


def within_counts(tensors, counts):
    """Says of each row what index or token is none, and makes it one.

    What TensorFlow does with others depends on the device.

    Args:
        tensors: integer tensors `(B, n)` by name.
        counts: for some of them, what they must be less than.

    Returns:
        The same tensors, all within their range, and the problems `(B,)`.
    """
    rows = tf.shape(next(iter(tensors.values())))[0]
    found, problems = dict(tensors), tf.fill([rows], "")
    for name, count in counts.items():
        least = tf.reduce_min(tensors[name], axis=1)
        most = tf.reduce_max(tensors[name], axis=1)
        words = tf.strings.join(
            [
                f"{name} holds ",
                tf.as_string(tf.where(least < 0, least, most)),
                f", and takes numbers from 0 to {count - 1}.",
            ]
        )
        is_wrong = tf.logical_or(least < 0, most >= count)
        problems = tf.where(is_wrong, words, problems)
        found[name] = tf.clip_by_value(tensors[name], 0, count - 1)
    return found, problems


def refuse_if_all_bad(answers, problems):
    """Returns the answers, if there is a row without a problem, or no row.

    Fails at run where there is none: a request alone with its mistake is
    told so, and a batch of strangers' requests never fails by one of them.

    Args:
        answers: tensors by name.
        problems: string tensor `(B,)`, "" where all is well.
    """
    count = tf.size(problems)
    is_bad = tf.not_equal(problems, "")
    answers_some = tf.logical_or(
        tf.equal(count, 0), tf.logical_not(tf.reduce_all(is_bad))
    )
    numbers = tf.as_string(tf.range(1, count + 1))
    rows = tf.strings.join(
        ["row ", numbers, " of ", tf.as_string(count), ": ", problems]
    )
    shown = tf.strings.reduce_join(rows[:_SHOWN_ROWS], separator=" ")
    more = tf.strings.join(
        [" More rows with a problem: ", tf.as_string(count - _SHOWN_ROWS)]
    )
    words = tf.strings.join([shown, tf.where(count > _SHOWN_ROWS, more, "")])
    with tf.control_dependencies([_refuse_unless(answers_some, words)]):
        return {name: tf.identity(value) for name, value in answers.items()}


def _check_shape(came, spec):
    wanted = tf.constant([size or -1 for size in spec.shape])
    rank = spec.shape.rank
    # As long as the wanted one, whatever came.
    sizes = tf.concat([came, tf.fill([rank], -2)], axis=0)[:rank]
    fits = tf.reduce_all(tf.logical_or(wanted < 0, tf.equal(sizes, wanted)))
    is_wanted = tf.logical_and(tf.equal(tf.size(came), rank), fits)
    names = ["rows", *(str(size or "any") for size in spec.shape[1:])]
    words = tf.strings.join(
        [
            f"{spec.name} has the shape (",
            tf.strings.reduce_join(tf.as_string(came), separator=", "),
            f") and should have ({', '.join(names)}).",
        ]
    )
    return _refuse_unless(is_wanted, words)


def _check_rows(counts, specs):
    words = [
        part
        for count, spec in zip(counts, specs, strict=True)
        for part in (f" {spec.name} has ", tf.as_string(count), ",")
    ]
    counts = tf.stack(counts)
    return _refuse_unless(
        tf.reduce_all(tf.equal(counts, counts[0])),
        tf.strings.join(
            ["the inputs differ in rows:", *words, " and all should be equal."]
        ),
    )


def _refuse_unless(condition, words):
    return tf.raw_ops.Assert(condition=condition, data=[words], summarize=1)
