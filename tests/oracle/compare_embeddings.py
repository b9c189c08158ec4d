"""The embeddings topic and what the embedder remembers, against the oracle's fold."""

import copy
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any

import fastavro

from harness.fake_model import vector_bytes
from harness.stack import ROOT
from oracle.compare import compare_rows, read_table, same
from oracle.documents import SCOPE
from oracle.parts import parts_of, vectors_of
from oracle.wire import Decoder, fingerprint

IDENTITY = ("tenant", "stream_id", "kind", "ref")
PLAIN = (*SCOPE, "position", "speaker", "created_at", "text", "source_sequence")


@dataclass
class Model:
    """What texts are embedded by: vector_of(text) is the right answer to a text with its prefix, and part_bytes how long
    one may be."""

    name: str
    vector_of: Any
    query_prefix: str = ""
    passage_prefix: str = ""
    part_bytes: int = 1000000
    former: frozenset = frozenset()  # texts that it has embedded of a log that is gone

    def vector(self, part):
        return self.vector_of(self.passage_prefix + part)

    def parts(self, text):
        return parts_of(text, self.part_bytes)

    def vectors(self, text):
        """The vector of a document with that text, and those of its parts."""
        return vectors_of(text, self.part_bytes, self.vector)


def sha256(text):
    return hashlib.sha256(text.encode()).digest()


def record_key(identity):
    """The key of a document's record."""
    tenant, stream_id, kind, ref = (part.replace("%", "%25").replace("/", "%2F") for part in identity)
    return "/".join((kind, ref, tenant, stream_id)).encode()


def source_of(message):
    """The source_sequence that a record's header tells."""
    return int(dict(message.headers)["mneme-source"])


def last_records(messages):
    """{key: message} of the last record of each key; and sentences where it is not the newest, which a compaction would
    lose. A worker that follows a killed one writes the same records again in batches of its own, so an older record may
    stand between two of the newest."""
    last, newest = {}, {}
    for message in messages:
        last[message.key] = message
        newest[message.key] = max(newest.get(message.key, 0), source_of(message))
    return last, [f"{key!r}: {source_of(message)} at {message.position} is the last record, and {newest[key]} the newest"
                  for key, message in last.items() if source_of(message) < newest[key]]


class RecordCodec:
    """Values in the single-object framing, by the schema file; records are written by the newest."""

    def __init__(self, version=2):
        schema = json.loads((ROOT / "schemas" / "avsc" / f"mneme.embedding.v{version}.avsc").read_text(encoding="utf-8"))
        self.schema = Decoder.parse(copy.deepcopy(schema))
        self.header = b"\xc3\x01" + fingerprint(schema)

    def decode(self, value):
        assert value.startswith(self.header), value[:10]
        body = io.BytesIO(value[len(self.header):])
        record = fastavro.schemaless_reader(body, self.schema, None)
        assert not body.read(1), "more bytes than the record has"
        return record

    def encode(self, record):
        out = io.BytesIO(self.header)
        out.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(out, self.schema, record)
        return out.getvalue()


def expected_record(identity, document, model):
    vector, parts = model.vectors(document["text"])
    return {
        **dict(zip(IDENTITY, identity, strict=True)), **{name: document[name] for name in PLAIN},
        "text_hash": sha256(document["text"]), "model": model.name, "query_prefix": model.query_prefix,
        "passage_prefix": model.passage_prefix, "dimensions": len(vector), "vector": vector_bytes(vector), "metric": None,
        "part_vectors": b"".join(map(vector_bytes, parts)) if len(parts) > 1 else b"",
    }


def compare_topic(messages, fold, model):
    """Sentences, one for each key whose last record is not what the document is now."""
    last, found = last_records(messages)
    codec = RecordCodec()
    expected = {record_key(identity): expected_record(identity, document, model)
                for identity, document in fold.documents_of("embed").live.items()}
    brought = {key for key in last if key.startswith(b"vector/")}  # by callers: no text of a document leads to them
    for key in sorted(expected.keys() | last.keys() - brought):
        message, want = last.get(key), expected.get(key)
        if message is None or (message.value is None and want is not None):
            found.append(f"{key!r} has no record")
        elif want is None and message.value is not None:
            found.append(f"{key!r} should be gone, its record is at {message.position}")
        elif want is not None:
            have = codec.decode(message.value)
            if source_of(message) != want["source_sequence"]:
                found.append(f"{key!r}: the header says {source_of(message)}, expected {want['source_sequence']}")
            found += [f"{key!r}: {name} is {have.get(name)!r:.200}, expected {value!r:.200}"
                      for name, value in want.items() if not same(value, have.get(name))]
    return found


def compare_memory(connection, fold, model):
    """What the embedder remembers: which documents have a record, and every vector that a model gave."""
    ((edition,),) = connection.execute(
        "SELECT coalesce((SELECT edition FROM editions WHERE model = %s), 1)", (model.name,)).fetchall()
    expected = {(model.name, edition, *identity): {
        "conversation_id": document["conversation_id"], "source_sequence": document["source_sequence"],
        "text_hash": sha256(document["text"]), "parts": len(model.parts(document["text"])), "refused": None,
    } for identity, document in fold.documents_of("embed").live.items()}
    key = ("model", "edition", *IDENTITY)
    found = compare_rows("documents", expected, {
        place: row for place, row in read_table(connection, "documents", key).items() if place[0] == model.name}, (key, ()))
    cache = dict(connection.execute("SELECT input_hash, vector FROM cache WHERE model = %s", (model.name,)).fetchall())
    live = {document["text"] for document in fold.documents_of("embed").live.values()}
    texts = live | {document["text"] for document in fold.documents_of("embed").history.values()} | model.former
    right = {sha256(model.passage_prefix + part): part for text in texts for part in model.parts(text)}
    found += [f"the cache lacks {part!r:.100}" for text in live for part in model.parts(text)
              if sha256(model.passage_prefix + part) not in cache]
    found += [f"the cache knows {key.hex()}, which no text has" for key in cache.keys() - right.keys()]
    found += [f"the cache has another vector of {right[key]!r:.100}" for key, vector in cache.items()
              if key in right and vector != vector_bytes(model.vector(right[key]))]
    return found
