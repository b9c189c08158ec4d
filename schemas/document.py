#!/usr/bin/env python3
"""Writes docs/events.md: every event type and field, and how events lie on the topic.

usage: document.py AVSC… > docs/events.md   (files named mneme.event.vN.avsc)
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from generate import read_schemas

TYPES = {
    "string": "text",
    "string:uuid": "UUID",
    "int": "whole number",
    "long": "whole number",
    "long:timestamp-micros": "time",
    "double": "number",
    "boolean": "true or false",
    "array:string": "list of texts",
    "array:long": "list of whole numbers",
    "array:double": "list of numbers",
    "bytes:vector": "list of numbers, kept in single precision",
    "map:string": "object of texts",
}
JSON_MAX_DEPTH = 64  # MNEME_JSON_MAX_DEPTH
FORMATS = {"content": "text or object", "text_or_object": "text or object", "json": "any JSON", "json_object": "object", "uuid": "list of UUIDs"}

INTRO = """<!-- Made by schemas/document.py from schemas/avsc; edit those. -->
# Events

An event is one operation of an agent on its memory. It is one Avro record, the envelope, with one of {count} typed
payloads. The newest schema is version {version} (`schemas/avsc/mneme.event.v{version}.avsc`); every released version is
kept there and can be read for ever.

- [As JSON](#as-json): what `mneme publish` reads and `mneme events --json` prints
- [Envelope](#envelope)
- [Payload types](#payload-types): {types}
- [Ids](#ids), [Topic and key](#topic-and-key), [Framing](#framing), [New versions](#new-versions),
  [Reading with other tools](#reading-with-other-tools)

## As JSON
One object a line. `type` names the payload; the fields of the envelope and of its scope stand beside it; what is null or
has a default may be left out, and `null` is the same as leaving out. Unknown keys are refused.

```json
{{"type":"memory_created","user_id":"melanie","agent_id":"coach","payload":{{"memory_type":"fact","content":"Runs on Saturdays","tags":["sport"]}}}}
{{"type":"conversation_turn","user_id":"melanie","conversation_id":"c-1","idempotency_key":"c-1/0","payload":{{"role":"user","content":"Hi!"}}}}
{{"type":"custom","agent_id":"coach","payload":{{"type":"plan_drawn_up","json":{{"weeks":6}}}}}}
```

Two keys are no fields: `type`, and `idempotency_key` (1 to 512 bytes), from which the event's id is derived ([Ids](#ids)).
Times are RFC 3339 texts; without an offset they are UTC. Where a field takes JSON it is given as JSON, not as a text that
holds JSON, and is kept with all its digits. A memory's `content` may be a plain text, which means `{{"text": …}}`. Where a
field is a text or an object, a text that is a JSON object counts as one.

A turn may be given as what was said: `user_message` stands for `role` user and `content`, and `agent_response` beside it for
the assistant's turn behind that one (by itself, for a turn of the role assistant). Both together are one event and two turns:

```json
{{"type":"conversation_turn","user_id":"melanie","conversation_id":"c-1","payload":{{"user_message":"Hi!","agent_response":"Hello."}}}}
```

## Limits
Text is UTF-8 without NUL. Names (texts with a limit in bytes, and items of lists) hold no control characters. A field
marked *content limit* has 1 to `MNEME_CONTENT_MAX_CHARS` characters (100,000 unless set otherwise) and is not blank; of a
memory's `content`, the text has this limit, and so has all that is beside it. JSON is at most {depth} levels deep and
holds no number that overflows a double. Times lie in the years 1 to 9999. An event must have a stream: give `user_id`,
`agent_id` or `stream_id`. The same limits are checked when publishing and again when folding.

An event, its key and its bytes together, has at most 982,952 bytes on a topic with Kafka's own `max.message.bytes`
(1,048,588): that less 100 bytes for a batch and 64 KiB for what projections write about it, an embedding or a dead letter; on
another topic likewise, with a sixteenth of a small limit as room. It is checked when publishing, and `mneme topics check`
compares the topics: the embeddings topics must take as much as the events topic (they are made with 16 MiB).
"""

OUTRO = """## Ids
`event_id` is a version 7 UUID when the publisher makes it. With an idempotency key it is version 5 of
`tenant + "/" + key` in the namespace `{namespace}`, so that publishing the same line twice is one event. Payload ids that
are marked *made when absent* are version 7 too, or with an idempotency key version 5 of
`tenant + "/" + key + "\\n" + field`. In Python:

```python
uuid.uuid5(uuid.UUID("{namespace}"), "acme/order 7")               # event_id
uuid.uuid5(uuid.UUID("{namespace}"), "acme/order 7\\nmemory_id")    # payload.memory_id
```

Ids of events, memories, conversations and the like are unique within a tenant and stream.

## Topic and key
All events are on one topic, `<MNEME_TOPIC_PREFIX>events`, since the order that matters runs across types within a stream.
The message key is `tenant + "/" + stream_id`; a tenant holds no slash. The partition is the one that Java clients compute
for that key: `(murmur2(key) & 0x7fffffff) % partitions` (librdkafka: `partitioner=murmur2` or `murmur2_random`). A worker
parks an event whose key or partition is another, alone (see What cannot be applied). The number of partitions is fixed when the topic is made. The time of a
message is the brokers' (`message.timestamp.type=LogAppendTime`); the caller's is `occurred_at`. Retention is unlimited.

## What an event does to what is there
- **Arithmetic.** `memory_prioritized` multiplies the priority by `boost_factor` and keeps it within 0 to 10: 3 × 1.5 becomes
  4.5, 9 × 1.5 becomes 10. Both are doubles, and nothing is rounded. `memory_promoted` adds 0.1 to the importance, which is
  not rounded either and ends at 1.
- **Turns.** A turn without an index goes behind the last one. One at an index that is taken corrects what is there, if its
  `content` differs: role, speaker, content, tokens, model and metadata become the event's, the time at which it was said stays
  (`created_at`; `corrected_at` is the correction's), the former turn goes into `conversation_turns_history`, and its document
  and its place in working memory are replaced. The same content is a `duplicate` without effect. Of a user's turn with an
  `agent_response` each of the two is corrected, stored or left by itself; the event is a duplicate when both are there. A
  correction is no activity of its conversation, and brings back nothing that was cleared from working memory.
- **What decisions and hand-offs leave.** A decision leaves a memory with its id, of type `decision`: the object that was
  decided, or `{{"text": …}}`; its metadata are those of the event, and beside them `decision_context` (the event's `context`),
  `context_summary`, `category`, `urgency`, `insights_used`, `triggering_events` and `cross_agent_collaboration`. A hand-off
  leaves one for the receiver, of type `conversation`: `{{"handoff_received": true, "from_agent", "topic", "context"}}` with the
  metadata `handoff_id` and `requires_response`.
- **Ways back.** `memory_unarchived` and `memory_restored` (of a deleted memory; `exists` if it is not deleted, `not_found` if it
  never was) leave everything else as it was. `memory_updated` changes type and term; with `clear_expires_at` or `clear_term`
  there is none any more. A memory that becomes `short_term` expires 7 days after the event unless that says otherwise. The
  text of a restored memory that is searched and embedded is made of its content as the tables print it.
- **By the writer's version.** The effects of an event are those that its version of the schema had when it was released, so
  that a rebuild gives the same rows after every upgrade. The version is the attribute `mneme.version` of the writer's schema;
  a schema without it is of version 1. Of version 1: priorities are whole numbers, and `memory_prioritized` rounds half up (3 × 1.5
  becomes 5); a turn at an index that is taken is refused (`exists`); the memory of a decision holds category, urgency, context,
  insights and events in its content, that of a hand-off is of type `knowledge` with a `text`, and neither adds metadata;
  nothing is filled in that the event leaves out.
- **A document's source position** (full text, embeddings, vectors) is that of the last event that set its text:
  `memory_created`, `memory_updated` with a `content` (also one that says the same again), `agent_decision`, `agent_handoff`,
  `conversation_turn`, `memory_restored`, and the deletion that removes it (`memory_deleted`, `conversation_deleted`, an update to a blank text).
  An update of metadata, priority or expiry alone, a promotion, an archiving or an access does not move it: a memory that was
  created at 3:10, given another `metadata` at 3:12 and read at 3:15 keeps 3:10; an update of its content at 3:20 makes it 3:20.
- **event_type.** In the ledger, in JSON and in filters an event is called as its payload type, and a `custom` event as the
  `type` that it carries: `{{"type":"custom","user_id":"ada","payload":{{"type":"note","json":1}}}}` has the event_type `note`,
  and `mneme events --stream ada --type note` finds it, while `--type custom` does not.

## What cannot be applied
Nothing of the log is skipped: what cannot be applied is parked, a row of `parked_events` with its bytes and the reason
(docs/dead-letters.md).

| what | example | which events wait behind it |
|---|---|---|
| no event | a null value, other framing, an id of a schema registry that nobody knows and no event behind it, cut or changed bytes, text that is not UTF-8, a key or a partition that is not the event's | none: it has nothing to keep in order, so every projection parks it alone |
| an event beyond a limit | a confidence of 1.5, a memory_type that does not exist, broken JSON | in the ledger later events of its key, since verdicts depend on their order; full text, embeddings and vectors park it alone |
| an event that the store refuses | a text with more words than full text takes, a vector that does not fit its collection | the same: in the ledger those of its key, elsewhere none |

`blocked_by` is the event's own offset where later ones of its key wait behind it, that offset in the rows of those that
wait, and -1 in what is parked alone. What the ledger has parked has no effect in any other projection. Documents (full
text, embeddings, vectors) replace themselves as a whole: the next event of the same memory or turn takes the place of one
that is parked, and what is kept carries its source position, so that an older text never replaces a newer one.

### An unknown schema
A message whose fingerprint, registry id or event type this program does not know may be an event that the next version
reads, so nothing goes past it (of a registry id that nobody knows, since no registry is set or it says itself that it has no
such schema: where what follows begins as events of every version do, with the text of their id; else any bytes that begin
with a zero would stop a partition for ever): its partition waits, in every projection, and the others go on. The worker's log, the
metric `mneme_worker_waits_for_schema` and `mneme status` tell the position and what is not known; the worker looks again
within five seconds, and goes on by itself when the registry knows the schema. Upgrade workers before publishers. What no
program will ever read is parked by hand, `mneme dead-letters park 3:17`: a row of `hand_parked`, by which every projection
and every rebuild parks it, also once its schema is known. Later events of its key then wait behind it in the ledger. A
reader that folds nothing (`mneme replay`) ends there with the position, and leaves out what was parked by hand.

## Framing
Avro binary behind one of two headers; a reader takes both.

| header | bytes | when |
|---|---|---|
| Confluent | `00`, then the schema's id in the registry, 4 bytes, big-endian | `SCHEMA_REGISTRY_URL` is set; the schema is registered under `<topic>-value` |
| Avro single-object | `C3 01`, then the schema's CRC-64-AVRO fingerprint, 8 bytes, little-endian | otherwise |

## New versions
A schema tells its version in the attribute `mneme.version` (none: 1), and a reader refuses one that is newer than its own.
A new version may add payload types, and fields with a default; a field may become wider (int to long, float to double,
text to bytes and back, a value to one that may be null). It may not drop a required field, change a meaning, or make
required what was not. Tests check each new version against all released ones, and a registry with the rule BACKWARD does
too.

**Upgrade workers before producers.** A worker reads every version up to its own, with fields that it does not know
among the others. It stops, with the reason, at an event whose payload type or schema it does not know; it
never skips one. Once it is upgraded it goes on from there. While a registry is down, workers go on with the schemas that
they have met, and wait at a new one.

## Reading with other tools
kcat shows keys, positions and raw values:

```sh
kcat -b $KAFKA_BOOTSTRAP_SERVERS -t mneme.events -C -e -f '%p:%o %k %S bytes\\n'
```

Python with fastavro, single-object framing:

```python
schema = fastavro.schema.load_schema("schemas/avsc/mneme.event.v{version}.avsc")
assert value[:2] == b"\\xc3\\x01"
event = fastavro.schemaless_reader(io.BytesIO(value[10:]), schema, return_record_name=True)
kind, payload = event["payload"]    # ("mneme.MemoryCreated", {{"memory_id": …}})
```

Python with confluent-kafka, through the registry:

```python
deserialize = AvroDeserializer(SchemaRegistryClient({{"url": os.environ["SCHEMA_REGISTRY_URL"]}}), return_record_name=True)
event = deserialize(value, SerializationContext(topic, MessageField.VALUE))
```
"""


def type_text(item):
    if item.record:
        return "see below"
    return FORMATS.get(item.limits.get("format"), TYPES[item.type_key])


def presence_text(item):
    """What leaving the field out of JSON means."""
    if item.limits.get("absent") == "uuid":
        return "made when absent"
    if item.limits.get("absent") == "scope":
        return "that of the event when absent"
    if item.name == "event_id":
        return "made when absent"
    if item.name == "tenant":
        return "`MNEME_TENANT` when absent"
    if item.name == "stream_id":
        return "the subject when absent"
    if item.name == "occurred_at":
        return "now when absent"
    if item.type_key == "long:timestamp-micros" and not item.nullable:
        return "that of the event when absent"
    if "default" in item.limits:
        return f"`{json.dumps(item.limits['default']).strip(chr(34))}`"
    if item.nullable or item.type_key == "map:string":
        return ""
    return f"`{item.default}`" if item.has_default else "**required**"


def span_text(low, high, unit):
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    return f"at least {low}{unit}" if low is not None else f"at most {high:,}{unit}"


def limits_text(item):
    limits = item.limits
    parts = []
    if "values" in limits:
        parts.append(", ".join(f"`{value}`" for value in limits["values"]))
    if limits.get("format") in ("text", "text_or_object", "content"):
        parts.append("*content limit*")
    if "min" in limits or "max" in limits:
        parts.append(span_text(limits.get("min"), limits.get("max"), ""))
    if limits.get("format") == "segment":
        parts.append("no slash")
    if "max_bytes" in limits:
        parts.append(span_text(limits.get("min_bytes"), limits["max_bytes"], " bytes"))
    if "max_chars" in limits:
        parts.append(span_text(limits.get("min_bytes"), limits["max_chars"], " characters"))
    if "max_items" in limits:
        parts.append(f"at most {limits['max_items']:,} items")
    if "item_max_bytes" in limits and limits.get("format") != "uuid":
        parts.append(f"each at most {limits['item_max_bytes']:,} bytes")
    if "same_count_as" in limits:
        parts.append(f"as many as `{limits['same_count_as']}`")
    if "excludes" in limits:
        parts.append(f"true without `{limits['excludes']}` alone")
    return "; ".join(parts)


def markdown(text):
    return text.replace("|", "\\|").replace("<", "\\<")


def table(record):
    rows = ["| field | type | when left out | limits | meaning |", "|---|---|---|---|---|"]
    for item in record.fields:
        if not item.record:
            cells = (f"`{item.name}`", type_text(item), presence_text(item), limits_text(item), item.doc)
            rows.append("| " + " | ".join(markdown(cell) for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def page(schema):
    types = ", ".join(f"[{record.snake}](#{record.snake})" for record in schema.payloads)
    parts = [INTRO.format(count=len(schema.payloads), version=schema.version, types=types, depth=JSON_MAX_DEPTH)]
    parts.append(f"## Envelope\n{table(schema.envelope)}")
    parts.append(f"The scope says whom and what the event is about:\n\n{table(schema.scope)}")
    parts.append("## Payload types")
    for record in schema.payloads:
        parts.append(f"### {record.snake}\n{markdown(record.doc)} (`mneme.{record.name}`)\n\n{table(record)}")
    parts.append(OUTRO.format(namespace=schema.id_namespace, version=schema.version))
    return "\n".join(parts)


def main(arguments):
    if not arguments:
        sys.stderr.write("usage: document.py AVSC… > docs/events.md\n")
        return 2
    sys.stdout.write(page(read_schemas(arguments)[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
