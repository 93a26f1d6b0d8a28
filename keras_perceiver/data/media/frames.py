"""The frames that a video shows at given times, as squares."""

import fractions

import numpy as np

# As costly as "BILINEAR" where frames get smaller; each pixel is the mean of
# those it covers.
_INTERPOLATION = "AREA"
# Half a tick of the coarsest usual clock, Matroska's: times are rounded to it.
_ROUNDING = fractions.Fraction(1, 2000)


def shown_at(timed_frames, first, interval, last):
    """Yields the frame that is shown at `first`, one interval later, ...

    A frame is shown from its own time to that of the next; the first one also
    before its time. Frames out of order are left out.

    Args:
        timed_frames: triples of a time, how long the frame is shown if it is
            the last, and the frame; exact fractions of seconds.
        first: the first time.
        interval: between times.
        last: nothing is shown from there on; None for no end.
    """
    count, shown, begin, end = 0, None, None, None
    for next_begin, duration, frame in timed_frames:
        if shown is not None and next_begin <= begin:
            continue
        while shown is not None:
            time = first + count * interval
            if last is not None and time >= last:
                return
            if time + _ROUNDING < next_begin:
                yield shown
                count += 1
            else:
                break
        shown, begin, end = frame, next_begin, next_begin + duration
    while shown is not None:
        time = first + count * interval
        if time + _ROUNDING >= end or (last is not None and time >= last):
            return
        yield shown
        count += 1


class Squares:
    """Makes squares of decoded frames: resized, upright, the centre of each.

    Args:
        size: height and width of the squares.
        aspect: width of a stored pixel, its height being 1.
        max_pixels: of a resized frame; long strips get large.
    """

    def __init__(self, size, aspect, max_pixels):
        self.size = size
        self.aspect = aspect
        self.max_pixels = max_pixels
        self._last = None, None

    def __call__(self, frame):
        """Returns uint8 `(size, size, 3)` of a frame of PyAV."""
        # A slow video shows the same frame several times.
        if self._last[0] is not frame:
            self._last = frame, self._square(frame)
        return self._last[1]

    def resized_shape(self, width, height):
        """Returns width and height, the shorter of them `size`."""
        shown_width = width * self.aspect
        scale = self.size / min(shown_width, height)
        return tuple(
            max(self.size, round(side * scale))
            for side in (shown_width, height)
        )

    def fits(self, width, height):
        """Returns whether a frame and what it is resized to are small."""
        wide, high = self.resized_shape(width, height)
        return max(width * height, wide * high) <= max(
            self.max_pixels, self.size**2
        )

    def _square(self, frame):
        wide, high = self.resized_shape(frame.width, frame.height)
        pixels = frame.reformat(
            wide, high, "rgb24", interpolation=_INTERPOLATION
        ).to_ndarray()
        top, left = (high - self.size) // 2, (wide - self.size) // 2
        square = pixels[top : top + self.size, left : left + self.size]
        return np.ascontiguousarray(np.rot90(square, frame.rotation // 90))
