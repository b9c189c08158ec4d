"""A single fact at the end of a long text is found by its meaning, with a real model, in every store."""

import json
import random

import pytest

from harness.finding import GROUPS
from harness.program import Program
from oracle.chroma import Chroma

MODEL = "bge-small-en-v1.5"
LONG = "0190a5a0-0000-7000-8000-000000000001"
LENGTH = 30_000
FACT = "The wedding of Ada and Tom takes place at the castle on the second Saturday of June."
# No word of it is in the fact, or in any other text.
QUESTION = "Where is the marriage ceremony held?"
WHO = ("The scheduler", "A replica", "The query planner", "The garbage collector", "This module", "The load balancer")
DID = ("serialises", "allocates", "retries", "compresses", "validates", "partitions")
WHAT = ("the write-ahead log", "every pending transaction", "the index pages", "incoming packets", "stale cache lines",
        "a vector of integers", "the checksum table", "unused file descriptors")
WHEN = ("before each commit", "in constant time", "behind a mutex", "unless the buffer overflows", "at compile time")
# The first two are nearer to the question than the long text is on the whole.
OTHERS = ("The choir practises in the old church.", "The chess tournament takes place in Riga.",
          "Ada prefers green tea to coffee.", "Bob's sister is allergic to peanuts.", "The ferry to the island leaves at seven.",
          "The tulips behind the greenhouse want more water.", "Clara lost her umbrella at the railway station.",
          "The garage door squeaks when it rains.")


def long_text():
    """Whatever people do, for pages, and behind it the fact."""
    rng, sentences, length = random.Random(7), [], 0
    while length < LENGTH - len(FACT):
        sentences.append(" ".join(rng.choice(words) for words in (WHO, DID, WHAT, WHEN)) + ".")
        length += len(sentences[-1]) + 1
    return " ".join([*sentences, FACT])


def memory(text, **payload):
    return {"type": "memory_created", "user_id": "ada", "payload": {"content": text, "memory_type": "fact", **payload}}


@pytest.mark.parametrize("store", ["pgvector", "chroma"])
def test_a_fact_at_the_end_of_a_long_memory_is_found_by_its_meaning(request, namespace, embedding, worker, store):
    env = {"OPENAI_BASE_URL": embedding, "EMBEDDING_MODEL": MODEL, "MNEME_VECTOR_STORE": store, "MNEME_RECALL_TIMEOUT_MS": "60000"}
    if store == "chroma":
        env["CHROMA_URL"] = request.getfixturevalue("chroma")
    namespace.env |= env
    mneme = Program(namespace.env)
    for group in GROUPS:
        worker(group)

    def recall(text):
        done = mneme("recall", "--json", "--no-record", "--explain", "--user", "ada", "--at-least", "last", "--wait-vectors",
                     "--wait-timeout", 300000, "--", text, env={"MNEME_ALL": "1"}, expect=0)
        *results, summary = map(json.loads, done.stdout.splitlines())
        assert not summary.get("degraded"), summary
        return results

    mneme.publish([memory(long_text(), memory_id=LONG), *map(memory, OTHERS)])
    found = recall(QUESTION)
    assert found[0]["id"] == LONG, [(result["id"], result["score"]) for result in found]
    assert len({result["id"] for result in found}) == len(found), "each once"
    assert found[0]["explain"]["lexical"] == 0, "by its meaning alone"
    # What is short again has one vector: the fact is not found where it was.
    mneme.publish([{"type": "memory_updated", "user_id": "ada", "payload": {
        "memory_id": LONG, "content": "Invoices are paid within thirty days."}}])
    found = recall(QUESTION)
    assert found[0]["id"] != LONG and found[0]["text"] in OTHERS[:2]
    mneme("verify", "vectors", expect=0)
    if store == "chroma":
        token = namespace.value("SELECT token FROM mneme_vectors.generations WHERE state = 'active'")
        Chroma(env["CHROMA_URL"]).delete(f"mneme-{token}-")
