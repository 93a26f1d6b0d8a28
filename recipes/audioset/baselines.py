"""What a tagger must beat, and what it is compared with.

A model that learned nothing gives each tag the share of clips that have it,
or a random number. The reference is classical: logistic regression, a class
at a time, of each clip's mean spectrum and colours.
"""

import numpy as np

from keras_perceiver import errors
from keras_perceiver.data.audio import log_mel_spectrogram
from keras_perceiver.data.media.sources import TRAIN
from recipes.audioset.metrics import ClipScores
from recipes.audioset.metrics import measured

# Of these, the first ones are looked at.
MOST_CLIPS = 2_048
_SEED = 20_210_730
_STEPS_OF_REGRESSION = 1_000
_NUM_SPECTRA = 32
_NUM_BINS = 40
_SMALLEST_SHARE = 1e-4


def measure(data):
    """Measures baselines and the reference on the held-out clips.

    Args:
        data: the `TagData`.

    Returns:
        `{name: {metric: value or None, "kind", "description"}}`.
    """
    count = min(MOST_CLIPS, 4 * data.clips.num_records(TRAIN))
    training = list(data.first_training_clips(count).as_numpy_iterator())
    labels = np.concatenate([clips["labels"] for clips in training])
    shares = np.maximum(labels.mean(axis=0), _SMALLEST_SHARE)
    generator = np.random.default_rng(_SEED)
    measured_rows = {
        "prior": (
            lambda clips: np.tile(shares, (len(clips["labels"]), 1)),
            "baseline",
            f"the share of each tag in {len(labels)} training clips",
        ),
        "random": (
            lambda clips: generator.uniform(size=clips["labels"].shape),
            "baseline",
            "a random number for each tag of each clip",
        ),
        "mean_spectrum": (
            Regression(training, labels, data.media_format.sample_rate),
            "reference",
            "logistic regression of the mean and the deviation of a spectrum "
            f"of {_NUM_BINS} bins and of the colours, over a clip",
        ),
    }
    return {
        name: {
            **_of_heldout(data, probabilities),
            "kind": kind,
            "description": description,
        }
        for name, (probabilities, kind, description) in measured_rows.items()
    }


def _of_heldout(data, probabilities):
    scores = ClipScores(data.num_classes)
    for clips in data.test_batches().as_numpy_iterator():
        scores.add(clips["name"], clips["labels"], probabilities(clips))
    return measured(*scores.table())


class Regression:
    """Tells tags by spectra and colours that do not know of time.

    Args:
        training: batches of clips.
        labels: bool, of all of them.
        sample_rate: of their sound, in Hz.
    """

    def __init__(self, training, labels, sample_rate):
        linear = errors.import_extra("sklearn.linear_model", "data")
        preprocessing = errors.import_extra("sklearn.preprocessing", "data")
        self._sample_rate = sample_rate
        self._scaler = preprocessing.StandardScaler()
        features = np.concatenate([self._features(one) for one in training])
        features = self._scaler.fit_transform(features)
        self._classifiers = [
            linear.LogisticRegression(max_iter=_STEPS_OF_REGRESSION).fit(
                features, own
            )
            # What all or none have needs no classifier, and has none.
            if own.any() and not own.all()
            else float(own.all())
            for own in labels.T
        ]

    def __call__(self, clips):
        """Returns probabilities `(n, num_classes)`."""
        features = self._scaler.transform(self._features(clips))
        return np.stack(
            [
                np.full(len(features), one)
                if isinstance(one, float)
                else one.predict_proba(features)[:, 1]
                for one in self._classifiers
            ],
            axis=1,
        )

    def _features(self, clips):
        spectra = log_mel_spectrogram(
            clips["audio"], _NUM_SPECTRA, _NUM_BINS, self._sample_rate
        ).numpy()
        colours = clips["video"].astype("float32") / 255
        return np.concatenate(
            [
                spectra.mean(axis=1),
                spectra.std(axis=1),
                colours.mean(axis=(1, 2, 3)),
                colours.std(axis=(1, 2, 3)),
            ],
            axis=1,
        )
