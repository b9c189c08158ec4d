"""What is found again, against the oracle's fold: the embeddings topic, and the vectors in pgvector or Chroma."""

import hashlib
import re

from oracle.compare import compare_rows, read_table
from oracle.documents import SCOPE

IDENTITY = ("tenant", "stream_id", "kind", "ref")
SHAPE = (IDENTITY, ())


def record_key(identity):
    """The key of a document's record on the embeddings topic."""
    tenant, stream_id, kind, ref = (part.replace("%", "%25").replace("/", "%2F") for part in identity)
    return "/".join((kind, ref, tenant, stream_id)).encode()


def source_of(message):
    """The source_sequence that a record's header tells."""
    return int(dict(message.headers)["mneme-source"])


def last_records(messages):
    """{key: message} of the last record of each key; and sentences where an older one came after it."""
    last, found = {}, []
    for message in messages:
        before = last.get(message.key)
        if before is not None and source_of(before) > source_of(message):
            found.append(f"{message.key!r}: {source_of(message)} at {message.position} came after {source_of(before)}")
        last[message.key] = message
    return last, found


def expected_vectors(fold, vector_of, passage_prefix=""):
    """{identity: row} of the vectors that a store must hold of documents."""
    return {identity: {
        **{name: document[name] for name in SCOPE}, "created_at": document["created_at"],
        "source_sequence": document["source_sequence"], "embedding": vector_of(passage_prefix + document["text"]),
    } for identity, document in fold.documents.live.items()}


def active_generation(connection):
    """The row of the generation that answers."""
    ((generation, store, model, token, prefix),) = connection.execute(
        "SELECT generation, store, model, token, passage_prefix FROM generations WHERE state = 'active'").fetchall()
    return {"generation": generation, "store": store, "model": model, "token": token, "passage_prefix": prefix}


def compare_pgvector(connection, generation, expected):
    """Sentences, one for each difference between a generation's table and the expected rows."""
    return compare_rows("vectors", expected, read_table(connection, f"embeddings_{generation}", IDENTITY), SHAPE)


def text_hash(text):
    return hashlib.sha256(text.encode()).digest()


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
            identity = tuple(row[column] for column in IDENTITY)
            if identity in actual:
                found.append(f"vectors {'/'.join(identity)} is there twice")
            actual[identity] = {**row, "embedding": record["embedding"]}
            if tenants.setdefault(name, identity[0]) != identity[0]:
                found.append(f"collection {name} has documents of {tenants[name]} and of {identity[0]}")
    return found + compare_rows("vectors", expected, actual, SHAPE)
