"""Clips of one length out of the pieces of a file that is read."""

import numpy as np


def padded(frames, audio, num_frames, num_samples):
    """Makes a clip whole: the last frame again and again, and silence.

    Args:
        frames: uint8 `(T, H, W, 3)`, one at least.
        audio: `(n,)`.
        num_frames: wanted.
        num_samples: wanted.
    """
    missing = num_frames - len(frames)
    return (
        np.pad(frames, [(0, missing), (0, 0), (0, 0), (0, 0)], mode="edge"),
        np.pad(audio, (0, num_samples - len(audio))),
    )


def overlapping(pieces, num_frames, samples_per_frame):
    """Yields clips, each beginning half a clip behind the one before.

    The last one ends where the file does; a file that is shorter than a clip
    is padded to one.

    Args:
        pieces: `decode.Piece`s in a row.
        num_frames: of a clip.
        samples_per_frame: of the pieces.

    Yields:
        Frames, uint8 `(num_frames, H, W, 3)`, and samples, int16.
    """
    step = max(1, num_frames // 2)
    frames, audio = None, np.zeros(0, np.int16)
    # Those at the begin of `frames` that were yielded already.
    num_yielded = 0
    for piece in pieces:
        frames = (
            piece.frames
            if frames is None
            else np.concatenate([frames, piece.frames])
        )
        audio = np.concatenate([audio, piece.audio])
        while len(frames) >= num_frames + (step if num_yielded else 0):
            # A whole clip is kept, for the last one to begin within it.
            first = step if num_yielded else 0
            frames, audio = frames[first:], audio[first * samples_per_frame :]
            num_yielded = num_frames
            yield frames[:num_frames], audio[: num_frames * samples_per_frame]
    if frames is None or len(frames) <= num_yielded:
        return
    frames, audio = (
        frames[-num_frames:],
        audio[-num_frames * samples_per_frame :],
    )
    yield padded(frames, audio, num_frames, num_frames * samples_per_frame)
