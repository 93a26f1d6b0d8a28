"""Which examples are held out, kept or evaluated, by hashes of their names.

Nothing here is random: a file stays on its side when others come and go.
"""

import numpy as np
import tensorflow as tf

HELDOUT_SHARE = 0.1
_BUCKETS = 2**30


def is_heldout(names):
    """Returns a boolean for each name: true for about a tenth of them."""
    return _hashes("heldout", names) < HELDOUT_SHARE


def is_kept(names, labels, num_classes, label_skew):
    """Returns a boolean for each training example that a skew keeps.

    Of class k of K the share `label_skew ** (-k / (K - 1))` is kept.

    Args:
        names: strings `(n,)`.
        labels: integers `(n,)`; an example outside the classes is kept.
        num_classes: K.
        label_skew: at least 1.
    """
    classes = np.arange(num_classes)
    shares = label_skew ** (-classes / max(num_classes - 1, 1))
    is_inside = (labels >= 0) & (labels < num_classes)
    share = np.where(is_inside, shares[np.where(is_inside, labels, 0)], 1.0)
    return _hashes("skew", names) < share


def is_chosen(names, labels, limit):
    """Returns a boolean for each of at most `limit` examples of all classes.

    Classes get as many each as they have, up to one more or less; which ones
    of a class goes by the hash, so that a smaller limit chooses among what a
    larger one does.
    """
    hashes = _hashes("evaluation", names)
    by_class = np.lexsort((hashes, labels))
    firsts = np.searchsorted(labels[by_class], labels[by_class])
    ranks = np.empty(len(labels), np.int64)
    ranks[by_class] = np.arange(len(labels)) - firsts
    chosen = np.zeros(len(labels), bool)
    chosen[np.lexsort((hashes, ranks))[:limit]] = True
    return chosen


def hash_order(names):
    """Returns the numbers of the names, ordered by what decides holding out."""
    return np.argsort(_hashes("heldout", names), kind="stable")


def _hashes(purpose, names):
    """A number from 0 to 1 for each name; another one for each purpose."""
    names = tf.strings.join([f"{purpose}:", names])
    # A fingerprint that TensorFlow keeps for good.
    return tf.strings.to_hash_bucket_fast(names, _BUCKETS).numpy() / _BUCKETS
