"""What an autoencoder must beat, and what it is compared with.

A model that learned nothing shows the mean frame, is silent and names the
most frequent class. Two classical codes of the clip itself are references:
its own mean frame, and both signals resized to as few numbers as the latents
hold. Colours and pitch tell the classes of small sets by logistic regression.
"""

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from recipes.kinetics.evaluation import Errors

# Of these, the first ones are looked at.
MOST_CLIPS = 512
_STEPS_OF_REGRESSION = 2_000
_SPECTRUM_BINS = 64
_THUMBNAIL = (2, 4, 4)


def measure(data):
    """Measures baseline and references on the held-out clips.

    Args:
        data: the `ClipData`.

    Returns:
        `{name: {metric: value or None, "kind", "description"}}`.
    """
    training = list(data.first_training_clips(MOST_CLIPS).as_numpy_iterator())
    constant = _Constant(training, data.num_classes)
    measured = {
        "constant": (
            constant,
            "baseline",
            "the mean frame and the shares of the classes of "
            f"{constant.count} training clips, and silence",
        ),
        "own_mean_frame": (
            _own_mean_frame,
            "reference",
            "each clip's own mean frame",
        ),
        "resized": (
            _Resized(data),
            "reference",
            "video and sound resized to as many numbers as the latents have",
        ),
    }
    labels = np.concatenate([clips["label"] for clips in training])
    if len(np.unique(labels[labels >= 0])) > 1:
        measured["colour_and_pitch"] = (
            _Regression(training, data.num_classes),
            "reference",
            f"logistic regression of a thumbnail of {_THUMBNAIL} colours and "
            f"a spectrum of {_SPECTRUM_BINS} bins",
        )
    return {
        name: {
            **_errors(data, reconstruct),
            "kind": kind,
            "description": description,
        }
        for name, (reconstruct, kind, description) in measured.items()
    }


def _errors(data, reconstruct):
    """Held-out errors of a function from a batch to what it gives back.

    What it does not give back is None, and so are its errors.
    """
    sums, missing = Errors(), set()
    for clips in data.heldout_batches().as_numpy_iterator():
        video, audio, label = reconstruct(clips)
        given = {"video": video, "audio": audio, "label": label}
        missing |= {name for name, value in given.items() if value is None}
        nothing = {
            "video": np.zeros_like(clips["video"]),
            "audio": np.zeros_like(clips["audio"]),
            "label": np.ones((len(clips["label"]), data.num_classes)),
        }
        for name in missing:
            given[name] = nothing[name]
        sums.add(clips, **given)
    means = sums.means(data.loss)
    parts = {
        "video": ("video_mse", "video_mae"),
        "audio": ("audio_mse", "audio_mae"),
        "label": ("top_1_error", "top_5_error", "nats"),
    }
    for name in missing:
        means |= dict.fromkeys((*parts[name], "loss"))
    return means


class _Constant:
    """The same for every clip."""

    def __init__(self, training, num_classes):
        self.count = sum(len(clips["label"]) for clips in training)
        frames = [clips["video"].mean(axis=1) for clips in training]
        self._frame = np.concatenate(frames).mean(axis=0)
        labels = np.concatenate([clips["label"] for clips in training])
        counts = np.bincount(labels[labels >= 0], minlength=num_classes)
        # Half a clip more, so that no class is impossible.
        self._shares = (counts + 0.5) / (counts + 0.5).sum()

    def __call__(self, clips):
        count = len(clips["label"])
        return (
            np.broadcast_to(self._frame, clips["video"].shape),
            np.zeros_like(clips["audio"]),
            np.tile(self._shares, (count, 1)),
        )


def _own_mean_frame(clips):
    return clips["video"].mean(axis=1, keepdims=True), None, None


class _Resized:
    """Fewer pixels and samples, and back again.

    The numbers of all latents are shared out by how many values a modality
    has.
    """

    def __init__(self, data):
        values = {
            "video": 3 * data.num_pixels,
            "audio": data.num_audio_samples,
        }
        share = min(1.0, data.num_latent_values / sum(values.values()))
        height, width = data.video_shape[1:3]
        # In all three dimensions of the video alike.
        scale = share ** (1 / 3)
        self._num_frames = max(1, int(scale * data.video_shape[0]))
        self._size = [max(1, int(scale * height)), max(1, int(scale * width))]
        self._num_samples = max(1, int(share * data.num_audio_samples))

    def __call__(self, clips):
        return self._video(clips["video"]), self._audio(clips["audio"]), None

    def _video(self, video):
        count, frames, height, width, _ = video.shape
        rows = video.reshape(-1, height, width, 3)
        small = tf.image.resize(rows, self._size, "area")
        small = tf.reshape(small, (count, frames, -1))[..., None]
        num_values = small.shape[2]
        few = tf.image.resize(small, [self._num_frames, num_values], "area")
        back = tf.image.resize(few, [frames, num_values], "bilinear")
        back = tf.reshape(back, (count * frames, *self._size, 3))
        back = tf.image.resize(back, [height, width], "bilinear")
        return back.numpy().reshape(video.shape)

    def _audio(self, audio):
        rows = audio[:, :, None, None]
        small = tf.image.resize(rows, [self._num_samples, 1], "area")
        back = tf.image.resize(small, [audio.shape[1], 1], "bilinear")
        return back.numpy().reshape(audio.shape)


class _Regression:
    """Tells classes by a few colours and the strongest tones."""

    def __init__(self, training, num_classes):
        linear = errors.import_extra("sklearn.linear_model", "data")
        preprocessing = errors.import_extra("sklearn.preprocessing", "data")
        pipeline = errors.import_extra("sklearn.pipeline", "data")
        self._num_classes = num_classes
        self._classifier = pipeline.make_pipeline(
            preprocessing.StandardScaler(),
            linear.LogisticRegression(max_iter=_STEPS_OF_REGRESSION),
        )
        features = np.concatenate([_features(clips) for clips in training])
        labels = np.concatenate([clips["label"] for clips in training])
        is_known = labels >= 0
        self._classifier.fit(features[is_known], labels[is_known])

    def __call__(self, clips):
        label = np.zeros((len(clips["label"]), self._num_classes))
        known = self._classifier.predict_proba(_features(clips))
        label[:, self._classifier.classes_] = known
        return None, None, label


def _features(clips):
    video, count = clips["video"], len(clips["label"])
    thumbnails = np.concatenate(
        [
            tf.image.resize(part.mean(axis=1), _THUMBNAIL[1:], "area")
            for part in np.array_split(video, _THUMBNAIL[0], axis=1)
        ],
        axis=1,
    )
    spectrum = np.abs(np.fft.rfft(clips["audio"], axis=1))
    bins = np.array_split(spectrum, _SPECTRUM_BINS, axis=1)
    loudness = np.stack([part.mean(axis=1) for part in bins], axis=1)
    return np.concatenate(
        [thumbnails.reshape(count, -1), np.log1p(loudness)], axis=1
    )
