"""Requests that no task can answer, beside good ones."""

import struct

import numpy as np

from tests.image_samples import encoded
from tests.image_samples import jpeg_of_size
from tests.image_samples import noise
from tests.image_samples import png_of_size

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(1, 9, 3)).astype("float32")
ENTITIES = RNG.normal(size=(1, 6, 5)).astype("float32")
AUDIO = RNG.uniform(-1, 1, (1, 64)).astype("float32")
CLIP_AUDIO = AUDIO[:, :48]
VIDEO = RNG.integers(0, 256, (1, 2, 8, 8, 3), "uint8")
PNG = encoded(noise(9, 8))
JPEG = encoded(noise(9, 8), "JPEG")
MASK = np.arange(6)[None] < 4
GOOD = {
    "AutoencodeClip": {"video": VIDEO, "audio": CLIP_AUDIO, "label": [-1]},
    "ClassifyImage": {"image_bytes": [PNG]},
    "ClassifyPoints": {"points": POINTS},
    # Any bytes are text.
    "ClassifyText": {"text_bytes": [b"a\xff"], "second_text_bytes": [b"\0"]},
    "EncodeEntities": {"entities": ENTITIES, "entity_mask": MASK},
    "EstimateFlow": {"first_image_bytes": [PNG], "second_image_bytes": [JPEG]},
    "FillMask": {"text_bytes": [b"\xff\x80 is no UTF-8[MASK]"]},
    "TagAudio": {"audio": AUDIO, "video": VIDEO},
}


def png_without_pixels():
    content = bytearray(PNG)
    content[16:24] = struct.pack(">II", 0, 5)
    return bytes(content)


def with_value(array, value):
    changed = array.copy()
    changed.flat[1] = value
    return changed


# The task, what of its good request is another, and what is said of it.
BAD_ROWS = [
    ("FillMask", {"text_bytes": [b""]}, "has no mask. Write [MASK]"),
    ("FillMask", {"text_bytes": [b"\xff"]}, "has no mask. Write [MASK]"),
    (
        "FillMask",
        {"text_bytes": [b"[MASK:2]" + 40 * b"x"]},
        "takes 42 bytes with its masks, and the model 32.",
    ),
    (
        "FillMask",
        {"text_bytes": [b"[MASK:5]"]},
        "has 5 masked bytes, and at most 4 are answered.",
    ),
    ("ClassifyText", {"text_bytes": [b""]}, "is empty. Give at least one byte"),
    (
        "ClassifyText",
        {"text_bytes": [b"x" * 31]},
        "takes 33 bytes, its partner and a separator included, and the model",
    ),
    ("ClassifyImage", {"image_bytes": [b""]}, "the image is empty: 0 bytes"),
    ("ClassifyImage", {"image_bytes": [b"GIF89a"]}, "is neither JPEG nor PNG"),
    (
        "ClassifyImage",
        {"image_bytes": [JPEG[:-30]]},
        f"damaged or cut off: its {len(JPEG) - 30} bytes cannot be decoded",
    ),
    ("ClassifyImage", {"image_bytes": [JPEG[:9]]}, "its 9 bytes cannot be"),
    ("ClassifyImage", {"image_bytes": [PNG[:50]]}, "its 50 bytes cannot be"),
    (
        "ClassifyImage",
        {"image_bytes": [png_without_pixels()]},
        "bytes cannot be decoded",
    ),
    (
        "ClassifyImage",
        {"image_bytes": [png_of_size(20_000, 30_000)]},
        "has 30000 x 20000 pixels, and at most 5000 in all",
    ),
    (
        "ClassifyImage",
        {"image_bytes": [jpeg_of_size(65_000, 64_000)]},
        "has 64000 x 65000 pixels, and at most 5000 in all",
    ),
    (
        "EstimateFlow",
        {"second_image_bytes": [png_of_size(20_000, 30_000)]},
        "the second image has 30000 x 20000 pixels, and at most 5000",
    ),
    (
        "EstimateFlow",
        {"first_image_bytes": [encoded(noise(9, 9))]},
        "the two images differ in size: 9 x 9 and 8 x 9 pixels.",
    ),
    (
        "EstimateFlow",
        {"first_image_bytes": [JPEG[:-30]]},
        "the first image is damaged or cut off",
    ),
    (
        "EstimateFlow",
        {key: [encoded(noise(1, 2000))] for key in GOOD["EstimateFlow"]},
        "have 2000 x 1 pixels, 2000 x 8 when filled up to a tile, and at most",
    ),
    (
        "TagAudio",
        {"audio": with_value(AUDIO, np.nan)},
        "the audio: NaN or infinity in 1 of 64 numbers. All must be finite.",
    ),
    (
        "AutoencodeClip",
        {"audio": with_value(CLIP_AUDIO, -np.inf)},
        "the audio: NaN or infinity in 1 of 48 numbers.",
    ),
    (
        "EncodeEntities",
        {"entities": with_value(ENTITIES, np.inf)},
        "the entities: NaN or infinity in 1 of 30 numbers.",
    ),
    (
        "EncodeEntities",
        {"entities": with_value(ENTITIES, 3e38)},
        "the numbers are too large: the model's answer is NaN or infinite.",
    ),
    (
        "ClassifyPoints",
        {"points": with_value(POINTS, np.nan)},
        "the points: NaN or infinity in 1 of 27 numbers.",
    ),
    (
        "ClassifyPoints",
        {"points": POINTS[:, :0]},
        "the cloud has 0 points. Give at least one.",
    ),
]
BAD_SHAPES = [
    (
        "FillMask",
        {"text_bytes": [[b"[MASK]"]]},
        "text_bytes has the shape (1, 1) and should have (rows).",
    ),
    (
        "FillMask",
        {"text_bytes": b"[MASK]"},
        "text_bytes has the shape () and should have (rows).",
    ),
    (
        "ClassifyText",
        {"second_text_bytes": [b"a", b"b"]},
        "differ in rows: text_bytes has 1, second_text_bytes has 2, and all",
    ),
    (
        "ClassifyImage",
        {"image_bytes": [[PNG]]},
        "image_bytes has the shape (1, 1) and should have (rows).",
    ),
    (
        "EstimateFlow",
        {"first_image_bytes": [PNG, PNG]},
        "first_image_bytes has 2, second_image_bytes has 1,",
    ),
    (
        "TagAudio",
        {"audio": AUDIO[:, :9]},
        "audio has the shape (1, 9) and should have (rows, 64).",
    ),
    (
        "TagAudio",
        {"video": VIDEO[0]},
        "video has the shape (2, 8, 8, 3) and should have (rows, 2, 8, 8, 3).",
    ),
    (
        "AutoencodeClip",
        {"label": [[-1]]},
        "label has the shape (1, 1) and should have (rows).",
    ),
    (
        "EncodeEntities",
        {"entities": ENTITIES[..., :4]},
        "entities has the shape (1, 6, 4) and should have (rows, 6, 5).",
    ),
    (
        "ClassifyPoints",
        {"points": POINTS[..., :2]},
        "points has the shape (1, 9, 2) and should have (rows, any, 3).",
    ),
    (
        "ClassifyPoints",
        {"points": POINTS[0]},
        "points has the shape (9, 3) and should have (rows, any, 3).",
    ),
]
