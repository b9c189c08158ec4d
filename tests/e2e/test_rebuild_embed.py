"""`mneme rebuild embed`: vectors that are made again by the same model, from the texts, whatever was lost."""

import signal

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic

from harness.endpoint import Endpoint
from harness.program import Program
from harness.waiting import wait_until
from oracle import assert_equal_to_log
from oracle.chroma import Chroma
from oracle.compare_embeddings import Model
from oracle.find import assert_embedded, assert_stored

MODEL = "first"
EAGER = {"MNEME_RETRY_INITIAL_MS": "20", "MNEME_RETRY_MAX_MS": "200", "MNEME_EMBEDDING_TIMEOUT_MS": "2000",
         "MNEME_EMBEDDING_BREAKER_OPEN_MS": "100", "MNEME_EMBEDDING_BATCH": "4", "MNEME_EMBEDDING_CONCURRENCY": "1",
         "MNEME_EMBEDDING_PART_BYTES": "1000000", "MNEME_SESSION_TIMEOUT_MS": "6000"}
GROUPS = ("postgres", "search", "embed", "vectors")


class Ground:
    """Everything that finds, over an endpoint that can be foretold."""

    def __init__(self, namespace, endpoint, worker, env, chroma):
        self.namespace, self.endpoint, self.env, self.chroma = namespace, endpoint, env, chroma
        namespace.env.update(env)
        self.mneme = Program(namespace.env)
        self.start, self.texts = worker, set()
        self.workers = {group: worker(group) for group in GROUPS}
        self.admin = AdminClient({"bootstrap.servers": namespace.brokers})

    def remember(self, count, word):
        self.texts |= {f"{word} number {i}" for i in range(count)}
        self.mneme.publish([{"type": "memory_created", "user_id": f"user-{i % 5}",
                             "payload": {"memory_type": "fact", "content": f"{word} number {i}"}} for i in range(count)])

    def restart(self, *groups):
        """Those that do not run; the log of each says why it had ended."""
        for group in groups or GROUPS:
            if not self.workers[group].is_running:
                self.workers[group] = self.start(group)

    def stop(self, *groups):
        for group in groups or GROUPS:
            assert self.workers[group].stop() == 0, self.workers[group].log[-3000:]

    # --- what there is ---

    @property
    def generation(self):
        """(number, topic, edition) of the one that answers."""
        with self.namespace.connect("vectors") as connection:
            return connection.execute("SELECT generation, topic, edition FROM generations WHERE state = 'active'").fetchone()

    def drain(self):
        self.namespace.drain("postgres")
        self.namespace.drain("search")
        self.namespace.drain(f"embed.{MODEL}")
        wait_until(lambda: self.generation, message="there are vectors")
        self.namespace.drain("vectors", topic=self.generation[1])

    def rebuild(self, *options):
        outcome = self.mneme("rebuild", "embed", "--json", *options, expect=0).json_lines[-1]
        assert (outcome["projection"], outcome["state"], outcome["model"]) == ("embed", "rebuilt", MODEL)
        assert outcome["topic"] == self.generation[1] != outcome["former_topic"]
        return outcome

    def recalled(self, text, user="user-0"):
        """The texts and the reasons why the answer is not all that it could be."""
        *found, last = self.mneme("recall", text, "--user", user, "--json", expect=0).json_lines
        return [result.get("text") or result.get("content") for result in found], last["degraded"]

    def assert_whole(self, documents):
        """Ledger, topic and store are what the log says, and recall is not degraded."""
        fold = assert_equal_to_log(self.namespace)
        assert len(fold.documents.live) == documents
        model = Model(MODEL, lambda text: self.endpoint.vector(text, MODEL), former=frozenset(self.texts))
        topic = self.generation[1]
        assert_embedded(self.namespace, fold, model, topic)
        assert_stored(self.namespace, fold, model, self.chroma)
        *_, last = self.mneme("verify", "vectors", "--json", expect=0).json_lines
        assert last["state"] == "equal"
        assert self.recalled("tea number 0")[1] == []

    # --- losses ---

    def delete_topic(self, name):
        self.admin.delete_topics([name])[name].result()
        wait_until(lambda: name not in self.admin.list_topics(timeout=10).topics, message=f"{name} is gone")

    def make_log_anew(self):
        self.delete_topic(self.namespace.topic)
        self.mneme("topics", "create", expect=0)
        self.namespace.end_offsets()

    def cut(self, topic, keeps):
        """Takes the beginning of each partition but for so many offsets."""
        self.clean(topic, "delete")  # of a compacted topic brokers delete nothing
        cuts = [TopicPartition(topic, partition, max(0, end - keeps))
                for partition, end in self.namespace.end_offsets(topic).items()]
        for future in self.admin.delete_records(cuts).values():
            future.result()
        self.clean(topic, "delete" if topic == self.namespace.topic else "compact")

    def clean(self, topic, policy):
        entry = ConfigEntry("cleanup.policy", policy, incremental_operation=AlterConfigOpType.SET)
        for future in self.admin.incremental_alter_configs(
                [ConfigResource("TOPIC", topic, incremental_configs=[entry])]).values():
            future.result()

    def add_partitions(self, topic, count):
        self.admin.create_partitions([NewPartitions(topic, count)])[topic].result()
        wait_until(lambda: len(self.namespace.end_offsets(topic)) == count, message="the partitions are added")


@pytest.fixture
def endpoint():
    with Endpoint() as fake:
        yield fake


def make_ground(store, namespace, endpoint, worker, request):
    env = EAGER | {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": MODEL, "MNEME_VECTOR_STORE": store}
    chroma = None
    if store == "chroma":
        env["CHROMA_URL"] = request.getfixturevalue("chroma")
        chroma = Chroma(env["CHROMA_URL"])
    return Ground(namespace, endpoint, worker, env, chroma)


@pytest.fixture(params=["pgvector", "chroma"])
def ground(request, namespace, endpoint, worker):
    return make_ground(request.param, namespace, endpoint, worker, request)


def test_vectors_are_made_again_and_workers_follow(ground):
    ground.remember(30, "tea")
    ground.drain()
    former, asked = ground.generation, ground.endpoint.answered.total()
    outcome = ground.rebuild()
    assert outcome["former_topic"] == former[1] and outcome["vectors"] == 30
    assert ground.generation[2] == former[2] + 1
    assert ground.endpoint.answered.total() == asked, "no text is embedded twice by one model"
    ground.remember(10, "coffee")
    ground.drain()
    ground.assert_whole(40)
    assert all(worker.is_running for worker in ground.workers.values())
    assert ground.namespace.rows("SELECT DISTINCT edition FROM mneme_embed.documents") == [(former[2] + 1,)]
    ground.rebuild()  # and once more
    ground.assert_whole(40)


def test_one_that_is_killed_goes_on_or_is_abandoned(ground):
    ground.remember(40, "tea")
    ground.drain()
    former = ground.generation
    with ground.namespace.connect("embed") as connection:
        connection.execute("TRUNCATE cache")
    ground.endpoint.mode, ground.endpoint.delay = "slow", 0.2
    asked = ground.endpoint.asked

    def begin():
        process = ground.mneme.start("rebuild", "embed", start_new_session=True)
        wait_until(lambda: ground.endpoint.asked > asked or process.poll() is not None, message="it embeds")
        return process

    process = begin()
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    ground.endpoint.mode = "answer"
    assert ground.generation == former
    assert ground.mneme("verify", "vectors", "--json", expect=0).json_lines[-1]["state"] == "equal"
    wait_until(lambda: ground.mneme("rebuild", "embed", "--abandon", "--json").returncode == 0, message="the killed one's session is gone")
    assert ground.mneme("rebuild", "embed", "--abandon", "--json", expect=0).json_lines[-1]["state"] == "nothing to abandon"
    assert ground.namespace.rows("SELECT DISTINCT edition FROM mneme_embed.documents") == [(former[2],)]
    ground.rebuild()
    ground.assert_whole(40)


def test_it_is_made_as_a_whole(ground):
    for option in (("--user", "ada"), ("--agent", "bot"), ("--dry-run",)):
        assert option[0] in ground.mneme("rebuild", "embed", *option, expect=2).stderr


# --- losses: seen, and mended by the one command ---

MEND = "`mneme rebuild embed`"


def seen(ground, projection):
    """What `mneme status` says is lost of the projection, which the text says too."""
    line = next(line for line in ground.mneme("status", "--json").json_lines if line.get("projection") == projection)
    assert line["lost"] is None or line["lost"] in ground.mneme("status").stdout
    return line["lost"]


def refused(ground):
    """Neither a verification nor a rebuild of the vectors is content with them."""
    for command in ("verify", "rebuild"):
        done = ground.mneme(command, "vectors", expect=6)
        assert MEND in done.stderr, done.stderr


def end(ground, *groups):
    """The workers end by themselves, and name the command."""
    for group in groups:
        assert ground.workers[group].wait_exit(120) == 6, ground.workers[group].log[-3000:]
        assert MEND in ground.workers[group].log, ground.workers[group].log[-3000:]


def degraded(ground):
    reasons = ground.recalled("tea number 0")[1]
    return any(MEND in reason for reason in reasons)


def mend(ground, documents):
    ground.restart("postgres", "search")
    assert degraded(ground)
    ground.rebuild()
    ground.restart()
    ground.remember(5, "water")
    ground.drain()
    ground.assert_whole(documents + 5)
    assert seen(ground, "vectors") is None and seen(ground, f"embed.{MODEL}") is None


def rebuild_ledger(ground):
    for projection in ("postgres", "search"):
        ground.mneme("rebuild", projection, expect=0)


@pytest.mark.parametrize("count", [3, 60], ids=["fewer", "more"])
def test_an_events_topic_that_was_made_anew(ground, count):
    ground.remember(30, "tea")
    ground.drain()
    ground.stop()
    ground.make_log_anew()
    ground.remember(count, "coffee")
    refused(ground)
    assert "mneme rebuild postgres" in ground.mneme("rebuild", "embed", expect=6).stderr, "the ledger comes first"
    rebuild_ledger(ground)
    ground.workers["embed"] = ground.start("embed", wait=False)
    end(ground, "embed")
    assert MEND in seen(ground, f"embed.{MODEL}")
    mend(ground, count)


def test_an_events_topic_that_was_cut(ground):
    ground.remember(30, "tea")
    ground.drain()
    ground.stop()
    ground.remember(30, "coffee")
    ground.cut(ground.namespace.topic, keeps=2)
    assert "--accept-loss" in ground.mneme("rebuild", "embed", expect=6).stderr
    ground.mneme("rebuild", "postgres", "--accept-loss", expect=0)
    ground.mneme("rebuild", "search", expect=0)
    ground.workers["embed"] = ground.start("embed", wait=False)
    end(ground, "embed")
    assert MEND in seen(ground, f"embed.{MODEL}")
    documents = sum(min(2, end) for end in ground.namespace.end_offsets().values())
    mend(ground, documents)


def test_an_events_topic_that_got_more_partitions(ground):
    ground.remember(60, "tea")
    ground.drain()
    ground.stop()
    partitions = ground.namespace.partitions
    ground.add_partitions(ground.namespace.topic, partitions + 3)
    ground.remember(30, "coffee")
    refused(ground)
    assert "partitions" in seen(ground, f"embed.{MODEL}")
    assert ground.mneme("rebuild", "embed").returncode == 6
    prefix = ground.namespace.topic_prefix + "b."
    ground.mneme("topics", "repartition", "--to", prefix, "--partitions", "5", "--finish", expect=0)
    namespace = ground.namespace
    namespace.topic_prefix, namespace.topic, namespace.partitions = prefix, prefix + "events", 5
    namespace.env.update(MNEME_TOPIC_PREFIX=prefix, MNEME_TOPIC_PARTITIONS="5")
    ground.mneme = Program(namespace.env)
    refused(ground)
    rebuild_ledger(ground)
    ground.workers["embed"] = ground.start("embed", wait=False)
    end(ground, "embed")
    mend(ground, 90)


@pytest.mark.parametrize("again", [False, True], ids=["gone", "made_anew"])
def test_an_embeddings_topic_that_was_deleted(ground, again):
    ground.remember(30, "tea")
    ground.drain()
    ground.stop("embed", "vectors")
    topic = ground.generation[1]
    ground.delete_topic(topic)
    if again:
        ground.admin.create_topics([NewTopic(topic, ground.namespace.partitions, 1, config={
            "cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"})])[topic].result()
        ground.namespace.end_offsets(topic)
        ground.start("embed")  # which cannot know that it is another one
        ground.remember(60, "coffee")
        ground.namespace.drain(f"embed.{MODEL}")
    refused(ground)
    ground.workers["vectors"] = ground.start("vectors", wait=False)
    end(ground, "vectors")
    assert MEND in seen(ground, "vectors")
    mend(ground, 90 if again else 30)


def test_an_embeddings_topic_that_was_cut_or_got_more_partitions(ground):
    ground.remember(30, "tea")
    ground.drain()
    ground.stop("vectors")
    topic = ground.generation[1]
    ground.cut(topic, keeps=1)
    assert MEND in seen(ground, "vectors")
    refused(ground)
    mend(ground, 30)
    ground.stop("vectors")
    topic = ground.generation[1]
    ground.add_partitions(topic, ground.namespace.partitions + 2)
    assert MEND in seen(ground, "vectors")
    refused(ground)
    mend(ground, 35)


def test_workers_see_the_topic_go(ground):
    ground.remember(30, "tea")
    ground.drain()
    ground.delete_topic(ground.generation[1])
    ground.remember(5, "coffee")
    end(ground, "embed", "vectors")
    mend(ground, 35)
