"""What the autoencoder gives back, for people to see and hear."""

import numpy as np

from keras_perceiver import files
from keras_perceiver.data.media.writing import VideoWriter
from keras_perceiver.tasks.autoencode_clip import AutoencodeClip
from keras_perceiver.visualization import clips as clip_pictures
from keras_perceiver.visualization import spectrograms

NUM_CLIPS = 4


def sample(task, data):
    """Returns a PNG: held-out clips above what the model makes of them.

    Args:
        task: an `AutoencodeClip`.
        data: the `ClipData`.
    """
    return _contact_sheet(*_first_clips(task, data), data)


def write_pictures(folder, model, data):
    """Writes a contact sheet, spectrograms and a video with sound.

    Args:
        folder: a `pathlib.Path`.
        model: the autoencoder.
        data: the `ClipData`.

    Returns:
        The paths that were written.
    """
    clips, video, audio, label = _first_clips(AutoencodeClip(model), data)
    paths = [
        folder / "contact_sheet.png",
        folder / "spectrograms.png",
        folder / "reconstruction.mp4",
    ]
    pngs = [
        _contact_sheet(clips, video, audio, label, data),
        spectrograms.draw(
            clips["audio"],
            audio,
            data.media_format.sample_rate,
            [name.decode(errors="replace") for name in clips["name"]],
        ),
    ]
    for path, content in zip(paths, pngs, strict=False):
        files.write_bytes(path, content)
    _write_video(paths[2], clips, video, audio, data)
    return paths


def _first_clips(task, data):
    """The first held-out clips, and their reconstructions."""
    batches = data.heldout_batches().unbatch().batch(NUM_CLIPS)
    clips = next(batches.as_numpy_iterator())
    answers = [
        task(*pair) for pair in zip(clips["video"], clips["audio"], strict=True)
    ]
    return clips, *(
        np.stack([getattr(answer, name) for answer in answers])
        for name in ("video", "audio", "label")
    )


def _contact_sheet(clips, video, audio, label, data):
    names = np.array([*data.class_names, "no label"])
    return clip_pictures.contact_sheet(
        clips["video"],
        video,
        names[label.argmax(axis=1)],
        names[clips["label"]],
    )


def _write_video(path, clips, video, audio, data):
    """All clips, one after another; the original left, and our sound."""
    pairs = [
        clip_pictures.side_by_side(*pair)
        for pair in zip(clips["video"], video, strict=True)
    ]
    with VideoWriter(
        path,
        frames_per_second=data.media_format.frames_per_second,
        sample_rate=data.media_format.sample_rate,
        size=pairs[0].shape[1:3],
    ) as writer:
        for frames, sound in zip(pairs, audio, strict=True):
            writer.write(frames, sound)
