"""Recall: what a scope knows that answers a question, by words and vectors, explained, and degraded where a service is
away. The embeddings are the tests' own: equal texts have equal vectors, others have nothing in common."""

import json
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from harness.endpoint import Endpoint
from harness.finding import EAGER, GROUPS
from harness.program import Program
from harness.proxy import Proxy
from harness.stack import ROOT
from harness.waiting import wait_until

SAMPLE = ROOT / "tests" / "data" / "sample-conversation.json"
MEMORY = "0190a5a0-0000-7000-8000-{:012d}"
PARTS = ["lexical", "semantic", "coverage", "neighbours", "conversation", "author", "question", "importance", "confidence",
         "recency", "access", "date"]
HOSTILE = ["'; DROP TABLE documents; --", "\"unbalanced", "a:* & !b | (c", "<-> <2> &&& ||| !!!", "-tea -ada", "OR OR OR",
           "\\x00 \\' $1 %s %n {filter}", "the of and", "   ", "?", "💧🫖", "чай 茶 お茶 ชา", "tea " * 5000,
           "'" * 3000, "x" * 20000]


class Ground:
    """A namespace with an endpoint behind a proxy, and a worker of each group."""

    def __init__(self, namespace, endpoint, worker, env=None):
        self.namespace, self.endpoint = namespace, endpoint
        self.proxy = Proxy(endpoint.address)
        self.env = {**EAGER, "OPENAI_BASE_URL": self.proxy.url(endpoint.url), "EMBEDDING_MODEL": "fake",
                    "MNEME_EMBEDDING_CACHE_TTL_S": "0", **(env or {})}
        namespace.env |= self.env
        self.mneme = Program(namespace.env)
        self.workers = {group: worker(group) for group in GROUPS}

    def publish(self, *events):
        self.mneme.publish(events)
        self.settle()

    def settle(self):
        """Everything that was written can be recalled, by its vector too."""
        self.recall("settled?", "--user", "nobody", "--at-least", "last", "--wait-vectors", "--wait-timeout", 60000)

    def recall(self, text, *options, env=None, expect=0):
        """(results, summary)"""
        if "--no-record" not in options and "--record" not in options:
            options = (*options, "--no-record")
        options = tuple(option for option in options if option != "--record")
        done = self.mneme("recall", "--json", *options, "--", text, env={"MNEME_ALL": "1", **(env or {})}, expect=expect)
        *results, summary = [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]
        assert summary["results"] == len(results)
        return results, summary

    def ids(self, text, *options, **more):
        return [result["id"] for result in self.recall(text, *options, **more)[0]]


@pytest.fixture
def endpoint():
    with Endpoint() as fake:
        yield fake


@pytest.fixture
def ground(namespace, endpoint, worker):
    made = Ground(namespace, endpoint, worker)
    yield made
    made.proxy.close()


def memory(number, text, user="ada", **fields):
    envelope = {name: fields.pop(name) for name in ("tenant", "occurred_at", "agent_id") if name in fields}
    return {"type": "memory_created", "user_id": user, **envelope,
            "payload": {"memory_id": MEMORY.format(number), "content": text, "memory_type": "fact", **fields}}


NOON = dict(hour=12, minute=0, second=0, microsecond=0)


def days_ago(count, now=None):
    return ((now or datetime.now(timezone.utc)) - timedelta(days=count)).replace(**NOON).isoformat()


@pytest.mark.parametrize("as_of", [False, True], ids=["now", "as of then"])
def test_words_of_time_prefer_their_time_and_leave_nothing_out(ground, as_of):
    ages = {1: 0, 2: 1, 3: 2, 4: 9, 5: 61, 6: 365}
    ground.publish(*(memory(number, "Ate pancakes with Ben", occurred_at=days_ago(age)) for number, age in ages.items()))
    then = ("--as-of", datetime.now(timezone.utc).isoformat()) if as_of else ()
    for words, number in (("today", 1), ("yesterday", 2), ("the day before yesterday", 3), ("nine days ago", 4),
                          ("two months ago", 5), ("a year ago", 6)):
        results, summary = ground.recall(f"What was eaten {words}?", "--user", "ada", "--explain", *then)
        assert len(results) == len(ages) and results[0]["id"] == MEMORY.format(number), words
        assert results[0]["explain"]["date"] > max(result["explain"]["date"] for result in results[1:]), words
        assert summary["time"]["words"] == words
        assert summary["time"]["since"] <= results[0]["created_at"] <= summary["time"]["until"], words
    results, summary = ground.recall("What was eaten?", "--user", "ada", "--explain", *then)
    assert summary["time"] is None and all(result["explain"]["date"] == 0 for result in results)
    told = ground.mneme("recall", "eaten yesterday", "--user", "ada", "--explain", "--no-record", expect=0).stdout
    assert 'date: "yesterday" is ' + days_ago(1)[:10] in told


def test_a_conversation_is_recalled_and_every_score_is_the_sum_of_its_parts(ground):
    ground.mneme("import", "locomo", SAMPLE, expect=0)
    ground.publish(memory(1, "Tobias likes tea", user="ines-tobias", importance=0.9, confidence=0.6))
    results, summary = ground.recall("What is Tobias allergic to?", "--user", "ines-tobias", "--explain", "--top-k", 50)
    assert summary["degraded"] == []
    answer = next(result for result in results if result["text"] == "Tobias: Only to hazelnuts. Rye with caraway is safe.")
    assert (answer["kind"], answer["conversation_id"], answer["turn_index"]) == ("memory", "ines-tobias-session-1", 13)
    assert answer["explain"]["author"] > 0 and answer["explain"]["neighbours"] > 0
    for result in results:
        assert list(result["explain"]) == PARTS
        assert sum(result["explain"].values()) == result["score"]
    scores = [result["score"] for result in results]
    assert scores == sorted(scores, reverse=True)
    assert any(result["explain"]["importance"] > 0 > result["explain"]["confidence"] for result in results)
    places = [(result["conversation_id"], result["turn_index"]) for result in results if result["turn_index"] is not None]
    assert len(places) == len(set(places))  # a turn and the memory of it are one result
    capped, _ = ground.recall("What is Tobias allergic to?", "--user", "ines-tobias", "--per-conversation", 1)
    conversations = [result["conversation_id"] for result in capped if result["conversation_id"]]
    assert len(conversations) == len(set(conversations)) > 1
    shown = ground.mneme("recall", "What is Tobias allergic to?", "--user", "ines-tobias", "--no-record", "--explain",
                         "--no-vectors", expect=0)
    assert "hazelnuts" in shown.stdout and " = lexical " in shown.stdout


def test_meaning_finds_what_words_do_not(ground):
    ground.publish(memory(1, "?! ... &"), memory(2, "Ada drinks tea"))  # the first has no word
    results, _ = ground.recall("?! ... &", "--user", "ada", "--explain")
    assert results[0]["id"] == MEMORY.format(1)
    assert results[0]["similarity"] > Decimal("0.999") and results[0]["explain"]["semantic"] > 0
    assert ground.ids("?! ... &", "--user", "ada", "--min-similarity", "0.9") == [MEMORY.format(1)]
    assert ground.ids("?! ... &", "--user", "ada", env={"MNEME_RECALL_MIN_SIMILARITY": "0.9"}) == [MEMORY.format(1)]
    assert ground.ids("?! ... &", "--user", "ada", "--no-vectors") == []


def test_how_many_results_there_are_can_be_set(ground):
    ground.publish(memory(1, "green tea"), memory(2, "black tea"), memory(3, "white tea"))
    limited = {"MNEME_RECALL_LIMIT": "2"}
    assert [len(ground.ids("tea", "--user", "ada", *options, env=env)) for options, env in (
        ((), {}), ((), limited), (("--limit", "1"), limited))] == [3, 2, 1]


def test_filters_hold_for_words_and_vectors(ground):
    ground.publish(
        memory(1, "green tea", importance=0.9, occurred_at="2025-01-10T00:00:00Z"),
        memory(2, "black tea", memory_type="insight", occurred_at="2025-02-10T00:00:00Z"),
        memory(3, "white tea", metadata={"source": "mail"}),
        memory(4, "old tea", expires_at="2025-01-01T00:00:00Z"),
        memory(5, "archived tea"),
        {"type": "memory_archived", "user_id": "ada", "payload": {"memory_id": MEMORY.format(5)}},
        {"type": "conversation_turn", "user_id": "ada", "conversation_id": "c",
         "payload": {"turn_index": 0, "role": "user", "content": "I like tea"}})

    def found(*options):
        return {id_ if "/" in id_ else int(id_[-12:]) for id_ in ground.ids("green tea", "--user", "ada", *options)}

    assert found() == {1, 2, 3, "0/c"}
    assert found("--types", "insight") == {2}
    assert found("--filter", "importance gte 0.8") == {1}
    assert found("--filter", 'metadata.source eq "mail"') == {3}
    assert found("--since", "2025-01-01T00:00:00Z", "--until", "2025-01-31T00:00:00Z") == {1}
    assert found("--conversation", "c") == {"0/c"}
    assert found("--include-expired") == {1, 2, 3, 4, "0/c"}
    assert found("--include-archived") == {1, 2, 3, 5, "0/c"}
    assert len(found("--top-k", "2")) == 2
    ground.mneme("recall", "tea", "--user", "ada", "--filter", "nonsense ~ 1", expect=2)


def test_users_and_tenants_never_see_each_other(ground):
    ground.publish(*[memory(number, f"tea of {user} in {tenant}", user=user, tenant=tenant)
                     for number, (tenant, user) in enumerate(
                         [("default", "ada"), ("default", "ben"), ("other", "ada")], start=1)])
    for text in ("tea", "tea of ben in default", "tea of ada in other", *HOSTILE[:6]):
        assert set(ground.ids(text, "--user", "ada")) <= {MEMORY.format(1)}
        assert set(ground.ids(text, "--user", "ben")) <= {MEMORY.format(2)}
        assert set(ground.ids(text, "--user", "ada", "--tenant", "other")) <= {MEMORY.format(3)}
        assert ground.ids(text, "--user", "ad") == ground.ids(text, "--user", "%") == []


def test_no_question_is_an_error(ground):
    ground.publish(memory(1, "tea"), memory(2, "чай 茶 お茶"))
    for text in HOSTILE:
        _, summary = ground.recall(text, "--user", "ada")
        assert summary["degraded"] == [] or len(text) > 10000
    assert ground.namespace.count("mneme_search.documents") == 2


@pytest.mark.parametrize("away", ["refused", "slow", "nonsense"])
def test_without_the_embedding_service_words_answer(ground, away):
    ground.publish(memory(1, "Ada drinks tea"))
    if away == "refused":
        ground.proxy.set("refuse")
    elif away == "slow":
        ground.endpoint.set("slow", 600)
    else:
        ground.endpoint.set("nan")
    results, summary = ground.recall("tea", "--user", "ada", "--record", env={"MNEME_RECALL_TIMEOUT_MS": "500"})
    assert [result["id"] for result in results] == [MEMORY.format(1)]
    assert len(summary["degraded"]) == 1 and "no embedding of the question" in summary["degraded"][0]
    ground.endpoint.set("answer")
    ground.proxy.set("pass")
    assert ground.recall("tea", "--user", "ada")[1]["degraded"] == []
    ground.namespace.drain()
    (event,) = ground.mneme("events", "--all", "--type", "memory_retrieved", "--json", expect=0).json_lines
    assert event["payload"]["degraded"] == summary["degraded"][0]


def test_without_vectors_words_answer_and_without_both_it_is_an_error(ground):
    ground.publish(memory(1, "Ada drinks tea"))
    with ground.namespace.connect() as connection:
        connection.execute("ALTER SCHEMA mneme_vectors RENAME TO away")
        results, summary = ground.recall("tea", "--user", "ada")
        assert [result["id"] for result in results] == [MEMORY.format(1)]
        assert "no vectors" in summary["degraded"][0]
        connection.execute("ALTER SCHEMA away RENAME TO mneme_vectors")
        assert ground.recall("tea", "--user", "ada")[1]["degraded"] == []
        connection.execute("ALTER SCHEMA mneme_search RENAME TO away")
        assert ground.mneme("recall", "tea", "--user", "ada", "--no-record").returncode == 3
        connection.execute("ALTER SCHEMA away RENAME TO mneme_search")


def test_without_chroma_words_answer(namespace, endpoint, worker, chroma):
    host, port = chroma.removeprefix("http://").split(":")
    with Proxy((host, int(port))) as proxy:
        ground = Ground(namespace, endpoint, worker,
                        {"MNEME_VECTOR_STORE": "chroma", "CHROMA_URL": proxy.url(chroma)})
        ground.publish(memory(1, "Ada drinks tea"))
        assert ground.recall("Ada drinks tea", "--user", "ada")[0][0]["similarity"] > Decimal("0.99")
        proxy.set("stall")
        results, summary = ground.recall("tea", "--user", "ada", env={"MNEME_RECALL_TIMEOUT_MS": "500"})
        assert [result["id"] for result in results] == [MEMORY.format(1)]
        assert "vectors were not asked" in summary["degraded"][0]
        proxy.set("pass")
        ground.proxy.close()


def test_what_could_be_recalled_then(ground):
    ground.publish(memory(1, "Ada drinks tea"), memory(2, "Ada rides a horse"))
    then = f"{ground.namespace.value('SELECT max(recorded_at) FROM events'):%Y-%m-%dT%H:%M:%S.%fZ}"
    ground.publish({"type": "memory_updated", "user_id": "ada",
                    "payload": {"memory_id": MEMORY.format(1), "content": "Ada drinks coffee"}},
                   {"type": "memory_deleted", "user_id": "ada", "payload": {"memory_id": MEMORY.format(2)}})
    assert [result["text"] for result in ground.recall("drinks", "--user", "ada")[0]] == ["Ada drinks coffee"]
    results, summary = ground.recall("drinks horse", "--user", "ada", "--as-of", then)
    assert sorted(result["text"] for result in results) == ["Ada drinks tea", "Ada rides a horse"]
    assert "vectors are of the present texts" in summary["degraded"][0]
    assert all(result["similarity"] is None for result in results)


def test_a_write_is_recalled_at_once_where_it_is_waited_for(ground):
    for number in range(1, 4):
        ground.mneme.publish([memory(number, f"tea number {number}")])
        results, _ = ground.recall(f"tea number {number}", "--user", "ada", "--at-least", "last", "--wait-vectors",
                                   "--wait-timeout", 60000)
        found = {result["id"]: result for result in results}[MEMORY.format(number)]
        assert found["similarity"] > Decimal("0.99")


def test_a_recall_is_recorded_and_counts_as_an_access(ground):
    ground.publish(memory(1, "Ada drinks tea"), memory(2, "Ada rides a horse"))
    for _ in range(2):
        results, _ = ground.recall("tea", "--user", "ada", "--top-k", 1, "--record")
    ground.recall("tea", "--user", "ada", "--record", env={"MNEME_RECALL_RECORD": "0"})
    ground.recall("tea", "--user", "nobody", "--record")
    ground.namespace.drain()
    events = ground.mneme("events", "--all", "--type", "memory_retrieved", "--json", expect=0).json_lines
    assert sorted(event["stream_id"] for event in events) == ["ada#access", "ada#access", "nobody#access"]
    first = next(event for event in events if event["user_id"] == "ada")["payload"]
    assert (first["query"], first["memory_ids"]) == ("tea", [MEMORY.format(1)])
    assert first["scores"] == [float(results[0]["score"])] or first["scores"][0] > 0
    (row,) = ground.mneme("memory", "get", MEMORY.format(1), "--json", expect=0).json_lines
    assert (row["access_count"], row["importance"]) == (2, 0.52)
    (row,) = ground.mneme("memory", "get", MEMORY.format(2), "--json", expect=0).json_lines
    assert row["access_count"] == 0


@pytest.mark.parametrize("away", ["refuse", "stall"])
def test_without_kafka_a_recall_answers_and_leaves_unrecorded(ground, away):
    """Opening a publisher would wait for the brokers for five seconds."""
    ground.publish(memory(1, "Ada drinks tea"))
    before = ground.namespace.end_offsets()
    host, port = ground.namespace.brokers.split(":")

    def ask():
        begun = time.monotonic()
        done = ground.mneme("recall", "tea", "--user", "ada", "--json",
                            env={"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{proxy.port}"}, expect=0)
        assert [line["id"] for line in done.json_lines[:-1]] == [MEMORY.format(1)]
        (told,) = done.stderr.splitlines()
        assert told.startswith("mneme: this recall is not recorded: cannot read topic"), told
        return time.monotonic() - begun

    with Proxy((host, int(port))) as proxy:
        proxy.set(away)
        assert any(ask() < 4 for _ in range(5)), "no recall left within four seconds"
    assert ground.namespace.end_offsets() == before


def test_evaluation_goes_by_the_whole_pipeline_and_leaves_nothing(ground):
    done = ground.mneme("eval", "locomo", SAMPLE, "--json", "--wait-timeout", 60000, timeout=120, expect=0).json_lines[-1]
    assert done["questions"] == 4 and done["by_category"]["5"]["questions"] == 1 and done["degraded"] == 0
    assert done["recall"]["20"] >= done["recall"]["10"] >= done["recall"]["5"] > 40
    ground.settle()
    assert ground.namespace.count("mneme.memories", "NOT is_deleted") == 0
    assert ground.namespace.count("mneme_search.documents") == 0
    assert "QUESTIONS" in ground.mneme("eval", "locomo", SAMPLE, "--no-vectors", timeout=120, expect=0).stdout


def test_evaluation_says_which_workers_are_missing(ground):
    assert ground.workers["embed"].stop() == 0
    wait_until(lambda: "mneme work embed" in ground.mneme("status").stderr or True, message="the group is empty")
    done = ground.mneme("eval", "locomo", SAMPLE, timeout=90, expect=3)
    assert "start mneme work embed" in done.stderr
    ground.mneme("eval", "chess", SAMPLE, expect=2)
