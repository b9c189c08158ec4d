"""The oracle's documents held against hand-made histories."""

import json

import pytest

from oracle.documents import is_blank, lexical_text, memory_text
from oracle.encode import Encoder
from oracle.generator import Generator
from oracle.hand import memory
from oracle.wire import released_schemas
from oracle.subjects.memories import updates_of_one


@pytest.fixture
def publish(log, fold):
    """Appends an event and folds it; gives the documents by kind and ref."""
    newest = Encoder()

    def one(kind, payload, encoder=newest, **line):
        fold.apply(log.append(**encoder.message({"type": kind, "user_id": "u", "payload": payload, **line})))
        return {identity[2:]: document for identity, document in fold.documents.live.items()}

    return one


def created(number=1, content="tea", **payload):
    return {"memory_id": memory(number), "memory_type": "fact", "content": content, **payload}


@pytest.mark.parametrize(("content", "text"), [
    ({"text": "tea"}, "tea"),
    ({"text": "tea", "kind": "green"}, "text: tea | kind: green"),
    ({"a": {"b": {"c": 1.50}}, "d": [1, "two", True]}, "a.b.c: 1.50 | d: 1, two, true"),
    ({"a": None, "b": "", "c": [], "d": {}, "e": [None, ""], "f": "x"}, "f: x"),
    ({"a": [{"b": 1, "c": {"d": 2}}, [3, [4]]]}, "a: b: 1, c: d: 2, 3, 4"),
    ({"n": False, "z": 0}, "n: false | z: 0"),
    ({"a": None}, ""),
])
def test_the_text_of_a_memory(content, text):
    assert memory_text(json.dumps(content).replace("1.5}", "1.50}")) == text


def test_a_document_follows_its_memory(publish):
    key = ("memory", memory())
    first = publish("memory_created", created(), occurred_at="2023-05-08T00:00:00Z", agent_id="a")[key]
    assert (first["text"], first["user_id"], first["agent_id"]) == ("tea", "u", "a")
    assert lexical_text(first) == "[8 May 2023] tea"
    later = publish("memory_updated", {"memory_id": memory(), "content": "milk"}, agent_id="b")[key]
    assert later == {**first, "text": "milk", **{name: later[name] for name in ("source_sequence", "valid_from")}}
    assert later["source_sequence"] > first["source_sequence"]
    assert publish("memory_updated", {"memory_id": memory(), "priority": 1})[key] == later
    assert publish("memory_updated", {"memory_id": memory(), "content": {"note": None}}) == {}
    assert publish("memory_updated", {"memory_id": memory(), "content": "again"})[key]["created_at"] == first["created_at"]
    assert publish("memory_deleted", {"memory_id": memory()}) == {}
    assert publish("memory_updated", {"memory_id": memory(), "content": "late"}) == {}
    assert publish("memory_created", created(), agent_id="c")[key]["agent_id"] == "c"


def test_only_accepted_events_count(publish):
    publish("memory_created", created(), event_id=memory(9))
    assert publish("memory_created", created(content="other"))["memory", memory()]["text"] == "tea"
    publish("memory_deleted", {"memory_id": memory()}, event_id=memory(9))
    publish("memory_updated", {"memory_id": memory(), "content": "x", "expected_memory_version": 5})
    assert publish("memory_created", created(2), expected_version=9).keys() == {("memory", memory())}


def test_a_memory_has_a_place_in_its_conversation(publish):
    place = {"turn_index": 7, "speaker": "Ána"}
    found = publish("memory_created", created(metadata=place), conversation_id="c")["memory", memory()]
    assert (found["position"], found["speaker"], found["conversation_id"]) == (7, "Ána", "c")
    for number, metadata in enumerate(({"turn_index": 7.0}, {"turn_index": "7"}, {"turn_index": True}, {"speaker": 7}, {}), 2):
        found = publish("memory_created", created(number, metadata=metadata), conversation_id="c")["memory", memory(number)]
        assert (found["position"], found["speaker"]) == (None, None)
    assert publish("memory_created", created(20, metadata={"turn_index": 1e16}), conversation_id="c")[
        "memory", memory(20)]["position"] == 10**16
    assert publish("memory_created", created(9, metadata=place))["memory", memory(9)]["position"] is None


def test_turns_come_and_go_with_their_conversation(publish):
    turn = {"conversation_id": "c", "content": "hello"}
    publish("conversation_turn", {**turn, "role": "assistant"})
    publish("conversation_turn", {**turn, "role": "user", "speaker": "Ána", "turn_index": 5,
                                  "metadata": {"image_caption": "the sea"}})
    documents = publish("conversation_turn", {**turn, "role": "tool", "conversation_id": "d"})
    assert {ref: document["text"] for (_, ref), document in documents.items()} == {
        "0/c": "Agent: hello", "5/c": "Ána: hello [the sea]", "0/d": "Tool: hello"}
    assert documents["turn", "5/c"]["position"] == 5 and documents["turn", "5/c"]["role"] == "user"
    assert publish("conversation_deleted", {"conversation_id": "c"}).keys() == {("turn", "0/d")}
    publish("conversation_created", {"conversation_id": "c"})
    assert publish("conversation_turn", {**turn, "role": "user"}).keys() == {("turn", "0/c"), ("turn", "0/d")}


DECISIONS = [{"decision_id": memory(1), "decision": "go"},
             {"decision_id": memory(2), "decision": '{"do": "go"}', "urgency": "high", "context": {"a": {"b": 1}}}]
HANDOFF = {"handoff_id": memory(3), "from_agent": "a", "to_agent": "b", "topic": "tea"}


@pytest.mark.parametrize(("version", "texts"), [
    (1, ["go", 'text: {"do": "go"} | urgency: high | context.a.b: 1', "text: tea | from_agent: a | to_agent: b"]),
    (2, ["go", "do: go", "handoff_received: true | from_agent: a | topic: tea"]),
])
def test_what_agents_leave_is_found(publish, version, texts):
    encoder = Encoder(released_schemas()[version - 1])
    for decision in DECISIONS:
        publish("agent_decision", decision, encoder)
    documents = publish("agent_handoff", HANDOFF, encoder)
    assert [document["text"] for document in documents.values()] == texts
    assert documents["memory", memory(3)]["agent_id"] == "b"


def test_a_corrected_turn_keeps_its_place_and_its_time(publish, fold):
    said = {"conversation_id": "c", "turn_index": 0, "role": "user", "content": "tee", "agent_response": "Green?"}
    first = publish("conversation_turn", said, occurred_at="2026-01-01T00:00:00Z")
    documents = publish("conversation_turn", {**said, "content": "tea"}, occurred_at="2026-02-01T00:00:00Z")
    assert {ref: document["text"] for (_, ref), document in documents.items()} == {"0/c": "User: tea", "1/c": "Agent: Green?"}
    assert documents["turn", "1/c"] == first["turn", "1/c"]
    assert documents["turn", "0/c"]["created_at"] == first["turn", "0/c"]["created_at"]
    (before,) = fold.documents.history.values()
    assert before["text"] == "User: tee" and before["superseded_sequence"] == documents["turn", "0/c"]["source_sequence"]


def test_a_restored_memory_is_found_as_the_tables_print_it(publish):
    publish("memory_created", created(content={"name": "b", "a": 1.50, "list": [1e3]}))
    assert publish("memory_deleted", {"memory_id": memory()}) == {}
    restored = publish("memory_restored", {"memory_id": memory()})["memory", memory()]
    assert restored["text"] == "a: 1.5 | list: 1000.0 | name: b"


def test_a_thousand_updates_leave_one_document(log, fold):
    generator, encoder = Generator(1), Encoder()
    for step in updates_of_one(generator, 1000):
        fold.apply(log.append(**encoder.message(step.line)))
    (document,) = fold.documents.live.values()
    assert document["text"].startswith("version ") and len(fold.events) > 1000


def test_generated_histories_make_every_kind_of_document(log, fold):
    generator, encoder = Generator(2), Encoder()
    for step in generator.history(4000):
        fold.apply(log.append(**(step.raw or encoder.message(step.line))))
    documents = fold.documents.live
    assert {kind for _, _, kind, _ in documents} == {"memory", "turn"}
    assert not any(is_blank(document["text"]) for document in documents.values())
    assert len(documents) < sum(not row["is_deleted"] for row in fold.memories.values()) + len(fold.conversation_turns)
    for column in ("position", "speaker", "role", "agent_id", "user_id", "run_id", "conversation_id"):
        values = [document[column] for (_, _, kind, _), document in documents.items() if kind == "memory" or column == "role"]
        assert None in values and (column == "role" or len(set(values)) > 1), column
    texts = [document["text"] for document in documents.values()]
    assert len(set(texts)) < len(texts) and any(len(text) >= 10_000 for text in texts)
    assert len({tenant for tenant, *_ in documents}) == 3


def test_what_was_there_is_in_the_history(publish, fold):
    publish("memory_created", created())
    publish("memory_updated", {"memory_id": memory(), "content": "milk"})
    publish("memory_updated", {"memory_id": memory(), "content": {"note": ""}})
    publish("memory_updated", {"memory_id": memory(), "content": "water"})
    publish("memory_deleted", {"memory_id": memory()})
    rows = sorted(fold.documents.history.values(), key=lambda row: row["source_sequence"])
    assert [row["text"] for row in rows] == ["tea", "milk", "water"] and not fold.documents.live
    assert rows[0]["superseded_sequence"] == rows[1]["source_sequence"] and rows[0]["valid_to"] == rows[1]["valid_from"]
    assert rows[1]["superseded_sequence"] < rows[2]["source_sequence"]
