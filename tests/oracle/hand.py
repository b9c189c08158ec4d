"""A topic in memory, for histories made by hand."""

import uuid

from oracle.wire import Message, murmur2_partition

PARTITIONS = 4


class Log:
    def __init__(self):
        self.ends = [0] * PARTITIONS
        self.messages = []

    def append(self, key, value, partition=None):
        if partition is None:
            partition = murmur2_partition(key or b"", PARTITIONS)
        message = Message(partition, self.ends[partition], key, value, 1_780_000_000_000 + len(self.messages))
        self.ends[partition] += 1
        self.messages.append(message)
        return message


def memory(number=1):
    """An id."""
    return str(uuid.UUID(int=number, version=4))
