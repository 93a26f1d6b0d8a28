"""TFRecord files, without TensorFlow."""

import functools
import struct

# A log of warm-up requests is smaller by far.
MAX_BYTES = 2**30


def write_records(path, records):
    """Writes a TFRecord file of byte strings."""
    with open(path, "wb") as file:
        for record in records:
            length = struct.pack("<Q", len(record))
            file.write(length + _checksum(length))
            file.write(record + _checksum(record))


def read_records(path):
    """Yields the byte strings of a TFRecord file.

    Raises:
        ValueError: if it is damaged, or larger than any that is expected.
    """
    with open(path, "rb") as file:
        left = file.seek(0, 2)
        file.seek(0)
        if left > MAX_BYTES:
            raise ValueError(f"{path} has {left:,} bytes. At most: {MAX_BYTES}")
        while head := file.read(12):
            (length,) = struct.unpack("<Q", head[:8].ljust(8))
            left -= len(head)
            if head[8:] != _checksum(head[:8]) or length + 4 > left:
                raise ValueError(f"{path} is damaged, or no TFRecord file.")
            record = file.read(length)
            if file.read(4) != _checksum(record):
                raise ValueError(f"{path} is damaged: a checksum is wrong.")
            left -= length + 4
            yield record


def _checksum(content):
    """CRC-32C, masked as TFRecords want it."""
    crc = 0xFFFFFFFF
    table = _table()
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    rotated = (crc >> 15) | (crc << 17)
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


@functools.cache
def _table():
    """The remainder that each byte leaves."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table
