"""The generator's events of agents at work: things that are made once, tested, revised, tied together and counted."""


def agent_event(generator, stream):
    """One of them, as (type, payload, verdict, effect)."""
    return generator.rng.choice(MAKERS)(generator, stream)


def made_once(generator, stream, kind, id_field, leaves_memory, **payload):
    """A new thing, or one with the id of a thing or memory that is there already."""
    made = stream.things.get(kind, [])
    memory_id = stream.live_memory(generator.rng) if leaves_memory else None
    chance = generator.rng.random()
    verdict = "accepted"
    if made and chance < 0.1:
        thing, verdict = generator.rng.choice(made), "exists"
    elif memory_id and chance < 0.2:
        thing, verdict = memory_id, "exists"
    else:
        thing = generator.id()

    def effect():
        stream.things.setdefault(kind, []).append(thing)
        if leaves_memory:
            stream.memories[thing] = [stream.memories.get(thing, [0])[0] + 1, True]

    return kind, generator.filled(**{id_field: thing}, **payload), verdict, effect


def decision(generator, stream):
    g = generator
    return made_once(g, stream, "agent_decision", "decision_id", True, decision=g.text(), category=g.maybe(lambda: "daily"),
                     urgency=g.maybe(lambda: "high"), confidence=g.maybe(g.fraction), context=g.maybe(g.json_object),
                     insights_used=g.maybe(lambda: [g.id()]), triggering_events=g.maybe(lambda: [g.id(), g.id()]),
                     metadata=g.maybe(g.json_object))


def handoff(generator, stream):
    g = generator
    return made_once(g, stream, "agent_handoff", "handoff_id", True, from_agent="a", to_agent="b", topic=g.text(),
                     context=g.maybe(g.json_object), reason=g.maybe(g.text))


def hypothesis(generator, stream):
    g = generator
    return made_once(g, stream, "hypothesis_formed", "hypothesis_id", False, hypothesis=g.text(),
                     confidence=g.maybe(g.fraction), evidence=g.maybe(g.json_object), metadata=g.maybe(g.json_object))


def validation(generator, stream):
    g = generator
    formed = stream.things.get("hypothesis_formed", [])
    thing = g.rng.choice(formed) if formed and g.rng.random() < 0.8 else g.id()
    payload = g.filled(hypothesis_id=thing, is_valid=g.rng.random() < 0.5, evidence=g.maybe(lambda: [1, "two"]),
                       final_confidence=g.maybe(g.fraction), metadata=g.maybe(g.json_object))
    return "hypothesis_validated", payload, "accepted" if thing in formed else "not_found", lambda: None


def knowledge(generator, stream):
    g = generator
    known = stream.things.setdefault("knowledge_recorded", [])
    thing = g.rng.choice(known) if known and g.rng.random() < 0.5 else g.id()
    payload = g.filled(knowledge_id=thing, domain=g.rng.choice(["cooking", "law"]), content=g.text(),
                       knowledge_type=g.maybe(lambda: "rule"), confidence=g.maybe(g.fraction),
                       validation_status=g.maybe(lambda: "disputed"), evidence=g.maybe(g.json_object),
                       metadata=g.maybe(g.json_object))
    return "knowledge_recorded", payload, "accepted", lambda: known.append(thing)


def link(generator, stream):
    g = generator
    name = stream.live_conversation(g.rng) if g.rng.random() < 0.9 else stream.dead_conversation(g.rng)
    verdict = "accepted" if name and stream.conversations[name][0] else "not_found"
    memory_id = stream.live_memory(g.rng) or g.id()
    payload = g.filled(conversation_id=name or g.conversation_id(), memory_id=memory_id,
                       message_context=g.maybe(lambda: [{"turn": 1}]), insights=g.maybe(g.json_object),
                       follow_up_actions=g.maybe(lambda: ["call", 0.5]))
    return "conversation_memory_linked", payload, verdict, lambda: None


def flow_run(generator, stream):
    g = generator
    return made_once(g, stream, "flow_run_recorded", "flow_run_id", False, flow="nightly", run=g.maybe(lambda: "run 1"),
                     data=g.json_object())


def task_output(generator, stream):
    g = generator
    return made_once(g, stream, "task_output_recorded", "task_output_id", False, task="summarise", output=g.json_object(),
                     metadata=g.maybe(g.json_object))


def accesses(generator, stream):
    g = generator
    ids = [stream.live_memory(g.rng) or g.id() for _ in range(g.rng.randint(0, 3))]
    ids += ids[:1]
    return "memory_accessed", {"memory_ids": ids, "counts": [g.rng.randint(1, 9) for _ in ids],
                               "last_accessed_at": g.time()}, "accepted", lambda: None


MAKERS = (decision, handoff, hypothesis, validation, knowledge, link, flow_run, task_output, accesses)
