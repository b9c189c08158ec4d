"""`mneme reembed` and `mneme rebuild vectors`: another generation of vectors beside the one that answers."""

import signal

import pytest

from harness.endpoint import Endpoint
from harness.program import Program
from harness.waiting import wait_until

EAGER = {"MNEME_RETRY_INITIAL_MS": "20", "MNEME_RETRY_MAX_MS": "200", "MNEME_EMBEDDING_TIMEOUT_MS": "2000",
         "MNEME_EMBEDDING_BREAKER_OPEN_MS": "100", "MNEME_EMBEDDING_BATCH": "4", "MNEME_EMBEDDING_CONCURRENCY": "1"}


class Ground:
    """Ledger, embed and vectors at work, over an endpoint that serves any model."""

    def __init__(self, namespace, endpoint, worker, env):
        self.namespace, self.endpoint = namespace, endpoint
        self.mneme = Program(namespace.env | env)
        self.workers = [worker(group, env=env) for group in ("postgres", "embed", "vectors")]

    def remember(self, count, word):
        self.mneme.publish([{"type": "memory_created", "user_id": f"user-{i % 3}",
                             "payload": {"memory_type": "fact", "content": f"{word} number {i}"}} for i in range(count)])

    def drain(self, model):
        topic = f"{self.namespace.topic_prefix}embeddings.{model}"
        self.namespace.drain("postgres")
        self.namespace.drain(f"embed.{model}")
        wait_until(lambda: self.active()[1] == model, message=f"{model} is active")
        self.namespace.drain("vectors", topic=topic)

    def generations(self):
        return self.namespace.rows("SELECT generation, model, state FROM mneme_vectors.generations ORDER BY 1")

    def active(self):
        return next((row for row in self.generations() if row[2] == "active"), (None, None, None))

    def assert_equal(self, rows):
        *tables, last = self.mneme("verify", "vectors", "--json", expect=0).json_lines
        assert last["state"] == "equal", tables
        assert {table["table"]: table["rows"] for table in tables}["documents"] == rows


@pytest.fixture
def endpoint():
    with Endpoint() as fake:
        yield fake


@pytest.fixture(params=["pgvector", "chroma"])
def ground(request, namespace, endpoint, worker, chroma):
    env = EAGER | {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "first", "MNEME_VECTOR_STORE": request.param,
                   "CHROMA_URL": chroma}
    return Ground(namespace, endpoint, worker, env)


def test_another_model_takes_the_place_and_workers_follow(ground):
    ground.remember(30, "tea")
    ground.drain("first")
    asked = ground.endpoint.answered.total()
    outcome = ground.mneme("reembed", "--model", "second", "--json", expect=0).json_lines[-1]
    assert (outcome["state"], outcome["vectors"]) == ("switched", 30)
    assert ground.endpoint.answered.total() == asked + 30
    assert [row[1:] for row in ground.generations()] == [("first", "retired"), ("second", "active")]
    ground.remember(10, "coffee")
    ground.drain("second")
    ground.assert_equal(40)
    assert ground.endpoint.answered.total() == asked + 40, "what comes after is embedded by the new model alone"
    assert ground.mneme("reembed", "--drop", "--json", expect=0).json_lines[-1]["dropped"] == 1
    assert [row[1:] for row in ground.generations()] == [("second", "active")]
    again = ground.mneme("reembed", "--model", "second", "--json", expect=0).json_lines[-1]
    assert (again["state"], again["vectors"]) == ("active already", 0)
    assert [row[1:] for row in ground.generations()] == [("second", "active")]


def test_a_change_that_is_killed_goes_on_or_is_abandoned(ground):
    ground.remember(40, "tea")
    ground.drain("first")
    ground.endpoint.mode, ground.endpoint.delay = "slow", 0.2
    process = ground.mneme.start("reembed", "--model", "second", start_new_session=True)
    wait_until(lambda: any(model == "second" for model, _ in ground.endpoint.answered), message="it embeds")
    process.send_signal(signal.SIGKILL)
    process.wait(120)
    ground.endpoint.mode = "answer"
    assert ground.active()[1] == "first"
    ground.assert_equal(40)
    wait_until(lambda: ground.mneme("reembed", "--model", "second", "--abandon", "--json").returncode == 0, message="the killed one's session is gone")
    assert [row[1:] for row in ground.generations()] == [("first", "active")]
    ground.mneme("reembed", "--model", "second", expect=0)
    assert ground.active()[1] == "second"
    ground.assert_equal(40)


def test_a_rebuild_asks_no_model_and_is_the_same(ground):
    ground.remember(30, "tea")
    ground.drain("first")
    asked = ground.endpoint.asked
    outcome = ground.mneme("rebuild", "vectors", "--json", expect=0).json_lines[-1]
    assert outcome["state"] == "rebuilt"
    assert ground.endpoint.asked == asked
    ground.assert_equal(30)
    ground.remember(5, "coffee")
    ground.drain("first")
    ground.assert_equal(35)


def test_vectors_cannot_be_rebuilt_for_one_user(ground):
    ground.mneme("rebuild", "vectors", "--user", "ada", expect=2)


def test_the_first_settings_count_and_others_are_told(ground, worker):
    ground.remember(1, "tea")
    ground.drain("first")
    other = worker("vectors", env=EAGER | {"EMBEDDING_MODEL": "third"})
    assert "mneme reembed --model" in other.log
    assert ground.active()[1] == "first"
