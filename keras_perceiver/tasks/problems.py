"""What is wrong with single rows of a batch, in words.

A row with a problem has empty answers, and its batchmates, which may be a
stranger's, answer as ever.
"""

import tensorflow as tf


def not_finite(name, numbers):
    """Says how many numbers of each row are none; "" where all are.

    Args:
        name: what the numbers are, such as `"the audio"`.
        numbers: float tensor `(B, ...)`.
    """
    is_wrong = tf.logical_not(tf.math.is_finite(numbers))
    count = tf.math.count_nonzero(
        is_wrong, axis=_all_but_rows(numbers), dtype=tf.int32
    )
    words = tf.strings.join(
        [
            f"{name}: NaN or infinity in ",
            tf.as_string(count),
            " of ",
            tf.as_string(tf.reduce_prod(tf.shape(numbers)[1:])),
            " numbers. All must be finite.",
        ]
    )
    return tf.where(count > 0, words, "")


def overflowed(*answers):
    """Says where the model's answers are no numbers; "" where they are.

    Args:
        *answers: float tensors `(B, ...)`.
    """
    is_finite = [
        tf.reduce_all(tf.math.is_finite(answer), axis=_all_but_rows(answer))
        for answer in answers
    ]
    words = (
        "the numbers are too large: the model's answer is NaN or infinite. "
        "Scale them down."
    )
    return tf.where(tf.reduce_all(is_finite, axis=0), "", words)


def first_of(*problems):
    """The first problem of each row that has one."""
    found = problems[-1]
    for earlier in reversed(problems[:-1]):
        found = tf.where(tf.equal(earlier, ""), found, earlier)
    return found


def blanked(tensor, problems, nothing=None):
    """A tensor `(B, ...)` with nothing in all rows that have a problem.

    Args:
        tensor: of any type.
        problems: string tensor `(B,)`, "" where all is well.
        nothing: what stands there; None for 0, or "" among strings.
    """
    is_fine = tf.reshape(
        tf.equal(problems, ""), [-1] + [1] * (tensor.shape.rank - 1)
    )
    if nothing is None:
        nothing = "" if tensor.dtype == tf.string else 0
    return tf.where(is_fine, tensor, tf.constant(nothing, tensor.dtype))


def with_problems(answers, problems):
    """Answers by name, blank where there is a problem, and the problems."""
    return {
        **{name: blanked(tensor, problems) for name, tensor in answers.items()},
        "problem_bytes": problems,
    }


def _all_but_rows(tensor):
    return list(range(1, tensor.shape.rank))
