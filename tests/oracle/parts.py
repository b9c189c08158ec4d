"""A long text in parts, and the vectors of a document made of theirs."""

import math
import struct

MOST = 256
BLANKS = b" \t\n\v\f\r"
FULL_STOPS = tuple(mark.encode() for mark in "。！？।")


def _is_within_character(text, at):
    return at < len(text) and text[at] & 0xC0 == 0x80


def _ends_sentence(text, at):
    before = text[at - 1:at]
    if before == b"\n":
        return True
    if text[at] in BLANKS:
        return before in (b".", b"!", b"?")
    return text[:at].endswith(FULL_STOPS)


def _cut(text, most):
    """Where a text that is longer than `most` bytes is cut."""
    end = most
    while _is_within_character(text, end):
        end -= 1
    if end == 0:
        end = 1
        while _is_within_character(text, end):
            end += 1
    places = range(end, end // 2, -1) if end < len(text) else ()
    sentence = next((at for at in places if _ends_sentence(text, at)), None)
    word = next((at for at in places if text[at] in BLANKS or text[at - 1] in BLANKS), None)
    return next(at for at in (sentence, word, end) if at is not None)


def parts_of(text, most):
    """The parts of a text, each of at most so many bytes; one that is short enough stays as it is."""
    rest = text.encode()
    if len(rest) <= most:
        return [text]
    parts = []
    while rest := rest.strip(BLANKS):
        cut = len(rest) if len(rest) <= most else _cut(rest, most)
        parts.append(rest[:cut].strip(BLANKS).decode())
        rest = rest[cut:]
    return parts


def _mean(weighted):
    """Of (weight, vector) each, in single precision."""
    weight = math.fsum(one for one, _ in weighted)
    sums = [0.0] * len(weighted[0][1])
    for one, vector in weighted:
        sums = [before + one * number for before, number in zip(sums, vector, strict=True)]
    numbers = [number / weight for number in sums]
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))


def vectors_of(text, most, vector_of):
    """(mean, vectors of the parts) of a text; of more than MOST parts neighbours share a vector."""
    weighted = [(len(part.encode()), vector_of(part)) for part in parts_of(text, most)]
    groups = min(len(weighted), MOST)
    # Part i closes a group where one more of the groups is full with it.
    ends = [place for place in range(1, len(weighted) + 1)
            if place * groups // len(weighted) > (place - 1) * groups // len(weighted)]
    return _mean(weighted), [_mean(weighted[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
