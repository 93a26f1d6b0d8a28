"""UTF-8 bytes as tokens, the same in Python and inside a TensorFlow graph."""

import numpy as np
import tensorflow as tf

PAD, BOS, EOS, MASK, CLS, SEP = range(6)
NUM_SPECIAL_TOKENS = 6


class ByteTokenizer:
    """Token id = byte + 6, after six special ids.

    The vocabulary of the released byte models: PAD 0, BOS 1, EOS 2, MASK 3,
    CLS 4, SEP 5 (the paper counts four specials, the code six). Nothing is
    added in front or behind. Any bytes are text, valid UTF-8 or not.

    The graph methods use core operations only, so that an exported model
    runs on any TensorFlow.
    """

    vocabulary_size = NUM_SPECIAL_TOKENS + 256
    pad_id = PAD
    mask_id = MASK

    def encode(self, text):
        """Returns the int32 ids of a `str` or `bytes`, one a byte."""
        data = text.encode() if isinstance(text, str) else bytes(text)
        values = np.frombuffer(data, np.uint8)
        return values.astype(np.int32) + NUM_SPECIAL_TOKENS

    def decode(self, token_ids):
        """Returns the bytes of ids; special tokens are left out."""
        token_ids = np.asarray(token_ids)
        values = token_ids[token_ids >= NUM_SPECIAL_TOKENS]
        return (values - NUM_SPECIAL_TOKENS).astype(np.uint8).tobytes()

    def encode_tensor(self, text_bytes, length):
        """Encodes strings inside a graph.

        Args:
            text_bytes: string tensor `(B,)`.
            length: number of ids a row. Shorter rows are padded with PAD,
                longer ones are cut.

        Returns:
            int32 `token_ids` and boolean `padding_mask` (True = valid), both
            `(B, length)`.
        """
        values = tf.io.decode_raw(text_bytes, tf.uint8, fixed_length=length)
        # Byte 0 and the padding look alike, so the mask comes from lengths.
        padding_mask = tf.sequence_mask(tf.strings.length(text_bytes), length)
        token_ids = tf.where(
            padding_mask, tf.cast(values, tf.int32) + NUM_SPECIAL_TOKENS, PAD
        )
        return token_ids, padding_mask

    def bytes_of_tensor(self, token_ids):
        """Returns one string an id, empty for special tokens; same shape."""
        table = [b""] * NUM_SPECIAL_TOKENS
        table += [bytes([value]) for value in range(256)]
        return tf.gather(tf.constant(table), token_ids)

    def decode_tensor(self, token_ids):
        """Returns string `(B,)` of ids `(B, L)`, without special tokens."""
        return tf.strings.reduce_join(self.bytes_of_tensor(token_ids), axis=-1)
