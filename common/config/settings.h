/*
 * The table of all settings. A new row is all that a new setting needs: the parser, `mneme config`,
 * docs/configuration.md and the environment follow from it. The library takes the same names.
 */
#ifndef MNEME_COMMON_CONFIG_SETTINGS_H
#define MNEME_COMMON_CONFIG_SETTINGS_H

/* X(id, environment name, type, default, limits, PLAIN or SECRET, what it does). The limits are
 * RANGE(least, most) of a number, ONE_OF("a|b|c") of a choice, ANY of a string. */
/* clang-format off */
#define MNEME_SETTINGS(X) \
    X(KAFKA_BOOTSTRAP_SERVERS, "KAFKA_BOOTSTRAP_SERVERS", STRING, "127.0.0.1:9092", ANY, PLAIN, \
      "Brokers to begin with, host:port, separated by commas.") \
    X(KAFKA_SECURITY_PROTOCOL, "MNEME_KAFKA_SECURITY_PROTOCOL", CHOICE, "plaintext", \
      ONE_OF("plaintext|ssl|sasl_plaintext|sasl_ssl"), PLAIN, \
      "How to talk to the brokers.") \
    X(KAFKA_SASL_MECHANISM, "MNEME_KAFKA_SASL_MECHANISM", CHOICE, "PLAIN", \
      ONE_OF("PLAIN|SCRAM-SHA-256|SCRAM-SHA-512"), PLAIN, \
      "How to log in to the brokers.") \
    X(KAFKA_SASL_USERNAME, "MNEME_KAFKA_SASL_USERNAME", STRING, "", ANY, PLAIN, \
      "Who logs in to the brokers.") \
    X(KAFKA_SASL_PASSWORD, "MNEME_KAFKA_SASL_PASSWORD", STRING, "", ANY, SECRET, \
      "The password for it.") \
    X(KAFKA_SSL_CA, "MNEME_KAFKA_SSL_CA", STRING, "", ANY, PLAIN, \
      "File of certificates to trust for brokers; empty means the system's.") \
    X(KAFKA_OPTIONS, "MNEME_KAFKA_OPTIONS", STRING, "", ANY, PLAIN, \
      "Further librdkafka properties, key=value separated by commas.") \
    X(TOPIC_PREFIX, "MNEME_TOPIC_PREFIX", STRING, "mneme.", ANY, PLAIN, \
      "What all topics and consumer groups of this installation begin with.") \
    X(TOPIC_PARTITIONS, "MNEME_TOPIC_PARTITIONS", LONG, "8", RANGE(1, 4096), PLAIN, \
      "Partitions of the events topic; fixed once it is made, since it decides order.") \
    X(TOPIC_REPLICATION, "MNEME_TOPIC_REPLICATION", LONG, "1", RANGE(1, 100), PLAIN, \
      "Copies of each partition when topics are made.") \
    X(SCHEMA_REGISTRY_URL, "SCHEMA_REGISTRY_URL", STRING, "", ANY, PLAIN, \
      "Confluent-compatible registry; when empty, events carry the fingerprint of their schema instead.") \
    X(REGISTRY_TIMEOUT_MS, "MNEME_REGISTRY_TIMEOUT_MS", LONG, "5000", RANGE(1, 600000), PLAIN, \
      "How long one registry request may take.") \
    X(DATABASE_URL, "DATABASE_URL", STRING, "postgresql:///mneme", ANY, PLAIN, \
      "Postgres, as a URL or as key=value words.") \
    X(PG_SCHEMA, "MNEME_PG_SCHEMA", STRING, "mneme", ANY, PLAIN, \
      "The Postgres schema that holds the ledger and the tables.") \
    X(SEARCH_SCHEMA, "MNEME_SEARCH_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection search; empty means MNEME_PG_SCHEMA with \"_search\" behind it.") \
    X(EMBED_SCHEMA, "MNEME_EMBED_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection embed; empty means MNEME_PG_SCHEMA with \"_embed\" behind it.") \
    X(VECTORS_SCHEMA, "MNEME_VECTORS_SCHEMA", STRING, "", ANY, PLAIN, \
      "The Postgres schema of the projection vectors; empty means MNEME_PG_SCHEMA with \"_vectors\" behind it.") \
    X(TEXT_SEARCH_CONFIG, "MNEME_TEXT_SEARCH_CONFIG", STRING, "english", ANY, PLAIN, \
      "The language of texts, as Postgres's text search configuration is named: how words are stemmed, and which " \
      "are common. simple stems none. Another one needs mneme rebuild search.") \
    X(PG_CONNECT_TIMEOUT_MS, "MNEME_PG_CONNECT_TIMEOUT_MS", LONG, "5000", RANGE(100, 600000), PLAIN, \
      "How long connecting to Postgres may take.") \
    X(PG_POOL_MODE, "MNEME_PG_POOL_MODE", CHOICE, "transaction", ONE_OF("transaction|session"), PLAIN, \
      "The pool_mode of a pooler (PgBouncer) that DATABASE_URL leads to; without one it has no effect.") \
    X(PG_POOL_MIN, "MNEME_PG_POOL_MIN", LONG, "10", RANGE(0, 1000), PLAIN, \
      "Connections to Postgres that a process which lends them keeps open.") \
    X(PG_POOL_MAX, "MNEME_PG_POOL_MAX", LONG, "50", RANGE(1, 1000), PLAIN, \
      "Maximum number of connections to Postgres that such a process opens.") \
    X(PG_POOL_IDLE_S, "MNEME_PG_POOL_IDLE_S", LONG, "300", RANGE(0, 86400), PLAIN, \
      "After how long without use such a process closes a connection beyond MNEME_PG_POOL_MIN.") \
    X(PG_COMMAND_TIMEOUT_MS, "MNEME_PG_COMMAND_TIMEOUT_MS", LONG, "30000", RANGE(0, 86400000), PLAIN, \
      "How long one statement over such a connection may take; 0 means no limit.") \
    X(PG_CONNECT_TRIES, "MNEME_PG_CONNECT_TRIES", LONG, "5", RANGE(1, 100), PLAIN, \
      "How often such a process tries to connect to Postgres before a request fails.") \
    X(PG_CONNECT_RETRY_MS, "MNEME_PG_CONNECT_RETRY_MS", LONG, "1000", RANGE(1, 600000), PLAIN, \
      "First wait before it tries again; it doubles, with jitter.") \
    X(REDIS_URL, "REDIS_URL", STRING, "redis://127.0.0.1:6379/0", ANY, PLAIN, \
      "Redis: redis://[[user]:password@]host[:port][/database], or several with commas between, nodes of one cluster " \
      "(docs/redis.md).") \
    X(REDIS_PREFIX, "MNEME_REDIS_PREFIX", STRING, "mneme:", ANY, PLAIN, \
      "What all keys of this installation in Redis begin with.") \
    X(REDIS_TIMEOUT_MS, "MNEME_REDIS_TIMEOUT_MS", LONG, "5000", RANGE(10, 600000), PLAIN, \
      "How long a worker waits for Redis to connect, and for each answer.") \
    X(REDIS_SPACE, "MNEME_REDIS_SPACE", LONG, "0", RANGE(0, 2147483647), PLAIN, \
      "Which key space in Redis is filled; 0 means the live one. A rebuild sets it for itself.") \
    X(REDIS_CAPACITY, "MNEME_REDIS_CAPACITY", LONG, "10000", RANGE(1, 1000000000), PLAIN, \
      "How many memories Redis keeps; each partition of the log has an equal share.") \
    X(REDIS_MAX_BYTES, "MNEME_REDIS_MAX_BYTES", LONG, "268435456", RANGE(65536, 1125899906842624), PLAIN, \
      "How many bytes Redis keeps of all kinds together; each partition of the log has an equal share. Three quarters of " \
      "Redis' maxmemory, where it has one, are a limit, too.") \
    X(REDIS_USER_PERCENT, "MNEME_REDIS_USER_PERCENT", LONG, "25", RANGE(1, 100), PLAIN, \
      "What percentage of a partition's memories and bytes in Redis one user may have, or a stream without a user.") \
    X(REDIS_MEMORY_TTL_S, "MNEME_REDIS_MEMORY_TTL_S", LONG, "3600", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps a memory or an agent's list of them after the event that changed them.") \
    X(REDIS_CONVERSATION_TTL_S, "MNEME_REDIS_CONVERSATION_TTL_S", LONG, "1800", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps a conversation after the event that changed it.") \
    X(REDIS_RECENT_CONVERSATIONS_TTL_S, "MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S", LONG, "3600", \
      RANGE(1, 31536000), PLAIN, \
      "How long a conversation counts as a recent one of its user, and Redis keeps the list of them.") \
    X(REDIS_RECENT_DECISIONS_TTL_S, "MNEME_REDIS_RECENT_DECISIONS_TTL_S", LONG, "1800", RANGE(1, 31536000), PLAIN, \
      "How long a decision counts as a recent one of its agent, and Redis keeps the list of them.") \
    X(REDIS_WORKING_TTL_S, "MNEME_REDIS_WORKING_TTL_S", LONG, "3600", RANGE(1, 31536000), PLAIN, \
      "How long Redis keeps turns, thoughts, goal and context of a conversation after the last change of any of them.") \
    X(CONTEXT_TTL_S, "MNEME_CONTEXT_TTL_S", LONG, "3600", RANGE(0, 315360000), PLAIN, \
      "How long a value of a context is kept where its writer does not say; 0 means that it never expires.") \
    X(LOCK_URLS, "MNEME_LOCK_URLS", STRING, "", ANY, PLAIN, \
      "Independent Redis servers that vote on locks, URLs separated by commas; empty means the one of REDIS_URL.") \
    X(LOCK_TTL_MS, "MNEME_LOCK_TTL_MS", LONG, "10000", RANGE(10, 86400000), PLAIN, \
      "How long a lock is held (its lease) unless it is extended, where the caller does not say.") \
    X(LOCK_WAIT_MS, "MNEME_LOCK_WAIT_MS", LONG, "5000", RANGE(0, 86400000), PLAIN, \
      "How long acquiring a lock waits while somebody else has it, where the caller does not say; 0 means that it is " \
      "tried once.") \
    X(LOCK_RETRY_MS, "MNEME_LOCK_RETRY_MS", LONG, "200", RANGE(1, 60000), PLAIN, \
      "Longest pause between two tries to acquire a lock; the first ones are shorter, all are random.") \
    X(LOCK_TIMEOUT_MS, "MNEME_LOCK_TIMEOUT_MS", LONG, "500", RANGE(1, 60000), PLAIN, \
      "How long one server may take to answer for a lock; much less than the lease.") \
    X(OPENAI_BASE_URL, "OPENAI_BASE_URL", STRING, "http://127.0.0.1:8080/v1", ANY, PLAIN, \
      "OpenAI-compatible endpoint that texts are embedded by; what follows it is /embeddings.") \
    X(OPENAI_API_KEY, "OPENAI_API_KEY", STRING, "", ANY, SECRET, \
      "The key for it; empty where none is needed.") \
    X(EMBEDDING_MODEL, "EMBEDDING_MODEL", STRING, "bge-small-en-v1.5", ANY, PLAIN, \
      "The model to embed by, as the endpoint calls it, until a vector store has settled on one.") \
    X(EMBEDDING_MODEL_PINNED, "MNEME_EMBEDDING_MODEL_PINNED", BOOL, "false", ANY, PLAIN, \
      "Whether texts are embedded by EMBEDDING_MODEL even where the vector store has settled on another one.") \
    X(EMBEDDING_DIMENSIONS, "EMBEDDING_DIMENSIONS", LONG, "0", RANGE(0, 16000), PLAIN, \
      "Dimensions to ask the endpoint for, and to insist on; 0 means those that the model has.") \
    X(EMBEDDING_QUERY_PREFIX, "MNEME_EMBEDDING_QUERY_PREFIX", STRING, "auto", ANY, PLAIN, \
      "What goes before a question when it is embedded; auto means what the model is known to want.") \
    X(EMBEDDING_PASSAGE_PREFIX, "MNEME_EMBEDDING_PASSAGE_PREFIX", STRING, "auto", ANY, PLAIN, \
      "What goes before a text that is to be found; auto means what the model is known to want.") \
    X(EMBEDDING_PART_BYTES, "MNEME_EMBEDDING_PART_BYTES", LONG, "0", RANGE(0, 1000000), PLAIN, \
      "Longest text in bytes that one vector stands for; a longer one is embedded in parts; 0 means what the model is " \
      "known to read.") \
    X(EMBEDDING_BATCH, "MNEME_EMBEDDING_BATCH", LONG, "128", RANGE(1, 2048), PLAIN, \
      "Most texts in one request to the endpoint.") \
    X(EMBEDDING_CONCURRENCY, "MNEME_EMBEDDING_CONCURRENCY", LONG, "2", RANGE(1, 64), PLAIN, \
      "Most requests to the endpoint at the same time.") \
    X(EMBEDDING_TIMEOUT_MS, "MNEME_EMBEDDING_TIMEOUT_MS", LONG, "30000", RANGE(10, 600000), PLAIN, \
      "How long one request to the endpoint may take.") \
    X(EMBEDDING_TRIES, "MNEME_EMBEDDING_TRIES", LONG, "4", RANGE(1, 100), PLAIN, \
      "How often a request is tried before the endpoint counts as away.") \
    X(EMBEDDING_RATE, "MNEME_EMBEDDING_RATE", LONG, "0", RANGE(0, 1000000), PLAIN, \
      "Most requests to the endpoint in a minute, by one process; 0 means no limit.") \
    X(EMBEDDING_BREAKER_FAILURES, "MNEME_EMBEDDING_BREAKER_FAILURES", LONG, "5", RANGE(1, 1000), PLAIN, \
      "After how many failures in a row the endpoint is left alone for a while.") \
    X(EMBEDDING_BREAKER_OPEN_MS, "MNEME_EMBEDDING_BREAKER_OPEN_MS", LONG, "5000", RANGE(1, 600000), PLAIN, \
      "For how long it is left alone before one request tries it again.") \
    X(EMBEDDING_CACHE_TTL_S, "MNEME_EMBEDDING_CACHE_TTL_S", LONG, "3600", RANGE(0, 31536000), PLAIN, \
      "How long Redis keeps the vector of a question; 0 means that it is not kept.") \
    X(VECTOR_STORE, "MNEME_VECTOR_STORE", CHOICE, "pgvector", ONE_OF("pgvector|chroma"), PLAIN, \
      "Where vectors are kept.") \
    X(VECTOR_METRIC, "MNEME_VECTOR_METRIC", CHOICE, "cosine", ONE_OF("cosine|euclidean|dot|dotproduct"), PLAIN, \
      "How vectors of documents are compared, until a vector store has settled on one.") \
    X(VECTOR_GENERATION, "MNEME_VECTOR_GENERATION", LONG, "0", RANGE(0, 2147483647), PLAIN, \
      "Which generation of vectors is filled; 0 means the active one. A rebuild sets it for itself.") \
    X(VECTOR_RETIRED_S, "MNEME_VECTOR_RETIRED_S", LONG, "3600", RANGE(0, 31536000), PLAIN, \
      "How long a generation of vectors is kept after another one took its place.") \
    X(INDEX_MEMORY_MB, "MNEME_INDEX_MEMORY_MB", LONG, "4096", RANGE(64, 1048576), PLAIN, \
      "Most memory that Postgres may take to build an index of vectors, in megabytes.") \
    X(CHROMA_URL, "CHROMA_URL", STRING, "http://127.0.0.1:8000", ANY, PLAIN, \
      "Chroma, where it is the vector store.") \
    X(CHROMA_TENANT, "MNEME_CHROMA_TENANT", STRING, "default_tenant", ANY, PLAIN, \
      "The tenant of Chroma that the collections lie in.") \
    X(CHROMA_DATABASE, "MNEME_CHROMA_DATABASE", STRING, "default_database", ANY, PLAIN, \
      "The database of that tenant.") \
    X(CHROMA_COLLECTION, "MNEME_CHROMA_COLLECTION", STRING, "mneme", ANY, PLAIN, \
      "What the names of collections in Chroma begin with: 1 to 40 letters, digits, dots, dashes and underscores, a letter " \
      "or a digit first. Another one needs mneme rebuild vectors.") \
    X(CHROMA_TIMEOUT_MS, "MNEME_CHROMA_TIMEOUT_MS", LONG, "30000", RANGE(10, 600000), PLAIN, \
      "How long one request to Chroma may take.") \
    X(RECALL_TIMEOUT_MS, "MNEME_RECALL_TIMEOUT_MS", LONG, "2000", RANGE(10, 600000), PLAIN, \
      "How long recall waits for the embedding service, and for a statement or the vector store, before it answers " \
      "without them.") \
    X(RECALL_WEIGHTS, "MNEME_RECALL_WEIGHTS", STRING, "", ANY, PLAIN, \
      "What counts how much in recall, NAME=NUMBER separated by commas; docs/retrieval.md has names and defaults.") \
    X(SHORT_TERM_S, "MNEME_SHORT_TERM_S", LONG, "604800", RANGE(1, 3155760000), PLAIN, \
      "After how many seconds a memory expires whose term is set to short_term here, unless its expiry is given.") \
    X(ARCHIVE_AFTER_S, "MNEME_ARCHIVE_AFTER_S", LONG, "2592000", RANGE(0, 3155760000), PLAIN, \
      "How many seconds old the memories of a scope are at least that memory archive puts away.") \
    X(CONTEXT_MEMORIES, "MNEME_CONTEXT_MEMORIES", LONG, "10", RANGE(1, 1000), PLAIN, \
      "Maximum number of memories of each other agent that agent context shows.") \
    X(RECALL_MIN_SIMILARITY, "MNEME_RECALL_MIN_SIMILARITY", DOUBLE, "-1000000000", RANGE(-1000000000, 1000000000), PLAIN, \
      "Least similarity of a document's vector to the question's in a recall that does not say; the default means any, " \
      "and documents without a vector too.") \
    X(READ_RECORD, "MNEME_READ_RECORD", DOUBLE, "0", RANGE(0, 1), PLAIN, \
      "The share of searches, and of reads of memories by id and in lists, that are recorded as memory_retrieved events; " \
      "0 means none.") \
    X(RECALL_RECORD, "MNEME_RECALL_RECORD", DOUBLE, "1", RANGE(0, 1), PLAIN, \
      "The share of recalls that are recorded as memory_retrieved events; 0 means none.") \
    X(TENANT, "MNEME_TENANT", STRING, "default", ANY, PLAIN, \
      "The tenant when a call names none.") \
    X(CONTENT_MAX_CHARS, "MNEME_CONTENT_MAX_CHARS", LONG, "100000", RANGE(1, 1000000), PLAIN, \
      "Longest text of a memory or turn, in characters; the same for publishers and workers.") \
    X(PUBLISH_LINGER_MS, "MNEME_PUBLISH_LINGER_MS", LONG, "5", RANGE(0, 10000), PLAIN, \
      "How long a publisher gathers events into one request.") \
    X(PUBLISH_QUEUE_EVENTS, "MNEME_PUBLISH_QUEUE_EVENTS", LONG, "100000", RANGE(1, 10000000), PLAIN, \
      "Events that may wait for the brokers.") \
    X(PUBLISH_QUEUE_KB, "MNEME_PUBLISH_QUEUE_KB", LONG, "65536", RANGE(64, 2097151), PLAIN, \
      "Kilobytes that may wait for the brokers.") \
    X(PUBLISH_TIMEOUT_MS, "MNEME_PUBLISH_TIMEOUT_MS", LONG, "120000", RANGE(100, 2147483647), PLAIN, \
      "How long an event may wait for the brokers before it is reported as failed.") \
    X(PUBLISH_BLOCK_MS, "MNEME_PUBLISH_BLOCK_MS", LONG, "10000", RANGE(0, 2147483647), PLAIN, \
      "How long publishing waits for room in a full queue before it says so.") \
    X(STATE_DIR, "MNEME_STATE_DIR", STRING, "", ANY, PLAIN, \
      "Folder for what is kept from run to run: own last writes, how far imports have come; empty means " \
      "$XDG_STATE_HOME/mneme or ~/.local/state/mneme, and where neither can be written to mneme-UID in $TMPDIR or /tmp.") \
    X(BATCH_MAX_EVENTS, "MNEME_BATCH_MAX_EVENTS", LONG, "20000", RANGE(1, 1000000), PLAIN, \
      "Most events that a worker applies in one transaction.") \
    X(BATCH_MAX_BYTES, "MNEME_BATCH_MAX_BYTES", LONG, "16777216", RANGE(1024, 1073741824), PLAIN, \
      "Most bytes of events that a worker applies in one transaction.") \
    X(BATCH_LINGER_MS, "MNEME_BATCH_LINGER_MS", LONG, "2", RANGE(0, 10000), PLAIN, \
      "How long an idle worker waits for more events before it applies what it has.") \
    X(RETRY_INITIAL_MS, "MNEME_RETRY_INITIAL_MS", LONG, "100", RANGE(1, 600000), PLAIN, \
      "First wait before a failed batch is tried again; it doubles, with jitter.") \
    X(RETRY_MAX_MS, "MNEME_RETRY_MAX_MS", LONG, "10000", RANGE(1, 600000), PLAIN, \
      "Longest wait before a failed batch is tried again.") \
    X(STREAM_CACHE, "MNEME_STREAM_CACHE", LONG, "100000", RANGE(100, 100000000), PLAIN, \
      "Streams whose versions a worker remembers.") \
    X(NOTIFY, "MNEME_NOTIFY", CHOICE, "true", ONE_OF("true|each|false"), PLAIN, \
      "Whether accepted events are told to those who LISTEN to memory_events in Postgres: true, arrays of them; each, " \
      "one object for each.") \
    X(SESSION_TIMEOUT_MS, "MNEME_SESSION_TIMEOUT_MS", LONG, "10000", RANGE(1000, 1800000), PLAIN, \
      "After how much silence the group takes a worker's partitions away.") \
    X(METRICS_PORT, "MNEME_METRICS_PORT", LONG, "0", RANGE(0, 65535), PLAIN, \
      "Where a worker serves /metrics on 127.0.0.1; 0 means nowhere.") \
    X(METRICS_HOST, "MNEME_METRICS_HOST", STRING, "127.0.0.1", ANY, PLAIN, \
      "The address that /metrics listens on.") \
    X(WAIT_TIMEOUT_MS, "MNEME_WAIT_TIMEOUT_MS", LONG, "10000", RANGE(0, 3600000), PLAIN, \
      "How long a read or a publisher waits for a projection.") \
    X(READ_OWN_WRITES_MS, "MNEME_READ_OWN_WRITES_MS", LONG, "2000", RANGE(0, 3600000), PLAIN, \
      "How long a read of the command line or of libmneme waits for what was written from here within the last minute; 0: not.") \
    X(LOG_LEVEL, "LOG_LEVEL", CHOICE, "info", ONE_OF("debug|info|warn|error"), PLAIN, \
      "What is logged.") \
    X(LOG_FORMAT, "MNEME_LOG_FORMAT", CHOICE, "auto", ONE_OF("auto|text|logfmt|json"), PLAIN, \
      "How it is logged; auto means logfmt of workers whose log is not a terminal, and text of all else.")
/* clang-format on */

#endif
