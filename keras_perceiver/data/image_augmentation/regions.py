"""Parts of images, decoded without the rest of them."""

import tensorflow as tf

from keras_perceiver.data import images


def read_regions(
    image_bytes, numbers, choose, prepare, shape, max_pixels=images.MAX_PIXELS
):
    """Decodes a part of each file and brings it to one size.

    Of a JPEG, only that part is decoded. Where its right end is inside the
    image, the colours of its last column may be off by a few levels, as their
    neighbours are not known; and what is damaged below it is not found. Of a
    PNG, all is decoded.

    Args:
        image_bytes: string tensor `(B,)`.
        numbers: int64 `(B,)`, one for each file, such as those of examples.
        choose: from an image's size, int32 `(2,)`, height and width, and its
            number to the part: int32 `(4,)`, top, left, height and width.
        prepare: from the part, uint8 `(h, w, 3)`, and the number to float32
            of `shape`.
        shape: what `prepare` returns.
        max_pixels: larger images are refused before they are decoded.

    Returns:
        What `images.read_images` returns.
    """

    def look(encoded, is_png, size, number):
        part = _decode_region(encoded, is_png, choose(size, number))
        # Parts have different sizes; as strings, they make a batch.
        return tf.io.serialize_tensor(part)

    @tf.autograph.experimental.do_not_convert
    def finish(row):
        serialized, number = row
        return tf.cond(
            tf.equal(serialized, ""),
            lambda: tf.zeros(shape),
            lambda: prepare(_parsed(serialized), number),
        )

    parts, problems = images.read_rows(
        image_bytes, (numbers,), look, (), tf.string, max_pixels
    )
    # Not in `look`, whose graph is made anew at every call: that takes the
    # longer the more operations it has.
    prepared = tf.map_fn(
        finish,
        (parts, numbers),
        fn_output_signature=tf.TensorSpec(shape, tf.float32),
    )
    return prepared, problems


def _decode_region(encoded, is_png, region):
    return tf.cond(
        is_png,
        lambda: images.part_of(tf.io.decode_png(encoded, channels=3), region),
        lambda: tf.io.decode_and_crop_jpeg(
            encoded, region, channels=3, dct_method=images.DCT_METHOD
        ),
    )


def _parsed(serialized):
    image = tf.io.parse_tensor(serialized, tf.uint8)
    return tf.ensure_shape(image, (None, None, 3))
