"""The vector that the tests' embedding endpoint gives a text: made of a hash, so that it can be foretold."""

import hashlib
import math
import struct

DIMENSIONS = 16


def vector_of(text, model="fake", dimensions=DIMENSIONS):
    """A unit vector of float32 values, as Python floats; equal texts of one model have equal vectors."""
    digest = hashlib.shake_256(f"{model}\0{text}".encode()).digest(4 * dimensions)
    numbers = [number / 2**31 for number in struct.unpack(f"<{dimensions}i", digest)]
    length = math.sqrt(math.fsum(number * number for number in numbers))
    return list(struct.unpack(f"<{dimensions}f", struct.pack(f"<{dimensions}f", *(number / length for number in numbers))))


def vector_bytes(vector):
    """As it is in a record of the embeddings topic: little-endian float32."""
    return struct.pack(f"<{len(vector)}f", *vector)
