"""Everything that finds again, in one namespace: the ledger, full text, embeddings by an endpoint that can be foretold,
vectors in a store, and what Redis keeps; each service behind a proxy."""

import re
from urllib.parse import urlsplit

from harness.chaos import wait_folded
from harness.endpoint import Endpoint
from harness.proxy import Proxy
from harness.waiting import wait_until
from oracle import assert_equal_to_log
from oracle.chroma import Chroma
from oracle.compare_embeddings import Model
from oracle.find import assert_cached, assert_embedded, assert_searchable, assert_stored

PART_BYTES = 120  # many texts have several parts, and a few more than have a vector of their own
GROUPS = ("postgres", "search", "embed", "vectors")
EAGER = {"MNEME_RETRY_MAX_MS": "500", "MNEME_SESSION_TIMEOUT_MS": "2000", "MNEME_EMBEDDING_TIMEOUT_MS": "3000",
         "MNEME_EMBEDDING_BREAKER_OPEN_MS": "200", "MNEME_EMBEDDING_TRIES": "2"}


class Finding:
    """Use as a context. `worker(group)` starts one worker, `workers()` one of each of the groups."""

    def __init__(self, ground, groups=GROUPS, store="pgvector", model="fake", env=None):
        self.ground = ground
        self.namespace = ground.namespace
        self.groups = groups
        self.model = model
        self.endpoint = Endpoint()
        self.endpoint_proxy = Proxy(self.endpoint.address, ground.seed)
        self.chroma = self.chroma_proxy = None
        self.env = {**EAGER, "OPENAI_BASE_URL": self.endpoint_proxy.url(self.endpoint.url), "EMBEDDING_MODEL": model,
                    "MNEME_EMBEDDING_PART_BYTES": str(PART_BYTES),
                    "MNEME_VECTOR_STORE": store}
        if store == "chroma":
            ground.stack.up("chroma")
            url = ground.stack.env["CHROMA_URL"]
            self.chroma = Chroma(url)
            parts = urlsplit(url)
            self.chroma_proxy = Proxy((parts.hostname, parts.port), ground.seed)
            self.env["CHROMA_URL"] = self.chroma_proxy.url(url)
        self.env |= env or {}
        self.namespace.env |= self.env
        ground.mneme.env |= self.env

    def __enter__(self):
        self.endpoint.__enter__()
        return self

    def __exit__(self, *_):
        self.endpoint_proxy.close()
        self.endpoint.__exit__()
        if self.chroma:
            self.chroma_proxy.close()

    def worker(self, group, **options):
        return self.ground.worker(group, **options)

    def workers(self, **options):
        return {group: self.worker(group, **options) for group in self.groups}

    # --- progress ---

    @property
    def embeddings_topic(self):
        """Of the vectors that answer; before there are any, the model's first."""
        with self.namespace.connect("vectors") as connection:
            row = connection.execute("SELECT topic FROM generations WHERE state = 'active' AND model = %s", (self.model,)).fetchone()
        return row[0] if row else f"{self.namespace.topic_prefix}embeddings.{re.sub('[^a-zA-Z0-9._-]', '-', self.model)}"

    def projection(self, group):
        """How its progress is called, and the topic that it folds."""
        if group == "vectors":
            return group, self.embeddings_topic
        return f"embed.{self.model}" if group == "embed" else group, self.namespace.topic

    def drain(self, *groups, timeout=60):
        """Waits until the groups, in their order, have everything that is there when it is their turn."""
        for group in groups or self.groups:
            projection, topic = self.projection(group)
            self.namespace.drain(projection, timeout, topic)

    def wait_folded(self, group, more, timeout=60):
        projection, topic = self.projection(group)
        wait_folded(self.namespace, more, timeout, projection, topic)

    def wait_asked(self, before):
        """Waits until the endpoint was asked more often than that."""
        wait_until(lambda: self.endpoint.asked > before, message="the endpoint is asked")

    def assert_answers(self, model):
        """The vectors that answer are that model's."""
        with self.namespace.connect("vectors") as connection:
            rows = connection.execute("SELECT model FROM generations WHERE state = 'active'").fetchall()
        assert rows == [(model,)], f"{rows} answers, not {model}"

    def assert_embedded_once(self, but=0):
        """Of an endpoint that was well all the time; `but` so many that were asked for by one that was killed."""
        twice = [text for text, count in self.endpoint.answered.items() if count > 1]
        assert len(twice) <= but, f"{len(twice)} texts were embedded twice, such as {twice[:3]}"

    # --- the end ---

    def assert_equal(self):
        """Every row of every table, topic and store of the groups is what the log says. Gives the oracle's fold."""
        fold = assert_equal_to_log(self.namespace)
        model = Model(self.model, lambda text: self.endpoint.vector(text, self.model), part_bytes=PART_BYTES)
        if "search" in self.groups:
            assert_searchable(self.namespace, fold)
        if "embed" in self.groups:
            assert_embedded(self.namespace, fold, model, self.embeddings_topic)
        if "vectors" in self.groups:
            assert_stored(self.namespace, fold, model, self.chroma)
        if "redis" in self.groups:
            assert_cached(self.namespace, fold)
        return fold
