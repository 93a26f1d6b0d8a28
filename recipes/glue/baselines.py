"""What models of text are held against: guessing, and counting words."""

import numpy as np

from keras_perceiver import errors
from recipes.glue import scores


def measure(heads, training, heldout):
    """Measures baselines and the reference on the held-out examples.

    Args:
        heads: `Head`s.
        training: `TextExamples` by task.
        heldout: `TextExamples` by task and split.

    Returns:
        `{name: {metric: value, ..., "kind", "description"}}`.
    """

    def most_frequent(head, split, examples):
        targets = training[head.name].targets
        if head.size == 1:
            return np.full(len(examples), targets.mean())
        commonest = np.bincount(targets.astype(int)).argmax()
        return np.full(len(examples), commonest)

    models = {}

    def words(head, split, examples):
        if head.name not in models:
            models[head.name] = _WordModel(head, training[head.name])
        return models[head.name].guess(examples)

    return {
        "most_frequent": {
            **scores.of_tasks(heads, heldout, most_frequent),
            "kind": "baseline",
            "description": "the commonest class, or the mean score",
        },
        "words_tfidf": {
            **scores.of_tasks(heads, heldout, words),
            "kind": "reference",
            "description": (
                "logistic (scores: ridge) regression of TF-IDF words and "
                "pairs of words; of two texts, of differences and products"
            ),
        },
    }


class _WordModel:
    """A linear model of words."""

    def __init__(self, head, examples):
        text = errors.import_extra("sklearn.feature_extraction.text", "data")
        linear = errors.import_extra("sklearn.linear_model", "data")
        self._words = text.TfidfVectorizer(
            ngram_range=(1, 2),
            sublinear_tf=True,
            decode_error="replace",
            # Signs by themselves too, so that no text is without words.
            token_pattern=r"\w+|[^\w\s]",  # noqa: S106
        )
        self._is_pair = any(examples.second)
        self._words.fit([*examples.first, *examples.second])
        self._model = (
            linear.Ridge(alpha=1.0)
            if head.size == 1
            else linear.LogisticRegression(C=10.0, max_iter=1_000)
        )
        self._model.fit(self._features(examples), examples.targets)

    def guess(self, examples):
        return self._model.predict(self._features(examples))

    def _features(self, examples):
        first = self._words.transform(examples.first)
        if not self._is_pair:
            return first
        second = self._words.transform(examples.second)
        product = first.multiply(second)
        sparse = errors.import_extra("scipy.sparse", "data")
        cosine = sparse.csr_matrix(product.sum(axis=1))
        return sparse.hstack([abs(first - second), product, cosine]).tocsr()
