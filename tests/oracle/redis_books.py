"""What Redis keeps of what it keeps (docs/redis.md, "How long and how much"): sizes, ranks, owners and shares must agree with
each other, with the keys that are there, and with the limits of their partition."""

import math
from collections import defaultdict
from dataclasses import dataclass

BOOKS = ("hot", "others", "ages", "sizes", "owners", "usage", "gaps")
ENTRIES = ("memory:", "conversation:", "recent-conversations:", "recent-decisions:", "working:")
PARTS = (":turns", ":thoughts", ":events")  # of a group whose own key is the entry


@dataclass
class Book:
    bytes: int
    rank: int | None  # None: it cannot make room
    expires_ms: int
    owner: str
    lists: str


def read_book(text):
    size, rank, expires, owner, lists = text.split(" ")
    return Book(int(size), None if rank == "-" else int(rank), int(expires), owner, lists)


def is_part(entry):
    return entry.startswith("working:") and (entry.endswith(PARTS) or entry.count(":") > 1)


def compare_books(base, left, snapshot, progress, drift_ms):
    """Sentences, one for each difference. Takes the books of the partition out of `left`."""
    found = []
    parts = {name: left.pop(base + name, ({}, -1))[0] for name in BOOKS}
    books = {entry: read_book(text) for entry, text in parts["sizes"].items()}

    def check(name, expected, actual):
        if expected != actual:
            wrong = {key: (expected.get(key), actual.get(key)) for key in {**expected, **actual}
                     if expected.get(key) != actual.get(key)} if isinstance(expected, dict) else (expected, actual)
            found.append(f"{base}{name}: expected and actual differ: {str(wrong)[:600]}")

    ranked = {entry: book for entry, book in books.items() if book.rank is not None}
    usage = defaultdict(lambda: [0, 0])
    for entry, book in ranked.items():
        usage[book.owner][0] += book.bytes
        usage[book.owner][1] += entry.startswith("memory:")
    check("hot", {entry: book.rank for entry, book in ranked.items() if entry.startswith("memory:")}, parts["hot"])
    check("others", {entry: book.rank for entry, book in ranked.items() if not entry.startswith("memory:")}, parts["others"])
    check("owners", {f"{book.owner} {book.rank:015d} {entry}": 0 for entry, book in ranked.items()}, parts["owners"])
    check("usage", {owner: f"{size} {count}" for owner, (size, count) in usage.items()}, parts["usage"])
    check("ages", {entry: book.expires_ms for entry, book in books.items()}, parts["ages"])
    total = sum(book.bytes for book in books.values())
    check("progress bytes", total, int(progress.get("bytes", 0)))
    if books and not parts["gaps"]:
        check("progress within its bytes", True, total <= int(progress["most_bytes"]))
    check("hot within its number", True, len(parts["hot"]) <= int(progress.get("most_memories", 0)))
    for owner, (size, count) in usage.items():
        share = int(progress["user_percent"]) / 100
        check(f"usage of {owner} within its share", True, size <= math.ceil(int(progress["most_bytes"]) * share)
              and count <= math.ceil(int(progress["most_memories"]) * share))

    there = {name.removeprefix(base): kept for name, kept in snapshot.keys.items()
             if name.startswith(base) and name.removeprefix(base).startswith(ENTRIES)}
    for entry, (value, expires) in there.items():
        if is_part(entry) or snapshot.is_over(expires - drift_ms):
            continue
        if entry not in books:
            found.append(f"{base}{entry}: is not in the books")
        elif isinstance(value, str) and books[entry].bytes < len(value.encode()):
            found.append(f"{base}{entry}: is larger than the books say")
        elif not parts["ages"].get(entry, 0) <= expires <= parts["ages"].get(entry, 0) + drift_ms:
            found.append(f"{base}{entry}: expires at {expires}, by the books at {parts['ages'].get(entry)}")
    for entry, expires in parts["ages"].items():
        if entry not in there and snapshot.is_due(expires):
            found.append(f"{base}{entry}: is in the books until {expires}, and not there")
    return found, books
