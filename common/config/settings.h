/*
 * The table of all settings. A new setting only needs a new row: the parser, `mneme config`,
 * docs/configuration.md and the environment follow from it. The library uses the same names.
 */
#ifndef MNEME_COMMON_CONFIG_SETTINGS_H
#define MNEME_COMMON_CONFIG_SETTINGS_H

/* X(id, environment name, type, default, limits, PLAIN or SECRET, what it does). The limits are
 * RANGE(least, most) of a number, ONE_OF("a|b|c") of a choice, ANY of a string. */
/* clang-format off */
#define MNEME_SETTINGS(X) \
    X(KAFKA_BOOTSTRAP_SERVERS, "KAFKA_BOOTSTRAP_SERVERS", STRING, "127.0.0.1:9092", ANY, PLAIN, \
      "Brokers to connect to first, host:port, separated by commas.") \
    X(KAFKA_SECURITY_PROTOCOL, "MNEME_KAFKA_SECURITY_PROTOCOL", CHOICE, "plaintext", \
      ONE_OF("plaintext|ssl|sasl_plaintext|sasl_ssl"), PLAIN, \
      "The protocol for connections to the brokers.") \
    X(KAFKA_SASL_MECHANISM, "MNEME_KAFKA_SASL_MECHANISM", CHOICE, "PLAIN", \
      ONE_OF("PLAIN|SCRAM-SHA-256|SCRAM-SHA-512"), PLAIN, \
      "The SASL mechanism for logging in to the brokers.") \
    X(KAFKA_SASL_USERNAME, "MNEME_KAFKA_SASL_USERNAME", STRING, "", ANY, PLAIN, \
      "The user name for logging in to the brokers.") \
    X(KAFKA_SASL_PASSWORD, "MNEME_KAFKA_SASL_PASSWORD", STRING, "", ANY, SECRET, \
      "The password for logging in to the brokers.") \
    X(KAFKA_SSL_CA, "MNEME_KAFKA_SSL_CA", STRING, "", ANY, PLAIN, \
      "File with the certificates to trust for brokers; empty means the system's.") \
    X(KAFKA_OPTIONS, "MNEME_KAFKA_OPTIONS", STRING, "", ANY, PLAIN, \
      "Additional librdkafka properties, key=value, separated by commas.") \
    X(TOPIC_PREFIX, "MNEME_TOPIC_PREFIX", STRING, "mneme.", ANY, PLAIN, \
      "Prefix of all topics and consumer groups of this installation.") \
    X(TOPIC_PARTITIONS, "MNEME_TOPIC_PARTITIONS", LONG, "8", RANGE(1, 4096), PLAIN, \
      "Number of partitions of the events topic; cannot change once the topic exists, since it determines the order of " \
      "events.") \
    X(TOPIC_REPLICATION, "MNEME_TOPIC_REPLICATION", LONG, "1", RANGE(1, 100), PLAIN, \
      "Number of copies of each partition of new topics.") \
    X(SCHEMA_REGISTRY_URL, "SCHEMA_REGISTRY_URL", STRING, "", ANY, PLAIN, \
      "Confluent-compatible schema registry; if empty, events carry the fingerprint of their schema instead.") \
    X(REGISTRY_TIMEOUT_MS, "MNEME_REGISTRY_TIMEOUT_MS", LONG, "5000", RANGE(1, 600000), PLAIN, \
      "How long one registry request may take.") \
    X(DATABASE_URL, "DATABASE_URL", STRING, "postgresql:///mneme", ANY, PLAIN, \
      "Postgres, as a URL or as key=value words.") \
    X(PG_SCHEMA, "MNEME_PG_SCHEMA", STRING, "mneme", ANY, PLAIN, \
      "The Postgres schema that holds the ledger and the tables.") \
    X(SEARCH_SCHEMA, "MNEME_SEARCH_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection search; empty means MNEME_PG_SCHEMA followed by \"_search\".") \
    X(EMBED_SCHEMA, "MNEME_EMBED_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection embed; empty means MNEME_PG_SCHEMA followed by \"_embed\".") \
    X(VECTORS_SCHEMA, "MNEME_VECTORS_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection vectors; empty means MNEME_PG_SCHEMA followed by \"_vectors\".") \
    X(TEXT_SEARCH_CONFIG, "MNEME_TEXT_SEARCH_CONFIG", STRING, "english", ANY, PLAIN, \
      "The language of texts, by the name of Postgres's text search configuration: determines how words are stemmed, and " \
      "which are common; simple does not stem. A change requires mneme rebuild search.") \
    X(PG_CONNECT_TIMEOUT_MS, "MNEME_PG_CONNECT_TIMEOUT_MS", LONG, "5000", RANGE(100, 600000), PLAIN, \
      "How long connecting to Postgres may take.") \
    X(PG_POOL_MODE, "MNEME_PG_POOL_MODE", CHOICE, "transaction", ONE_OF("transaction|session"), PLAIN, \
      "The pool_mode of the pooler (PgBouncer) that DATABASE_URL leads to; no effect without a pooler.") \
    X(PG_POOL_MIN, "MNEME_PG_POOL_MIN", LONG, "10", RANGE(0, 1000), PLAIN, \
      "Number of Postgres connections that a process with a connection pool keeps open.") \
    X(PG_POOL_MAX, "MNEME_PG_POOL_MAX", LONG, "50", RANGE(1, 1000), PLAIN, \
      "Maximum number of Postgres connections in such a pool.") \
    X(PG_POOL_IDLE_S, "MNEME_PG_POOL_IDLE_S", LONG, "300", RANGE(0, 86400), PLAIN, \
      "Seconds without use after which such a pool closes a connection beyond MNEME_PG_POOL_MIN.") \
    X(PG_COMMAND_TIMEOUT_MS, "MNEME_PG_COMMAND_TIMEOUT_MS", LONG, "30000", RANGE(0, 86400000), PLAIN, \
      "How long one statement over a connection of the pool may take; 0 means no limit.") \
    X(PG_CONNECT_TRIES, "MNEME_PG_CONNECT_TRIES", LONG, "5", RANGE(1, 100), PLAIN, \
      "How often the pool tries to connect to Postgres before a request fails.") \
    X(PG_CONNECT_RETRY_MS, "MNEME_PG_CONNECT_RETRY_MS", LONG, "1000", RANGE(1, 600000), PLAIN, \
      "First wait before the pool tries to connect again; it doubles, with jitter.") \
    X(REDIS_URL, "REDIS_URL", STRING, "redis://127.0.0.1:6379/0", ANY, PLAIN, \
      "Redis: redis://[[user]:password@]host[:port][/database]; several nodes of one cluster are separated by commas " \
      "(docs/redis.md).") \
    X(REDIS_PREFIX, "MNEME_REDIS_PREFIX", STRING, "mneme:", ANY, PLAIN, \
      "Prefix of all keys of this installation in Redis.") \
    X(REDIS_TIMEOUT_MS, "MNEME_REDIS_TIMEOUT_MS", LONG, "5000", RANGE(10, 600000), PLAIN, \
      "How long a worker waits for a connection to Redis, and for each answer.") \
    X(REDIS_SPACE, "MNEME_REDIS_SPACE", LONG, "0", RANGE(0, 2147483647), PLAIN, \
      "The key space in Redis that is filled; 0 means the live one. A rebuild sets this itself.") \
    X(REDIS_CAPACITY, "MNEME_REDIS_CAPACITY", LONG, "10000", RANGE(1, 1000000000), PLAIN, \
      "Maximum number of memories in Redis; each partition of the log has an equal share.") \
    X(REDIS_MAX_BYTES, "MNEME_REDIS_MAX_BYTES", LONG, "268435456", RANGE(65536, 1125899906842624), PLAIN, \
      "Maximum number of bytes of all kinds together in Redis; each partition of the log has an equal share. Three quarters " \
      "of Redis's maxmemory, if it is set, are also a limit.") \
    X(REDIS_USER_PERCENT, "MNEME_REDIS_USER_PERCENT", LONG, "25", RANGE(1, 100), PLAIN, \
      "Maximum percentage of a partition's memories and bytes in Redis for one user, or for one stream without a user.") \
    X(REDIS_MEMORY_TTL_S, "MNEME_REDIS_MEMORY_TTL_S", LONG, "3600", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps a memory, or an agent's list of memories, after the last event that changed it.") \
    X(REDIS_CONVERSATION_TTL_S, "MNEME_REDIS_CONVERSATION_TTL_S", LONG, "1800", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps a conversation after the last event that changed it.") \
    X(REDIS_RECENT_CONVERSATIONS_TTL_S, "MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S", LONG, "3600", \
      RANGE(1, 31536000), PLAIN, \
      "How long a conversation is in its user's list of recent conversations, and how long Redis keeps that list.") \
    X(REDIS_RECENT_DECISIONS_TTL_S, "MNEME_REDIS_RECENT_DECISIONS_TTL_S", LONG, "1800", RANGE(1, 31536000), PLAIN, \
      "How long a decision is in its agent's list of recent decisions, and how long Redis keeps that list.") \
    X(REDIS_WORKING_TTL_S, "MNEME_REDIS_WORKING_TTL_S", LONG, "3600", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps the turns, thoughts, goal and context of a conversation after any of them last changed.") \
    X(CONTEXT_TTL_S, "MNEME_CONTEXT_TTL_S", LONG, "3600", RANGE(0, 315360000), PLAIN, \
      "How long a value of a context is kept unless its writer says; 0 means that it never expires.") \
    X(LOCK_URLS, "MNEME_LOCK_URLS", STRING, "", ANY, PLAIN, \
      "Independent Redis servers that vote on locks, URLs separated by commas; empty means the server of REDIS_URL.") \
    X(LOCK_TTL_MS, "MNEME_LOCK_TTL_MS", LONG, "10000", RANGE(10, 86400000), PLAIN, \
      "Default lease of a lock: how long it is held unless it is extended.") \
    X(LOCK_WAIT_MS, "MNEME_LOCK_WAIT_MS", LONG, "5000", RANGE(0, 86400000), PLAIN, \
      "Default time to wait for a lock that somebody else has; 0 means a single try.") \
    X(LOCK_RETRY_MS, "MNEME_LOCK_RETRY_MS", LONG, "200", RANGE(1, 60000), PLAIN, \
      "Maximum pause between two tries to acquire a lock; the first pauses are shorter, and all are random.") \
    X(LOCK_TIMEOUT_MS, "MNEME_LOCK_TIMEOUT_MS", LONG, "500", RANGE(1, 60000), PLAIN, \
      "How long one server may take to answer for a lock; should be much shorter than the lease.") \
    X(OPENAI_BASE_URL, "OPENAI_BASE_URL", STRING, "http://127.0.0.1:8080/v1", ANY, PLAIN, \
      "OpenAI-compatible endpoint that embeds texts; /embeddings is appended to it.") \
    X(OPENAI_API_KEY, "OPENAI_API_KEY", STRING, "", ANY, SECRET, \
      "The API key of the embedding endpoint; empty if none is needed.") \
    X(EMBEDDING_MODEL, "EMBEDDING_MODEL", STRING, "bge-small-en-v1.5", ANY, PLAIN, \
      "The embedding model, by the endpoint's name for it; used until a vector store has settled on a model.") \
    X(EMBEDDING_MODEL_PINNED, "MNEME_EMBEDDING_MODEL_PINNED", BOOL, "false", ANY, PLAIN, \
      "Whether to embed with EMBEDDING_MODEL even if the vector store has settled on another model.") \
    X(EMBEDDING_DIMENSIONS, "EMBEDDING_DIMENSIONS", LONG, "0", RANGE(0, 16000), PLAIN, \
      "Number of dimensions to request from the endpoint and to require of its vectors; 0 means the model's own number.") \
    X(EMBEDDING_QUERY_PREFIX, "MNEME_EMBEDDING_QUERY_PREFIX", STRING, "auto", ANY, PLAIN, \
      "Prefix of a question when it is embedded; auto means what the model is known to need.") \
    X(EMBEDDING_PASSAGE_PREFIX, "MNEME_EMBEDDING_PASSAGE_PREFIX", STRING, "auto", ANY, PLAIN, \
      "Prefix of a stored text when it is embedded; auto means what the model is known to need.") \
    X(EMBEDDING_PART_BYTES, "MNEME_EMBEDDING_PART_BYTES", LONG, "0", RANGE(0, 1000000), PLAIN, \
      "Maximum length in bytes of a text with a single vector; longer texts are embedded in parts. 0 means what the model is " \
      "known to read.") \
    X(EMBEDDING_BATCH, "MNEME_EMBEDDING_BATCH", LONG, "128", RANGE(1, 2048), PLAIN, \
      "Maximum number of texts in one request to the endpoint.") \
    X(EMBEDDING_CONCURRENCY, "MNEME_EMBEDDING_CONCURRENCY", LONG, "2", RANGE(1, 64), PLAIN, \
      "Maximum number of concurrent requests to the endpoint.") \
    X(EMBEDDING_TIMEOUT_MS, "MNEME_EMBEDDING_TIMEOUT_MS", LONG, "30000", RANGE(10, 600000), PLAIN, \
      "How long one request to the endpoint may take.") \
    X(EMBEDDING_TRIES, "MNEME_EMBEDDING_TRIES", LONG, "4", RANGE(1, 100), PLAIN, \
      "How often a request is tried before the endpoint counts as unavailable.") \
    X(EMBEDDING_RATE, "MNEME_EMBEDDING_RATE", LONG, "0", RANGE(0, 1000000), PLAIN, \
      "Maximum number of requests per minute from one process to the endpoint; 0 means no limit.") \
    X(EMBEDDING_BREAKER_FAILURES, "MNEME_EMBEDDING_BREAKER_FAILURES", LONG, "5", RANGE(1, 1000), PLAIN, \
      "Number of failures in a row after which the endpoint gets no requests for a while.") \
    X(EMBEDDING_BREAKER_OPEN_MS, "MNEME_EMBEDDING_BREAKER_OPEN_MS", LONG, "5000", RANGE(1, 600000), PLAIN, \
      "How long the endpoint then gets no requests, before one request tries it again.") \
    X(EMBEDDING_CACHE_TTL_S, "MNEME_EMBEDDING_CACHE_TTL_S", LONG, "3600", RANGE(0, 31536000), PLAIN, \
      "How long Redis keeps the vector of a question; 0 means that it is not kept.") \
    X(VECTOR_STORE, "MNEME_VECTOR_STORE", CHOICE, "pgvector", ONE_OF("pgvector|chroma"), PLAIN, \
      "Where vectors are stored.") \
    X(VECTOR_METRIC, "MNEME_VECTOR_METRIC", CHOICE, "cosine", ONE_OF("cosine|euclidean|dot|dotproduct"), PLAIN, \
      "How vectors of documents are compared; used until a vector store has settled on a metric.") \
    X(VECTOR_GENERATION, "MNEME_VECTOR_GENERATION", LONG, "0", RANGE(0, 2147483647), PLAIN, \
      "The generation of vectors that is filled; 0 means the active one. A rebuild sets this itself.") \
    X(VECTOR_RETIRED_S, "MNEME_VECTOR_RETIRED_S", LONG, "3600", RANGE(0, 31536000), PLAIN, \
      "How long a generation of vectors is kept after another one has replaced it.") \
    X(INDEX_MEMORY_MB, "MNEME_INDEX_MEMORY_MB", LONG, "4096", RANGE(64, 1048576), PLAIN, \
      "Maximum memory for Postgres to build an index of vectors, in megabytes.") \
    X(CHROMA_URL, "CHROMA_URL", STRING, "http://127.0.0.1:8000", ANY, PLAIN, \
      "The address of Chroma, if it is the vector store.") \
    X(CHROMA_TENANT, "MNEME_CHROMA_TENANT", STRING, "default_tenant", ANY, PLAIN, \
      "The Chroma tenant that holds the collections.") \
    X(CHROMA_DATABASE, "MNEME_CHROMA_DATABASE", STRING, "default_database", ANY, PLAIN, \
      "The database of that tenant.") \
    X(CHROMA_COLLECTION, "MNEME_CHROMA_COLLECTION", STRING, "mneme", ANY, PLAIN, \
      "Prefix of the names of collections in Chroma: 1 to 40 letters, digits, dots, dashes and underscores, beginning with a " \
      "letter or digit. A change requires mneme rebuild vectors.") \
    X(CHROMA_TIMEOUT_MS, "MNEME_CHROMA_TIMEOUT_MS", LONG, "30000", RANGE(10, 600000), PLAIN, \
      "How long one request to Chroma may take.") \
    X(RECALL_TIMEOUT_MS, "MNEME_RECALL_TIMEOUT_MS", LONG, "2000", RANGE(10, 600000), PLAIN, \
      "How long recall waits for the embedding service, for a statement, or for the vector store before it answers without " \
      "them.") \
    X(RECALL_WEIGHTS, "MNEME_RECALL_WEIGHTS", STRING, "", ANY, PLAIN, \
      "Weights of what recall considers, NAME=NUMBER, separated by commas; docs/retrieval.md has the names and defaults.") \
    X(SHORT_TERM_S, "MNEME_SHORT_TERM_S", LONG, "604800", RANGE(1, 3155760000), PLAIN, \
      "Seconds after which a memory expires whose term is set to short_term here, unless its expiry is given.") \
    X(ARCHIVE_AFTER_S, "MNEME_ARCHIVE_AFTER_S", LONG, "2592000", RANGE(0, 3155760000), PLAIN, \
      "Minimum age in seconds of the memories of a scope that memory archive archives.") \
    X(CONTEXT_MEMORIES, "MNEME_CONTEXT_MEMORIES", LONG, "10", RANGE(1, 1000), PLAIN, \
      "Maximum number of memories that agent context shows of each other agent.") \
    X(RECALL_MIN_SIMILARITY, "MNEME_RECALL_MIN_SIMILARITY", DOUBLE, "-1000000000", RANGE(-1000000000, 1000000000), PLAIN, \
      "Default minimum similarity of a document's vector to the question's in recall; the default of this setting includes " \
      "every document, even without a vector.") \
    X(READ_RECORD, "MNEME_READ_RECORD", DOUBLE, "0", RANGE(0, 1), PLAIN, \
      "The share of searches, and of reads of memories by id and in lists, that are recorded as memory_retrieved events; 0 " \
      "means none.") \
    X(RECALL_RECORD, "MNEME_RECALL_RECORD", DOUBLE, "1", RANGE(0, 1), PLAIN, \
      "The share of recalls that are recorded as memory_retrieved events; 0 means none.") \
    X(TENANT, "MNEME_TENANT", STRING, "default", ANY, PLAIN, \
      "The tenant of calls that do not name one.") \
    X(CONTENT_MAX_CHARS, "MNEME_CONTENT_MAX_CHARS", LONG, "100000", RANGE(1, 1000000), PLAIN, \
      "Maximum length of the text of a memory or turn, in characters; must be the same for publishers and workers.") \
    X(PUBLISH_LINGER_MS, "MNEME_PUBLISH_LINGER_MS", LONG, "5", RANGE(0, 10000), PLAIN, \
      "How long a publisher collects events for one request.") \
    X(PUBLISH_QUEUE_EVENTS, "MNEME_PUBLISH_QUEUE_EVENTS", LONG, "100000", RANGE(1, 10000000), PLAIN, \
      "Maximum number of events waiting for the brokers.") \
    X(PUBLISH_QUEUE_KB, "MNEME_PUBLISH_QUEUE_KB", LONG, "65536", RANGE(64, 2097151), PLAIN, \
      "Maximum size of the events waiting for the brokers, in kilobytes.") \
    X(PUBLISH_TIMEOUT_MS, "MNEME_PUBLISH_TIMEOUT_MS", LONG, "120000", RANGE(100, 2147483647), PLAIN, \
      "How long an event may wait for the brokers before it is reported as failed.") \
    X(PUBLISH_BLOCK_MS, "MNEME_PUBLISH_BLOCK_MS", LONG, "10000", RANGE(0, 2147483647), PLAIN, \
      "How long publishing waits for room in a full queue before it fails.") \
    X(STATE_DIR, "MNEME_STATE_DIR", STRING, "", ANY, PLAIN, \
      "Folder for state that is kept between runs: the user's own last writes, and the progress of imports. Empty means " \
      "$XDG_STATE_HOME/mneme or ~/.local/state/mneme, or if neither is writable, mneme-UID in $TMPDIR or /tmp.") \
    X(BATCH_MAX_EVENTS, "MNEME_BATCH_MAX_EVENTS", LONG, "20000", RANGE(1, 1000000), PLAIN, \
      "Maximum number of events that a worker applies in one transaction.") \
    X(BATCH_MAX_BYTES, "MNEME_BATCH_MAX_BYTES", LONG, "16777216", RANGE(1024, 1073741824), PLAIN, \
      "Maximum number of bytes of events that a worker applies in one transaction.") \
    X(BATCH_LINGER_MS, "MNEME_BATCH_LINGER_MS", LONG, "2", RANGE(0, 10000), PLAIN, \
      "How long an idle worker waits for more events before it applies what it has.") \
    X(RETRY_INITIAL_MS, "MNEME_RETRY_INITIAL_MS", LONG, "100", RANGE(1, 600000), PLAIN, \
      "First wait before a failed batch is tried again; it doubles, with jitter.") \
    X(RETRY_MAX_MS, "MNEME_RETRY_MAX_MS", LONG, "10000", RANGE(1, 600000), PLAIN, \
      "Maximum wait before a failed batch is tried again.") \
    X(STREAM_CACHE, "MNEME_STREAM_CACHE", LONG, "100000", RANGE(100, 100000000), PLAIN, \
      "Number of streams whose versions a worker remembers.") \
    X(NOTIFY, "MNEME_NOTIFY", CHOICE, "true", ONE_OF("true|each|false"), PLAIN, \
      "Whether Postgres notifies those who LISTEN to memory_events of accepted events: true sends them in arrays, each sends " \
      "one object per event.") \
    X(SESSION_TIMEOUT_MS, "MNEME_SESSION_TIMEOUT_MS", LONG, "10000", RANGE(1000, 1800000), PLAIN, \
      "How long a worker may be silent before the consumer group takes its partitions away.") \
    X(METRICS_PORT, "MNEME_METRICS_PORT", LONG, "0", RANGE(0, 65535), PLAIN, \
      "The port on which a worker serves /metrics; 0 means that it does not.") \
    X(METRICS_HOST, "MNEME_METRICS_HOST", STRING, "127.0.0.1", ANY, PLAIN, \
      "The address on which a worker serves /metrics.") \
    X(WAIT_TIMEOUT_MS, "MNEME_WAIT_TIMEOUT_MS", LONG, "10000", RANGE(0, 3600000), PLAIN, \
      "How long a read or a publisher waits for a projection.") \
    X(READ_OWN_WRITES_MS, "MNEME_READ_OWN_WRITES_MS", LONG, "2000", RANGE(0, 3600000), PLAIN, \
      "How long a read by the command line or libmneme waits for what this program wrote within the last minute; 0 means not " \
      "at all.") \
    X(LOG_LEVEL, "LOG_LEVEL", CHOICE, "info", ONE_OF("debug|info|warn|error"), PLAIN, \
      "The least severe level that is logged.") \
    X(LOG_FORMAT, "MNEME_LOG_FORMAT", CHOICE, "auto", ONE_OF("auto|text|logfmt|json"), PLAIN, \
      "The format of the log; auto means logfmt for workers whose log is not a terminal, and text otherwise.")
/* clang-format on */

#endif
