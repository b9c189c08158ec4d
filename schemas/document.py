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

An event is one operation of an agent on its memory. It is one Avro record, the envelope, with one of {count} typed payloads.
The newest schema is version {version} (`schemas/avsc/mneme.event.v{version}.avsc`); every released version is kept there and
stays readable.

- [As JSON](#as-json): what `mneme publish` reads and `mneme events --json` prints
- [Envelope](#envelope)
- [Payload types](#payload-types): {types}
- [Ids](#ids), [Topic and key](#topic-and-key), [Framing](#framing), [New versions](#new-versions),
  [Reading with other tools](#reading-with-other-tools)

## As JSON
One object per line. `type` names the payload; the fields of the envelope and of its scope are on the same level. Fields that
may be null or have a default may be left out, and `null` is the same as leaving a field out. Unknown keys are refused.

```json
{{"type":"memory_created","user_id":"melanie","agent_id":"coach","payload":{{"memory_type":"fact","content":"Runs on Saturdays","tags":["sport"]}}}}
{{"type":"conversation_turn","user_id":"melanie","conversation_id":"c-1","idempotency_key":"c-1/0","payload":{{"role":"user","content":"Hi!"}}}}
{{"type":"custom","agent_id":"coach","payload":{{"type":"plan_drawn_up","json":{{"weeks":6}}}}}}
```

Two keys are not fields of the event: `type`, and `idempotency_key` (1 to 512 bytes), from which the event's id is derived
([Ids](#ids)). Times are RFC 3339 texts; without an offset they are UTC. A field that takes JSON is given JSON, not a text that
holds JSON, and keeps all its digits. A memory's `content` may be a plain text, which means `{{"text": …}}`. In a field that
takes a text or an object, a text that is a JSON object counts as an object.

A turn may also be given by what was said: `user_message` stands for `role` user and `content`, and an `agent_response` with it
for the assistant's turn that follows (`agent_response` alone is a turn of the role assistant). Both together are one event and
two turns:

```json
{{"type":"conversation_turn","user_id":"melanie","conversation_id":"c-1","payload":{{"user_message":"Hi!","agent_response":"Hello."}}}}
```

## Limits
Text is UTF-8 without NUL. Names (texts with a limit in bytes, and items of lists) hold no control characters. A field marked
*content limit* has 1 to `MNEME_CONTENT_MAX_CHARS` characters (100,000 unless set otherwise) and is not blank; in a memory's
`content`, this limit applies to the text, and separately to everything else. JSON is at most {depth} levels deep and holds no
number that overflows a double. Times are in the years 1 to 9999. An event must have a stream: give `user_id`, `agent_id` or
`stream_id`. The same limits are checked when publishing and again when folding.

An event, its key and its bytes together, has at most 982,952 bytes on a topic with Kafka's default `max.message.bytes`
(1,048,588): 100 bytes are reserved for the batch, and 64 KiB for what projections write about the event, such as an embedding
or a dead letter. Other limits are reduced in the same way; of a small limit a sixteenth is reserved. The size is checked when
publishing, and `mneme topics check` compares the topics: the embeddings topics must allow as much as the events topic (they are
created with 16 MiB).
"""

OUTRO = """## Ids
`event_id` is a version 7 UUID when the publisher makes it. With an idempotency key it is version 5 of
`tenant + "/" + key` in the namespace `{namespace}`, so that publishing the same line twice is one event. Payload ids that
are marked *made when absent* are version 7, too, or with an idempotency key version 5 of
`tenant + "/" + key + "\\n" + field`. In Python:

```python
uuid.uuid5(uuid.UUID("{namespace}"), "acme/order 7")               # event_id
uuid.uuid5(uuid.UUID("{namespace}"), "acme/order 7\\nmemory_id")    # payload.memory_id
```

Ids of events, memories, conversations and the like are unique within a tenant and stream.

## Topic and key
All events are on one topic, `<MNEME_TOPIC_PREFIX>events`, since events of all types within a stream must stay in order. The
message key is `tenant + "/" + stream_id`; a tenant contains no slash. The partition is the one that Java clients compute for
that key: `(murmur2(key) & 0x7fffffff) % partitions` (librdkafka: `partitioner=murmur2` or `murmur2_random`). A worker parks an
event with another key or partition, by itself (see [What cannot be applied](#what-cannot-be-applied)). The number of partitions
is fixed when the topic is created. The time of a message is the brokers' (`message.timestamp.type=LogAppendTime`); the caller's
is `occurred_at`. Retention is unlimited.

## What an event does to existing data
- **Arithmetic.** `memory_prioritized` multiplies the priority by `boost_factor` and keeps it within 0 to 10: 3 × 1.5 becomes
  4.5, 9 × 1.5 becomes 10. Both are doubles, and nothing is rounded. `memory_promoted` adds 0.1 to the importance, up to 1, also
  without rounding.
- **Turns.** A turn without an index is added after the last one. A turn at an index that is taken corrects the existing turn if
  its `content` differs: role, speaker, content, tokens, model and metadata become the event's, the time at which it was said
  stays (`created_at`; `corrected_at` is the time of the correction), the former turn goes into `conversation_turns_history`,
  and its document and its place in working memory are replaced. The same content is a `duplicate` without effect. For a user's
  turn with an `agent_response`, each of the two turns is corrected, stored or left alone separately; the event is a duplicate
  if both exist already. A correction does not count as activity of its conversation, and does not bring back anything that was
  cleared from working memory.
- **Memories of decisions and hand-offs.** A decision creates a memory with the decision's id, of type `decision`: its content
  is the object that was decided, or `{{"text": …}}`; its metadata are those of the event, and `decision_context` (the event's
  `context`), `context_summary`, `category`, `urgency`, `insights_used`, `triggering_events` and `cross_agent_collaboration`. A
  hand-off creates a memory for the receiver, of type `conversation`, with the content `{{"handoff_received": true,
  "from_agent", "topic", "context"}}` and the metadata `handoff_id` and `requires_response`.
- **Undoing changes.** `memory_unarchived` and `memory_restored` (of a deleted memory; `exists` if it is not deleted,
  `not_found` if it never existed) leave everything else as it was. `memory_updated` can change type and term;
  `clear_expires_at` and `clear_term` remove the expiry and the term. A memory that becomes `short_term` expires 7 days after
  the event unless the event says otherwise. The text of a restored memory that is searched and embedded is made from its
  content as the tables print it.
- **By the writer's version.** The effects of an event are those that its version of the schema had when it was released, so
  that a rebuild gives the same rows after every upgrade. The version is the attribute `mneme.version` of the writer's schema; a
  schema without it is version 1. In version 1, priorities are whole numbers, and `memory_prioritized` rounds half up (3 × 1.5
  becomes 5); a turn at an index that is taken is refused (`exists`); the memory of a decision has category, urgency, context,
  insights and events in its content, that of a hand-off has the type `knowledge` and a `text`, and neither adds metadata;
  fields that the event leaves out are not filled in.
- **A document's source position** (full text, embeddings, vectors) is that of the last event that set its text:
  `memory_created`, `memory_updated` with a `content` (even if it is unchanged), `agent_decision`, `agent_handoff`,
  `conversation_turn`, `memory_restored`, and the deletion that removes it (`memory_deleted`, `conversation_deleted`, an update
  to a blank text). An update of only metadata, priority or expiry, a promotion, an archiving or an access does not change it: a
  memory that was created at 3:10, given another `metadata` at 3:12 and read at 3:15 keeps 3:10; an update of its content at
  3:20 makes it 3:20.
- **event_type.** In the ledger, in JSON and in filters an event has the name of its payload type, and a `custom` event the
  `type` in its payload: `{{"type":"custom","user_id":"ada","payload":{{"type":"note","json":1}}}}` has the event_type `note`,
  and `mneme events --stream ada --type note` finds it, while `--type custom` does not.

## What cannot be applied
No event is skipped: one that cannot be applied is parked, as a row of `parked_events` with its bytes and the reason
(docs/dead-letters.md).

| what | example | which events wait behind it |
|---|---|---|
| not an event | a null value, other framing, an unknown schema registry id that is not followed by an event, truncated or changed bytes, text that is not UTF-8, a key or a partition that does not belong to the event | none: it has no order to keep, so every projection parks it alone |
| an event beyond a limit | a confidence of 1.5, a memory_type that does not exist, broken JSON | in the ledger later events of its key, since verdicts depend on their order; full text, embeddings and vectors park it alone |
| an event that the store refuses | a text with more words than full text allows, a vector that does not fit its collection | the same: in the ledger those of its key, elsewhere none |

`blocked_by` is the event's own offset if later events of its key wait behind it, the offset of that event in the rows of those
that wait, and -1 for an event that is parked alone. Events that the ledger has parked have no effect in any other projection.
Documents (full text, embeddings, vectors) are replaced as a whole: the next event of the same memory or turn makes up for a
parked one, and each document has its source position, so that an older text never replaces a newer one.

### An unknown schema
A message whose fingerprint, registry id or event type this program does not know may be an event that the next version can
read, so it is not skipped: its partition waits, in every projection, and the others continue. A registry id is unknown if no
registry is set, or if the registry itself says that it has no such schema. A message with an unknown registry id stops its
partition only if the bytes after the id begin as events of every version do, with the text of their id; otherwise any bytes
that begin with a zero would stop a partition forever. The worker's log, the metric `mneme_worker_waits_for_schema` and `mneme
status` show the position and what is unknown; the worker retries within five seconds, and continues by itself once the registry
knows the schema. Upgrade workers before publishers. A message that no program will ever be able to read is parked by hand with
`mneme dead-letters park 3:17`: this adds a row to `hand_parked`, so that every projection and every rebuild parks the message,
even once its schema is known. Later events of its key then wait behind it in the ledger. A reader that folds nothing (`mneme
replay`) stops at an unknown schema and reports the position; it leaves out messages that were parked by hand.

## Framing
Avro binary after one of two headers; readers accept both.

| header | bytes | when |
|---|---|---|
| Confluent | `00`, then the schema's id in the registry, 4 bytes, big-endian | `SCHEMA_REGISTRY_URL` is set; the schema is registered under `<topic>-value` |
| Avro single-object | `C3 01`, then the schema's CRC-64-AVRO fingerprint, 8 bytes, little-endian | otherwise |

## New versions
A schema has its version in the attribute `mneme.version` (without it: 1), and a reader refuses a schema that is newer than its
own. A new version may add payload types, and fields with a default; a field may become wider (int to long, float to double,
text to bytes and back, required to nullable). It may not drop a required field, change a meaning, or make an optional field
required. Tests check each new version against all released ones, and a registry with the rule BACKWARD does too.

**Upgrade workers before producers.** A worker reads every version up to its own, and ignores fields that it does not know. It
stops, with the reason, at an event whose payload type or schema it does not know; it never skips one. After an upgrade it
continues from there. While a registry is down, workers continue with the schemas that they have seen, and wait at a new one.

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
