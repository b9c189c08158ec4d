"""Vectors against the oracle's fold: what is in pgvector or Chroma."""

import math
import re

from oracle.compare import compare_rows, read_table
from oracle.compare_embeddings import IDENTITY
from oracle.documents import SCOPE

ROW = (*IDENTITY, "part")
SHAPE = (ROW, ())

# The first and last microsecond of the years 1 to 9999: a record of another time is parked.
YEARS = (-62_135_596_800_000_000, 253_402_300_799_999_999)


def fits(record):
    """Whether a store takes the record, as far as its time is concerned."""
    return YEARS[0] <= record["created_at"] <= YEARS[1]


def expected_vectors(fold, model):
    """{identity and part: row} of the vectors that a store must hold of documents."""
    return {(*identity, part): {
        **{name: document[name] for name in SCOPE}, "created_at": document["created_at"],
        "source_sequence": document["source_sequence"], "embedding": vector,
    } for identity, document in fold.documents_of("embed").live.items() for part, vector in enumerate(model.vectors(document["text"])[1])}


def active_generation(connection):
    """The row of the generation that answers."""
    ((generation, store, token),) = connection.execute(
        "SELECT generation, store, token FROM generations WHERE state = 'active'").fetchall()
    return {"generation": generation, "store": store, "token": token}


def compare_pgvector(connection, generation, expected):
    """Sentences, one for each difference between a generation's table and the expected rows."""
    return compare_rows("vectors", expected, read_table(connection, f"embeddings_{generation}", ROW), SHAPE)


def leftovers(connection):
    """Tables of generations that are no more."""
    known = {number for (number,) in connection.execute("SELECT generation FROM generations")}
    names = [name for (name,) in connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'")]
    numbers = {name: int(found[1]) for name in names if (found := re.search(r"_(\d+)$", name))}
    return [f"table {name} is left of generation {number}" for name, number in numbers.items() if number not in known]


def compare_chroma(chroma, token, expected):
    """Sentences, one for each difference between a generation's collections and the expected rows; tenants lie in
    different collections."""
    actual, found, tenants = {}, [], {}
    for name, collection in chroma.collections().items():
        if not name.startswith(f"mneme-{token}-d-"):
            continue
        for record in chroma.records(collection).values():
            row = {column: record["metadata"].get(column) for column in (*IDENTITY, *SCOPE, "created_at", "source_sequence")}
            row["part"] = record["metadata"].get("part", 0)
            identity = tuple(row[column] for column in ROW)
            of = {"source": "agent_memory", "memory_id": row["ref"]} if row["kind"] == "memory" else {"source": "conversation"}
            if {column: record["metadata"].get(column) for column in ("source", "memory_id")} != {"memory_id": None, **of}:
                found.append(f"vectors {'/'.join(map(str, identity))} does not say what it is of: {record['metadata']}")
            if identity in actual:
                found.append(f"vectors {'/'.join(map(str, identity))} is there twice")
            # Chroma makes vectors of length 1 of its own, to the last digit but one.
            want = expected.get(identity, {}).get("embedding", [])
            is_close = len(want) == len(record["embedding"]) and all(map(
                lambda a, b: math.isclose(a, b, abs_tol=1e-6), want, record["embedding"]))
            actual[identity] = {**row, "embedding": want if is_close else record["embedding"]}
            if tenants.setdefault(name, identity[0]) != identity[0]:
                found.append(f"collection {name} has documents of {tenants[name]} and of {identity[0]}")
    return found + compare_rows("vectors", expected, actual, SHAPE)
