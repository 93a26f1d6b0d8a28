"""Pieces of a video that a process of its own reads, as they come."""

import os

import numpy as np

from keras_perceiver import errors
from keras_perceiver.data import own_process
from keras_perceiver.data.media import faults
from keras_perceiver.data.media.decode import Piece
from keras_perceiver.data.media.decode import VideoReader
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat


class IsolatedReader:
    """A `VideoReader` whose decoders cannot take us with them.

    The other process is at most a piece ahead. Time counts against the limit
    while it is waited for. A script that reads so is run by its
    `if __name__ == "__main__":`, since that process imports it.

    Args:
        path: the file.
        media_format: a `MediaFormat`; None for the published one.
        limits: `Limits`; None for the usual ones.
        sound_alone: whether a file without a video track is read too, with
            black frames.

    Attributes:
        has_audio: whether any sound was found; known after the first piece.
        claimed_frames: how many it has by what it says of its length; None
            until the first piece, and where it says nothing.
        problems: list of words that follow "the video", about what was lost;
            known after the last piece.
    """

    def __init__(self, path, media_format=None, limits=None, sound_alone=False):
        errors.import_extra("av", "video")
        self.path = os.path.abspath(path)
        self.media_format = media_format or MediaFormat()
        self.limits = limits or Limits()
        self.sound_alone = sound_alone
        self.has_audio = False
        self.claimed_frames = None
        self.problems = []

    def pieces(self, frames_per_piece):
        """Yields `Piece`s of so many frames, the last one maybe of fewer.

        Raises:
            MediaError: if there are no frames, a limit is passed, or the
                decoder crashed.
        """
        first_frame = 0
        with own_process.started(
            _send_pieces,
            self.limits,
            MediaError,
            self.path,
            frames_per_piece,
            self.media_format,
            self.limits,
            self.sound_alone,
        ) as child:
            while (said := child.hear())["count"]:
                self.has_audio = said["has_audio"]
                self.claimed_frames = said["claimed_frames"]
                yield self._piece(child, first_frame, said["count"])
                first_frame += said["count"]
        if said["fault"]:
            raise MediaError(said["fault"])
        self.problems = said["problems"]

    def _piece(self, child, first_frame, count):
        size = self.media_format.size
        samples = self.media_format.samples_per_frame
        frames = child.receive(count * size * size * 3)
        audio = child.receive(count * samples * 2)
        return Piece(
            first_frame,
            np.frombuffer(frames, np.uint8).reshape(count, size, size, 3),
            np.frombuffer(audio, np.int16).reshape(count * samples),
        )


def _send_pieces(
    sender, path, frames_per_piece, media_format, limits, sound_alone
):
    own_process.limit_memory(limits.max_memory_bytes)
    reader = VideoReader(
        path,
        media_format=media_format,
        limits=limits,
        sound_alone=sound_alone,
    )
    fault = None
    try:
        for piece in reader.pieces(frames_per_piece):
            own_process.say(
                sender,
                {
                    "count": len(piece.frames),
                    "has_audio": reader.has_audio,
                    "claimed_frames": reader.claimed_frames,
                },
            )
            sender.send_bytes(piece.frames.tobytes())
            sender.send_bytes(piece.audio.tobytes())
    except Exception as error:
        fault = faults.fault(error, limits)
        if fault is None:
            raise
    own_process.say(
        sender, {"count": 0, "fault": fault, "problems": reader.problems}
    )
