"""Files of optical flow: Middlebury's .flo and KITTI's 16-bit PNG."""

import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver import files

# A .flo file begins with this float, whose bytes read "PIEH".
FLO_TAG = 202021.25
# Larger motions stand for "not known" in .flo files.
UNKNOWN = 1e9
_FLO_HEAD_BYTES = 12
_KITTI_STEPS = 64
_KITTI_ZERO = 2**15


def encode_flo(flow):
    """Writes flow as .flo, inside a TensorFlow graph.

    Args:
        flow: float32 `(H, W, 2)`: motion to the right and down, in pixels.

    Returns:
        string tensor `()`: the tag, width, height, and then both motions
        pixel by pixel, row by row, little end first.
    """
    size = tf.reverse(tf.shape(flow)[:2], [0])
    tag = tf.constant([FLO_TAG])
    return tf.strings.join([_raw(tag), _raw(size), _raw(flow)])


def decode_flo(content, name="The flow"):
    """Reads the bytes of a .flo file.

    Args:
        content: the bytes.
        name: what to call them in messages.

    Returns:
        float32 `(H, W, 2)`; beyond `UNKNOWN` where the flow is not known.

    Raises:
        ValueError: if these are not the bytes of a whole .flo file.
    """
    tag = np.frombuffer(content[:4], "<f4") if len(content) >= 4 else ()
    if len(tag) == 0 or tag[0] != np.float32(FLO_TAG):
        raise ValueError(
            f"{name} is no .flo file: it begins with {content[:4]!r}, and not "
            "with b'PIEH'."
        )
    if len(content) < _FLO_HEAD_BYTES:
        raise ValueError(f"{name} is cut off: {len(content)} bytes came.")
    width, height = map(int, np.frombuffer(content[4:_FLO_HEAD_BYTES], "<i4"))
    wanted = _FLO_HEAD_BYTES + 8 * width * height
    if width < 1 or height < 1 or len(content) != wanted:
        raise ValueError(
            f"{name} is damaged or cut off: {width} x {height} pixels take "
            f"{wanted} bytes. Received: {len(content)}"
        )
    flow = np.frombuffer(content, "<f4", offset=_FLO_HEAD_BYTES)
    return flow.reshape(height, width, 2).astype(np.float32)


def read_flo(path):
    """Reads a .flo file as `decode_flo` does."""
    path = pathlib.Path(path)
    return decode_flo(path.read_bytes(), name=str(path))


def write_flo(path, flow):
    """Writes a .flo file.

    Args:
        path: the file; it is replaced whole.
        flow: `(H, W, 2)` as `encode_flo` takes it.
    """
    flow = _checked(flow)
    files.write_bytes(path, encode_flo(tf.constant(flow)).numpy())


def read_kitti(path):
    """Reads KITTI's PNG of flow.

    Args:
        path: a PNG with 16 bits for each of its three channels.

    Returns:
        float32 `(H, W, 2)` in pixels, in steps of 1/64, and bool `(H, W)`:
        where the flow is known. Elsewhere it is zero.

    Raises:
        ValueError: if it is no such file.
    """
    content = pathlib.Path(path).read_bytes()
    # PIL and 8-bit readers drop the lower half without a word.
    depth, colours = content[24:26] if len(content) > 26 else (0, 0)
    if content[:4] != b"\x89PNG" or (depth, colours) != (16, 2):
        raise ValueError(
            f"{path} is no flow of KITTI: wanted a PNG of RGB with 16 bits a "
            "channel."
        )
    try:
        pixels = tf.io.decode_png(content, channels=3, dtype=tf.uint16).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(f"{path} is damaged or cut off.") from error
    valid = pixels[..., 2] > 0
    flow = (pixels[..., :2].astype(np.float32) - _KITTI_ZERO) / _KITTI_STEPS
    return np.where(valid[..., None], flow, np.float32(0)), valid


def write_kitti(path, flow, valid=None):
    """Writes KITTI's PNG of flow, which rounds it to 1/64 of a pixel.

    Args:
        path: the file; it is replaced whole.
        flow: `(H, W, 2)` in pixels.
        valid: bool `(H, W)`: where it is known. Defaults to everywhere.

    Raises:
        ValueError: if a known motion is no number from -512 to 511.98.
    """
    flow = _checked(flow)
    if valid is None:
        valid = np.ones(flow.shape[:2], bool)
    valid = np.asarray(valid, bool)
    if valid.shape != flow.shape[:2]:
        raise ValueError(
            f"`valid` has another size than the flow, {flow.shape[:2]}. "
            f"Received: {valid.shape}"
        )
    known = np.where(valid[..., None], flow, 0)
    steps = np.rint(known.astype(np.float64) * _KITTI_STEPS) + _KITTI_ZERO
    if not ((steps >= 0) & (steps <= 2**16 - 1)).all():
        raise ValueError(
            "KITTI's files hold motions from -512 to 511.98 pixels. Mark "
            "others as not known with `valid`, or write .flo. Received: "
            f"{known.min()} to {known.max()}"
        )
    steps = np.where(valid[..., None], steps, 0)
    pixels = np.concatenate([steps, valid[..., None]], axis=-1)
    encoded = tf.io.encode_png(tf.constant(pixels, tf.uint16))
    files.write_bytes(path, encoded.numpy())


def _raw(tensor):
    """The bytes of a tensor's numbers; no operation gives just them.

    A serialized tensor ends with them.
    """
    size = tf.size(tensor, tf.int64) * tensor.dtype.size
    return tf.strings.substr(tf.io.serialize_tensor(tensor), -size, size)


def _checked(flow):
    flow = np.asarray(flow, np.float32)
    if flow.ndim != 3 or flow.shape[2] != 2 or flow.size == 0:
        raise ValueError(
            f"Flow is an array (H, W, 2). Received: shape {flow.shape}"
        )
    return flow
