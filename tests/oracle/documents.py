"""The documents of a log: what must be found again of memories and turns, as the fold leaves them."""

import datetime
import json
from collections import defaultdict
from decimal import Decimal

from oracle.subjects.memories import MEMORY_MAKERS
from oracle.limits import BLANK
from oracle.subjects.agents import content_of_decision, content_of_handoff

ROLES = {"user": "User", "assistant": "Agent", "system": "System", "tool": "Tool"}
SCOPE = ("user_id", "agent_id", "run_id", "conversation_id")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
EPOCH = datetime.datetime(1970, 1, 1)
MAX_LONG = 2**63 - 1


class Number(str):
    """A number as the event spells it."""


def loads_as_spelt(text):
    return json.loads(text, parse_float=Number, parse_int=Number)


def is_blank(text):
    return all(character in BLANK for character in text)


def is_empty(value):
    """Says nothing: null, and what holds nothing but that."""
    if isinstance(value, (dict, list)):
        return all(map(is_empty, value.values() if isinstance(value, dict) else value))
    return value is None or (value == "" and isinstance(value, str))


def item_text(value):
    """A value on one line: items by commas, an object's with their names."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item_text(inner)}" for key, inner in value.items() if not is_empty(inner))
    if isinstance(value, list):
        return ", ".join(item_text(inner) for inner in value if not is_empty(inner))
    return value


def fields_of(value, path=()):
    """(path, text) of each field that says something."""
    for name, inner in value.items():
        if is_empty(inner):
            continue
        if isinstance(inner, dict):
            yield from fields_of(inner, (*path, name))
        else:
            yield ".".join((*path, name)), item_text(inner)


def memory_text(content):
    """What is searched and embedded of a memory, of its content as the event spells it."""
    value = loads_as_spelt(content) if isinstance(content, str) else content
    if value.keys() == {"text"} and isinstance(value["text"], str) and not isinstance(value["text"], Number):
        return value["text"]
    return " | ".join(f"{key}: {text}" for key, text in fields_of(value))


def turn_text(payload):
    metadata = loads_as_spelt(payload["metadata"] or "{}")
    caption = metadata.get("image_caption")
    has_caption = isinstance(caption, str) and not isinstance(caption, Number) and caption
    speaker = payload["speaker"] if not is_blank(payload["speaker"] or "") else ROLES[payload["role"]]
    return f"{speaker}: {payload['content']}" + (f" [{caption}]" if has_caption else "")


def lexical_text(document):
    """What full text makes words of: the day is part of it."""
    day = EPOCH + datetime.timedelta(microseconds=document["created_at"])
    return f"[{day.day} {MONTHS[day.month - 1]} {day.year}] {document['text']}"


def position_of(metadata):
    """A memory's place in its conversation, where its metadata has one: a number that is printed without a point."""
    index = metadata.get("turn_index")
    if isinstance(index, bool) or not isinstance(index, (int, Decimal)) or Decimal(index).as_tuple().exponent < 0:
        return None
    return int(index) if -MAX_LONG - 1 <= index <= MAX_LONG else None


def speaker_of(metadata):
    speaker = metadata.get("speaker")
    return speaker if isinstance(speaker, str) and not is_blank(speaker) else None


def as_printed(value):
    """A value of a table with its parts in the order and the spelling in which Postgres prints them."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
        return {name: as_printed(value[name]) for name in names}
    if isinstance(value, list):
        return [as_printed(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    number = Decimal(value)
    return Number(format(abs(number) if number == 0 else number, "f"))


# What a memory's text is made of: the events that tell it.
CONTENT = {
    "MemoryCreated": lambda event: event["payload"]["content"],
    "MemoryUpdated": lambda event: event["payload"]["content"],
    "AgentDecision": content_of_decision,
    "AgentHandoff": content_of_handoff,
}


class Documents:
    """Follows a Fold: `follow` is called after the effect of each accepted event. `live` are the documents by
    (tenant, stream_id, kind, ref), `history` those that were, by that and their source_sequence."""

    def __init__(self):
        self.live = {}
        self.history = {}
        self._turns = defaultdict(set)  # (tenant, stream_id, conversation_id) -> identities

    def follow(self, fold, place, event):
        kind, payload = event["type"], event["payload"]
        if kind in CONTENT:
            self.keep_memory(fold, place, event, payload[MEMORY_MAKERS.get(kind, "memory_id")], CONTENT[kind](event))
        elif kind == "MemoryRestored":
            content = as_printed(fold.memories[(payload["memory_id"], *place)]["content"])
            self.keep_memory(fold, place, event, payload["memory_id"], content)
        elif kind == "MemoryDeleted":
            self.end((*place, "memory", str(payload["memory_id"])), event)
        elif kind == "ConversationTurn":
            for index, turn in event["turns"]:
                self.keep_turn(fold, place, event, index, turn)
        elif kind == "ConversationDeleted":
            for identity in self._turns.pop((*place, payload["conversation_id"]), ()):
                self.end(identity, event)

    def keep_memory(self, fold, place, event, memory_id, content):
        if content is None:  # an update that leaves the text as it is
            return
        row = fold.memories[(memory_id, *place)]
        metadata = row["metadata"]
        self.keep((*place, "memory", str(memory_id)), event, {
            **{name: row[name] for name in SCOPE},
            "position": position_of(metadata) if row["conversation_id"] is not None else None,
            "speaker": speaker_of(metadata), "role": None,
            "created_at": row["created_at"], "text": memory_text(content)})

    def keep_turn(self, fold, place, event, index, turn):
        name = event["payload"]["conversation_id"]
        identity = (*place, "turn", f"{index}/{name}")
        self._turns[(*place, name)].add(identity)
        self.keep(identity, event, {
            **event["scope"], "conversation_id": name, "position": index, "speaker": turn["speaker"], "role": turn["role"],
            "created_at": fold.conversation_turns[(*place, name, index)]["created_at"],
            "text": turn_text({**turn, "metadata": event["payload"]["metadata"]})})

    def keep(self, identity, event, document):
        self.end(identity, event)
        if not is_blank(document["text"]):
            made = event["made"]
            self.live[identity] = {**document, "source_sequence": made["source_sequence"], "valid_from": made["valid_from"]}

    def end(self, identity, event):
        """What is there goes into the history."""
        document = self.live.pop(identity, None)
        if document is not None:
            self.history[(*identity, document["source_sequence"])] = {
                **document, "superseded_sequence": event["made"]["source_sequence"], "valid_to": event["made"]["valid_from"]}
